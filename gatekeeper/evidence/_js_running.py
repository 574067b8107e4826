"""Reading what runs something: programs, texts as code, modules by name."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from gatekeeper.evidence import _js_apis as apis
from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._js_apis import folder_of
from gatekeeper.evidence._js_builtins import Builtins
from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_paths import joined_path
from gatekeeper.evidence._js_values import CALLABLE, Object, either, origins, undefined
from gatekeeper.evidence._values import HOLE, MOST_TEXT, Value, exactly, opaque, roughly
from gatekeeper.model import When

if TYPE_CHECKING:
    from gatekeeper.evidence._js_calling import Call

DECODED = frozenset({"decoded"})
COMPUTED = frozenset({"decoded", "network", "characters", "xor"})
HIDDEN = COMPUTED - {"network"}
SENSITIVE = frozenset({"child_process", "fs", "http", "https", "net", "os", "vm", "dns", "module", "dgram", "tls"})
SPECIAL = re.compile(r"[\s|&;<>()$`\"']")
MOST_WORDS = 64
UNNAMED = frozenset({"globalThis[]", "process[]", "module[]"})  # called by a name that is not known
UNPACKERS = {"inflate": 15, "unzip": 47, "gunzip": 47, "inflateRaw": -15}
CIPHERS = re.compile(
    r"crypto\.(?:createDecipher(?:iv)?\(\)\.(?:update|final)|privateDecrypt|publicDecrypt|subtle\.decrypt)$"
    r"|(?:crypto-js|CryptoJS)\.\w+\.decrypt$|(?:lz-string|lzma|pako|fflate|brotli)\.(?:\w*[dD]ecompress\w*|inflate\w*|ungzip)$"
    r"|zlib\.brotliDecompress$|aes-js\.|node-forge\."
)


class Running(Builtins):
    """Reads calls that run something."""

    def spawning(self, call: Call) -> Value | None:
        """Read everything that starts a program."""
        root = call.ref.partition(".")[0]
        if call.ref not in apis.SPAWNS and not self._is_shell_module(call, root) and call.ref != "child_process[]":
            return None
        result: Value | None = None
        for first in call.argument(0).every():
            one = self._started(call, first)
            result = one if result is None else either(result, one)
        self._flags(call)
        return result

    def _is_shell_module(self, call: Call, root: str) -> bool:
        if root not in apis.SHELL_MODULES:
            return False
        return call.ref.rpartition(".")[2] in apis.SPAWN_METHODS or call.ref in {root, f"{root}.$()"}

    def _started(self, call: Call, first: Value) -> Value:
        given = call.argument(1)
        words = [first]
        if call.ref.endswith((".spawn", ".execFile", ".fork")) or call.ref.partition(".")[0] != "child_process":
            words += list(given.items or ())[:MOST_WORDS]
        if call.ref.endswith(".fork"):
            words.insert(0, exactly("node"))
        if first.items is not None and first.ref is None:  # Bun.spawn(["sh", ...])
            words = list(first.items[:MOST_WORDS])
        elif type(first.target) is Object:  # process.binding("spawn_sync").spawn({file, args})
            words = [first.target.props.get(name) or opaque() for name in ("file", "cmd") if name in first.target.props]
        line = command_line(words)
        values = [Value(taints=origins(words))]
        marks = marks_in("command", [Value(rough=line)])
        self.note("spawn", line, call.node, values, marks)
        taints = {"command-output"} | ({"fingerprint"} if any(mark.family == "recon" for mark in marks) else set())
        self._hand_on(call, line, origins(words))
        kept = line if call.ref.endswith((".spawn", ".fork")) else None
        return Value(rough=kept, taints=frozenset(taints) | origins(words), ref=call.ref + "()")

    def _hand_on(self, call: Call, line: str, taints: frozenset[str]) -> None:
        if line.startswith(HOLE):
            return
        if self.commands is not None:
            self.commands.command(line, self.at.source.path, self.at.line or call.node.line, self.at.when, taints)
        elif call.ref.endswith(".fork") and call.argument(0).text:
            self.enter_file(call.argument(0).text or "", f"started by {self.at.source.path}")

    def _flags(self, call: Call) -> None:
        """Note a window that is kept out of sight, a process that outlives its parent, and one tied to a connection."""
        for one in call.args[1:]:
            if type(one.target) is not Object:
                continue
            props = one.target.props
            if "windowsHide" in props and truth(props["windowsHide"]) and "detached" in props:
                self.note("hidden-process", "windowsHide, detached", call.node)
            elif "detached" in props and truth(props["detached"]) is not False:
                self.note("hidden-process", "detached", call.node)
            streams = props.get("stdio")
            if streams is not None and any((item.ref or "").startswith(apis.RAW) for item in streams.items or ()):
                self.note("socket-shell", call.ref, call.node)

    def executing(self, call: Call) -> Value | None:
        """Read everything that runs a text as code."""
        ref = call.ref
        if ref in apis.FUNCTIONS:
            return self._function_of_text(call)
        if ref in UNNAMED:
            self.at.source.blind += self.at.when is not When.CALL and "unfinished" in call.callee.taints
            return None
        if ref in apis.TIMERS:
            self._timed(call)
            return None
        if ref == "Worker" and not self._worker(call):
            return opaque()
        if ref not in apis.EXECS and ref != "Worker":
            return None
        result: Value | None = None
        for value in call.argument(0).every():
            one = self.execute(value, call)
            result = one if result is None else either(result, one)
        return result

    def _worker(self, call: Call) -> bool:
        """Say whether a worker is given code; a file that it is given is read."""
        options = call.argument(1).target
        inline = isinstance(options, Object) and "eval" in options.props
        path = call.argument(0).text
        if not inline and path:
            self.enter_file(path, f"started by {self.at.source.path}")
        return inline

    def _timed(self, call: Call) -> None:
        """Read a timer that is given code as a text."""
        first = call.argument(0)
        if isinstance(first.target, CALLABLE):
            return
        if first.text is not None or first.taints & HIDDEN:  # what comes from elsewhere is mostly a function
            self.execute(first, call)

    def execute(self, value: Value, call: Call) -> Value:
        """Read code that was a text until it ran."""
        if isinstance(value.const, (str, bytes)):
            read = self.run_layer(value, call.node)
        else:
            read = value if value.exact or value.target is not None or value.items is not None else None
        self._note_exec(value, call, known=read is not None)
        return opaque(origins([value])) if read is None else read

    def _note_exec(self, value: Value, call: Call, *, known: bool) -> None:
        ref = call.ref or call.name
        self.at.source.unknown += not known
        self.note("exec", f"{ref} of known code" if known else f"{ref} of something computed", call.node, [value])

    def _function_of_text(self, call: Call) -> Value:
        """Read Function("a", "return a"): its last argument is its body."""
        if not call.args:
            return opaque()
        *names, body = call.args
        taints = origins([body])
        if not isinstance(body.const, (str, bytes)):
            self._note_exec(body, call, known=False)
            return Value(taints=taints, ref="Function()")
        parameters = ",".join(str(one.const) for one in names if isinstance(one.const, str))
        text = body.const if isinstance(body.const, str) else body.const.decode("utf-8", "replace")
        made = self.run_layer(exactly(f"(function({parameters}\n){{{text}\n}})", taints), call.node)
        self._note_exec(body, call, known=made is not None)
        return made or Value(taints=taints, ref="Function()")

    def requiring(self, call: Call) -> Value | None:
        """Read require(name), import(name) and module._load(name)."""
        if call.ref not in apis.REQUIRES and not call.ref.endswith(
            ("module.createRequire()", "._load", ".mainModule.require")
        ):
            return None
        result: Value | None = None
        for name in call.argument(0).every():
            one = self._required(name, call)
            result = one if result is None else either(result, one)
        return result

    def _required(self, name: Value, call: Call) -> Value:
        if not isinstance(name.const, str):
            self.at.source.blind += self.at.when is not When.CALL and "unfinished" in name.taints
            if name.taints & COMPUTED:
                self.note("exec", f"{call.ref} of something computed", call.node, [name])
            return opaque(name.taints)
        if name.const.startswith("data:"):
            return self.execute(_of_address(name), call)
        if call.ref == "require.resolve":
            return joined_path([exactly(folder_of(self.at.source.path)), name]) if name.const.startswith(".") else name
        plain = name.const.removeprefix("node:")
        if plain in SENSITIVE and (name.taints & COMPUTED or _is_computed(call)):
            self.note("hidden-import", plain, call.node, [name])
        found = self.enter_module(name.const, call.node)
        return found if found is not None else Value(ref=apis.module_named(name.const))

    def decoding(self, call: Call) -> Value | None:
        """Read what unpacks and decrypts."""
        name = call.ref.rpartition(".")[2]
        if call.ref.startswith("zlib.") and name in UNPACKERS:
            return self._unpacked(call, UNPACKERS[name])
        if CIPHERS.match(call.ref):
            self.note("decode", call.ref, call.node)
            receiver = call.receiver.taints if call.receiver is not None else DECODED
            return opaque(origins(call.args) | receiver | DECODED)
        return None

    def _unpacked(self, call: Call, window: int) -> Value:
        value = call.argument(0)
        taints = origins([value]) | DECODED
        self.note("decode", call.ref, call.node)
        if not isinstance(value.const, bytes):
            return opaque(taints)
        try:
            return exactly(zlib.decompressobj(window).decompress(value.const, MOST_TEXT), taints)
        except zlib.error:
            return opaque(taints)

    def fingerprinting(self, call: Call) -> Value | None:
        """Read what tells one machine, or person, from another, and what watches the person."""
        ref = call.ref
        if ref in apis.FINGERPRINTS:
            self.note("fingerprint", ref, call.node)
            return roughly(HOLE, frozenset({"fingerprint"}), ref + "()")
        if ref in apis.WEAK_FINGERPRINTS:
            return Value(taints=frozenset({"weak-fingerprint"}) | origins(call.args), ref=ref + "()")
        if apis.CLIPBOARD_WRITES.match(ref):
            self.note("clipboard-write", ref, call.node, call.args)
        if apis.CAPTURES.match(ref) and ("." in ref or not call.made):
            self.note("capture", ref, call.node)
            return Value(taints=frozenset({"capture"}), ref=ref + "()")
        return None

    def modules(self, call: Call) -> Value | None:
        """Read what else the module system and the process offer."""
        ref = call.ref
        if ref in {"module.createRequire", "module.createRequireFromPath"}:
            return Value(ref="module.createRequire()")
        if ref == "module" and call.made:
            return Value(target=Object(), ref="module")
        if ref == "process.dlopen":
            self.note("native-load", call.argument(1).text or HOLE, call.node, call.args)
            return undefined()
        if ref in {"process.binding", "process._linkedBinding"}:
            self.note("binding", call.argument(0).text or HOLE, call.node, call.args)
            return Value(ref="process.binding()")
        return None


def command_line(words: list[Value]) -> str:
    """Spell a program and its arguments as one line, quoted where a shell would need it."""
    if len(words) == 1:
        return words[0].text or HOLE
    return " ".join(_quoted(one.text if one.text is not None else HOLE) for one in words)


def _quoted(word: str) -> str:
    if word and not SPECIAL.search(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _is_computed(call: Call) -> bool:
    given = call.node.get("arguments")
    first = given.inner[0] if given is not None and given.inner else None
    return first is not None and first.type in {"binary_expression", "call_expression"}


def _of_address(name: Value) -> Value:
    """Return the code that a data: address holds."""
    from gatekeeper.evidence._js_texts import from_base64, unquoted

    head, _, body = str(name.const).partition(",")
    if head.endswith(";base64"):
        return exactly(from_base64(body), name.taints | DECODED)
    return exactly(unquoted(body), name.taints)
