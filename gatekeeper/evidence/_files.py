"""Reading what touches files: which are read, written, listed, copied, deleted."""

from __future__ import annotations

from gatekeeper.evidence import _apis as apis
from gatekeeper.evidence._base import Base, marks_in
from gatekeeper.evidence._calling import Call  # noqa: TC001 - cheap, and the tables need it
from gatekeeper.evidence._expressions import PATHS
from gatekeeper.evidence._signatures import LOOKED_AT, STORES
from gatekeeper.evidence._values import HOLE, Value, all_taints, exactly, opaque, words_of

WRITING = frozenset("wax+")
SECRET = frozenset({"secret"})
MOST_PATH = 512  # characters
MOST_LOCAL = 1 << 20  # bytes of a packaged file that are taken as a constant


class FileEffects(Base):
    """Reads calls that touch files."""

    def filing(self, call: Call) -> Value | None:
        """Read one call that opens, reads, writes, copies, lists or deletes."""
        ref = call.ref
        if ref in {"open", f"{PATHS}.open"}:
            return self._open(call)
        if ref.startswith(("open(", PATHS)):
            return self._through(call)
        if ref in apis.COPIES and call.args:
            return self._copy(call)
        if ref in apis.LISTS or ref in {"sqlite3.connect", "os.path.exists", "os.path.isfile", "os.path.isdir"}:
            return self._look(call, call.args[0] if call.args else opaque())
        if ref in apis.DELETES and call.args:
            self.note_delete(call.args[0], call)
            return exactly(None)
        return self._registry(call)

    def _open(self, call: Call) -> Value:
        if call.ref == "open":
            path, mode = call.args[0] if call.args else call.named.get("file", opaque()), call.argument(1, "mode")
        else:
            path, mode = call.receiver or opaque(), call.argument(0, "mode")
        word = mode.const if mode is not None and isinstance(mode.const, str) else "r"
        if WRITING & set(word):
            self.note_write(path, call, [])
            self.wrote(path, None, anew="a" not in word)
            return Value(rough=path.text, ref="open(w)", taints=path.taints)
        return self._read(path, call, "open(rb)" if "b" in word else "open(r)")

    def _read(self, path: Value, call: Call, ref: str | None) -> Value:
        content = self.local_file(path.const) if isinstance(path.const, str) else None
        if content is not None and len(content) <= MOST_LOCAL:
            packaged = frozenset({"packaged"})
            return Value(rough=path.text, ref=ref or "open(r)", items=(exactly(content),), taints=packaged)
        taints = frozenset({"file"}) | self.note_store(path, call)
        return Value(rough=path.text, ref=ref, taints=taints | (path.taints - {"environment"}))

    def _through(self, call: Call) -> Value | None:
        """Read a method of an open file or of a path."""
        receiver = call.receiver or opaque()
        if call.method in {"write", "write_text", "write_bytes", "writelines"}:
            self.note_write(receiver, call, call.args)
            self.wrote(receiver, call.args[0] if call.args else None, anew=call.method.startswith("write_"))
            return opaque()
        if call.method in {"read", "readlines", "readline", "read_text", "read_bytes"}:
            return self._content(receiver, call)
        if call.method in {"iterdir", "glob", "rglob", "exists", "is_file", "is_dir"}:
            return self._look(call, receiver)
        if call.method in {"rename", "replace", "symlink_to"} and call.args and receiver.ref == PATHS:
            self.note_write(call.args[0], call, [])
            self.moved_file(receiver, call.args[0])
        if call.method in {"unlink", "rmdir"}:
            self.note_delete(receiver, call)
        return None

    def note_delete(self, path: Value, call: Call) -> None:
        """Note what is deleted."""
        self.note("delete", words_of(path) or HOLE, call.node, (), marks_in("path", [path]))

    def _content(self, receiver: Value, call: Call) -> Value:
        opened = self._read(receiver, call, None) if receiver.ref == PATHS else receiver
        if opened.items is None:
            return opaque(opened.taints)
        content = opened.items[0].const
        if call.method == "read_bytes" or receiver.ref == "open(rb)":
            return exactly(content, opened.taints)
        return exactly(content.decode("utf-8", "replace"), opened.taints)

    def note_write(self, path: Value, call: Call, written: list[Value]) -> None:
        """Note a file that is written, and where its content came from."""
        for one in path.every():
            text = one.text or HOLE
            marks = marks_in("path", [one])
            content = ((words_of(written[0]) if written else None) or "")[:4000]
            self.note("write", text, call.node, [*written], marks)
            if content:
                self._written_text(content, call)

    def _written_text(self, content: str, call: Call) -> None:
        marks = [mark for mark in marks_in("command", [Value(rough=content)]) if mark.family == "pattern"]
        if marks:
            self.note("write-script", content[:200], call.node, (), marks)

    def _copy(self, call: Call) -> Value:
        source = call.args[0]
        self._look(call, source)
        if len(call.args) > 1:
            self.note_write(call.args[1], call, [source])
            self.moved_file(source, call.args[1])
        return opaque(all_taints(call.args))

    def _look(self, call: Call, path: Value) -> Value:
        taints = path.taints | self.note_store(path, call)
        inside = f"{path.text}/{HOLE}" if path.text and call.ref in apis.LISTS else None
        return Value(rough=inside, taints=taints, ref=call.ref + "()")

    def note_store(self, path: Value, call: Call) -> frozenset[str]:
        """Note that a call is given a place where secrets are kept; return what its result is tainted with."""
        taints: frozenset[str] = frozenset()
        for one in path.every():
            text = one.text
            if text and len(text) < MOST_PATH:
                marks = [mark for mark in marks_in("path", [one]) if mark.family in LOOKED_AT]
                if marks:
                    self.note("read", text, call.node, [path], marks)
                if any(mark.family in STORES for mark in marks):
                    taints = SECRET
        return taints

    def _registry(self, call: Call) -> Value | None:
        if call.ref in apis.REGISTRY_KEYS:
            key = next((one for one in call.args if isinstance(one.const, str)), opaque())
            return Value(rough=key.text, ref=call.ref + "()")
        if call.ref in apis.REGISTRY_WRITES and call.args:
            self.note("write", call.args[0].rough or HOLE, call.node, call.args[1:], marks_in("path", [call.args[0]]))
            return exactly(None)
        return None
