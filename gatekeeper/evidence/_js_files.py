"""Reading what touches files: which are read, written, listed, copied, deleted."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from gatekeeper.evidence import _js_apis as apis
from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._js_running import Running
from gatekeeper.evidence._js_values import Object, origins, undefined
from gatekeeper.evidence._signatures import LOOKED_AT, STORES
from gatekeeper.evidence._values import HOLE, Value, exactly, opaque

if TYPE_CHECKING:
    from gatekeeper.evidence._js_calling import Call

SECRET = frozenset({"secret"})
FILE = frozenset({"file"})
MOST_PATH = 512  # characters
MOST_LOCAL = 1 << 20  # bytes of a packaged file that are taken as a constant
STREAM = "fs.createWriteStream()"
THROUGH = frozenset({"write", "end", "writeFile", "appendFile"})
EXTRACTS = frozenset(
    {
        "unzipper.Extract",
        "tar.x",
        "tar.extract",
        "tar-fs.extract",
        "extract-zip",
        "decompress",
        "adm-zip().extractAllTo",
    }
)


class Files(Running):
    """Reads calls that touch files."""

    def filing(self, call: Call) -> Value | None:
        """Read one call that opens, reads, writes, copies, lists or deletes."""
        ref, first = call.ref, call.argument(0)
        if ref in apis.READS:
            return self._read(first, call)
        if ref in apis.WRITES:
            self.note_write(first, call, call.args[1:2])
            stream = ref == "fs.createWriteStream"
            return Value(rough=path_text(first), ref=STREAM, taints=first.taints) if stream else undefined()
        if ref in apis.COPIES:
            return self._copy(call)
        if ref in apis.LISTS or apis.DATABASES.match(ref):
            return self._look(call, first)
        if ref in apis.DELETES and call.args:
            for one in first.every():
                self.note("delete", path_text(one) or HOLE, call.node, (), marks_in("path", [one]))
            return undefined()
        return self._opened(call)

    def _opened(self, call: Call) -> Value | None:
        """Read what works on a file that was opened."""
        ref, first = call.ref, call.argument(0)
        if ref == "fs.chmod":
            self.note("chmod", f"{path_text(first) or HOLE} {call.argument(1).text or HOLE}", call.node)
            return undefined()
        if ref == "fs.open":
            return Value(rough=path_text(first), ref="fs.open()", taints=first.taints)
        if ref == "fs.write" and call.argument(0).ref == "fs.open()":
            self.note_write(call.argument(0), call, call.args[1:2])
            return undefined()
        if call.name in THROUGH and ref in {f"{STREAM}.{call.name}", f"fs.open().{call.name}"}:
            if call.args and not call.callbacks and call.receiver is not None:
                self.note_write(Value(rough=call.receiver.rough), call, call.args[:1])
            return undefined()
        if ref in EXTRACTS:
            return self._extracted(call)
        return None

    def _extracted(self, call: Call) -> Value:
        where = opaque()
        for one in call.args:
            if isinstance(one.target, Object):
                where = next(
                    (one.target.props[name] for name in ("path", "cwd", "dir", "C") if name in one.target.props), where
                )
            elif one.text and one is not call.args[0]:
                where = one
        self.note_write(where, call, call.args[:1])
        return Value(rough=path_text(where), ref=STREAM, taints=where.taints)

    def _read(self, path: Value, call: Call) -> Value:
        content = self.local_file(path.const) if isinstance(path.const, str) and not path.others else None
        if content is not None and len(content) <= MOST_LOCAL:
            taints = path.taints | {"packaged"}
            encoded = len(call.args) > 1 and (call.argument(1).text is not None or call.argument(1).target is not None)
            return exactly(content.decode("utf-8", "replace") if encoded else content, taints)
        taints = FILE | self.note_store(path, call)
        return Value(taints=taints | (path.taints - {"environment"}), ref=call.ref + "()")

    def note_write(self, path: Value, call: Call, written: list[Value]) -> None:
        """Note a file that is written, and where its content came from."""
        for one in path.every():
            text = path_text(one) or HOLE
            marks = marks_in("path", [Value(rough=text)])
            self.note("write", text, call.node, [Value(taints=origins(written))], marks)
        content = ((written[0].text if written else None) or "")[:4000]
        if content:
            found = [mark for mark in marks_in("command", [Value(rough=content)]) if mark.family == "pattern"]
            if found:
                self.note("write-script", content[:200], call.node, (), found)

    def _copy(self, call: Call) -> Value:
        source, target = call.argument(0), call.argument(1)
        self._look(call, source)
        if len(call.args) > 1:
            self.note_write(target, call, [Value(taints=origins([source]))])
        if call.ref in {"fs.rename", "fs.move"}:
            self.note("delete", path_text(source) or HOLE, call.node)
        return undefined()

    def _look(self, call: Call, path: Value) -> Value:
        taints = path.taints | self.note_store(path, call)
        listing = call.ref in {"fs.readdir", "fs.opendir"} or call.ref.startswith("glob")
        inside = f"{path.text}/{HOLE}" if path.text and listing else None
        return Value(taints=taints, ref=call.ref + "()", rough=HOLE if inside else None)

    def note_store(self, path: Value, call: Call) -> frozenset[str]:
        """Note that a call is given a place where secrets are kept; return what its result is tainted with."""
        taints: frozenset[str] = frozenset()
        for one in path.every():
            text = one.text
            if text and len(text) < MOST_PATH and ("/" in text or "\\" in text or "." in text):
                marks = [mark for mark in marks_in("path", [Value(rough=text)]) if mark.family in LOOKED_AT]
                if marks:
                    self.note("read", text, call.node, [Value(taints=path.taints)], marks)
                if any(mark.family in STORES for mark in marks):
                    taints = SECRET
        return taints


def path_text(value: Value) -> str | None:
    """Return the text of a path as details show it: relative to the package when it lies there."""
    text = value.text
    if text is None:
        return None
    text = text.replace("\\", "/").removeprefix("file://")
    return posixpath.normpath(text) if "/" in text and "://" not in text else text
