"""Reading calls of the outside: decoding, running, sending, writing, and what each result is worth."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable  # noqa: TC003 - used in a table
from dataclasses import replace
from typing import Any

from gatekeeper.evidence import _apis as apis
from gatekeeper.evidence._archives import Archives
from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._builtins import folded
from gatekeeper.evidence._calling import Call  # noqa: TC001 - cheap, and the table needs it
from gatekeeper.evidence._decoders import decode, is_decoder
from gatekeeper.evidence._files import FileEffects
from gatekeeper.evidence._implicit import Implicit
from gatekeeper.evidence._indirect import Indirect
from gatekeeper.evidence._network import NetworkEffects
from gatekeeper.evidence._scopes import Class
from gatekeeper.evidence._starting import Starting
from gatekeeper.evidence._values import HOLE, Value, all_taints, opaque, words_of
from gatekeeper.model import When

DROPS = frozenset({"webhook", "oast"})  # families of addresses that only whoever opened them knows
PROGRAM = re.compile(r"\.(?:exe|scr|bat|ps1|vbs|dll|msi|hta)$", re.IGNORECASE)
SPEAKING = frozenset({"print", "log", "info", "debug", "warning", "error", "add_argument", "help"})

BARE = Value(taints=frozenset({"bare"}))  # marks what is evaluated without builtins, as some read plain data
# What loads or runs a file, and where its path stands.
LOADERS = {
    "runpy.run_path": 0,
    "importlib.util.spec_from_file_location": 1,
    "importlib.machinery.SourceFileLoader": 1,
    "imp.load_source": 1,
}


class Effects(Indirect, FileEffects, NetworkEffects, Archives, Starting, Implicit):
    """Reads calls of the outside."""

    def outside(self, call: Call) -> Value:
        """Return what a call of something outside the artifact yields, and note what it does."""
        for effect in EFFECTS:
            result = effect(self, call)
            if result is not None:
                return result
        for value in call.args:
            self.note_store(value, call)
            self.note_drop(value, call)
        return super().outside(call)

    def note_drop(self, value: Value, call: Call) -> None:
        """Note that something unknown is handed an address where anybody may drop things: it is not handed for show."""
        text = value.text or ""
        unasked = self.at.when not in {When.CALL, When.COMMAND}
        if unasked and text.startswith(("http://", "https://")) and call.method not in SPEAKING:
            marks = [mark for mark in marks_in("address", [value]) if mark.family in DROPS]
            if marks or PROGRAM.search(text):
                self.note("network", text[:200], call.node, call.values(), marks)

    def decoding(self, call: Call) -> Value | None:
        """Read a decoder's call."""
        if call.ref == "codecs.getdecoder":
            return None
        if is_decoder(call.ref):
            self.unpickling(call)
            result = decode(call.ref, call.args)
            self.note("decode", call.ref, call.node, call.values())
            if isinstance(result.const, (str, bytes)):
                self.note_address(result, call)
            return result
        if call.method == "decode" and call.receiver is not None and call.args:
            codec = call.args[0].const
            if isinstance(codec, str) and codec.lower() in {"hex", "base64", "rot13", "rot_13", "zlib", "bz2", "zip"}:
                return decode("codecs.decode", [call.receiver, *call.args[:1]])
        return None

    def note_address(self, value: Value, call: Call) -> None:
        """Note an address that was hidden by an encoding."""
        text = value.text or ""
        if text.startswith(("http://", "https://")):
            self.note("hidden-address", text[:200], call.node, [value], marks_in("address", [value]))

    def folding(self, call: Call) -> Value | None:
        """Fold what can be folded."""
        return folded(call)

    def executing(self, call: Call) -> Value | None:
        """Read exec, eval, compile and what runs a file."""
        if call.ref == "compile" and call.args:
            value = call.args[0]
            return Value(
                value.const, value.rough, all_taints(call.args[:1]), value.ref, value.target, others=value.others
            )
        if call.ref in {"exec", "eval"} or call.ref in apis.EXECS:
            self.last = opaque()
            for value in (call.args[0] if call.args else opaque()).every():
                self._execute(value, call)
            taints = all_taints(call.args[:1])
            return replace(self.last, taints=self.last.taints | taints) if call.ref == "eval" else opaque(taints)
        path = call.argument(LOADERS.get(call.ref, 9), "location", "path_name")
        if call.ref in LOADERS and path is not None and path.text:
            return self.enter_file(path.text, f"loaded by {call.ref}")
        return None

    def _execute(self, value: Value, call: Call) -> None:
        taints = all_taints([value])
        read = isinstance(value.const, (str, bytes)) and self.run_layer(value.const, call.node, taints)
        detail = f"{call.ref} of known code" if read else f"{call.ref} of something computed"
        self.note("exec", detail, call.node, [value, *([BARE] if is_bare(call.node) else [])])

    def spawning(self, call: Call) -> Value | None:
        """Read everything that starts a program."""
        native = call.method in apis.NATIVE_SPAWNS and apis.NATIVE.match(call.ref)
        if call.ref not in apis.SPAWNS and not native:
            return None
        at = 0
        if apis.SPAWNS_WITH_MODE.match(call.ref):
            at = 1
        elif call.method.startswith("ShellExecute"):
            at = 2
        values = [self.command_of(call, at)]
        for value in (one for given in values for one in given.every()):
            command = words_of(value) or HOLE
            self.note("spawn", command, call.node, [value], marks_in("command", [Value(rough=command)]))
            self.note_flags(call)
            self.started(value, call.node)
        self.piped(values[0], call)
        marks = marks_in("command", [Value(rough=words_of(values[0]) or "")])
        taints = {"command-output"} | ({"fingerprint"} if any(mark.family == "recon" for mark in marks) else set())
        if any(one.ref is not None and one.ref.startswith("socket.") for one in call.named.values()):
            self.note("socket-shell", call.ref, call.node)
        return Value(taints=frozenset(taints) | all_taints(values), ref=call.ref + "()")

    def command_of(self, call: Call, at: int) -> Value:
        """Return the command line of a call: one text, a list, or the words that follow."""
        first = call.argument(at, "args", "cmd", "command", "lpCommandLine", "lpFile", "popenargs")
        if first is None:
            return opaque(all_taints(call.values()))
        rest = call.args[at + 1 :]
        many = call.ref.startswith(("os.exec", "os.spawn", "os.posix_spawn", "asyncio.")) or call.method.startswith(
            ("exec", "ShellExecute", "CreateProcess", "posix_spawn")
        )
        if not many or not rest:
            return first
        if rest[0].items is not None:  # program, [name, argument, ...]
            return Value(items=(first, *rest[0].items[1:]))
        arguments = rest[1:] if call.ref.startswith(("os.exec", "os.spawn")) else rest
        return Value(items=(first, *[one for one in arguments if one.items is None and one.ref != "os.environ"]))

    def note_flags(self, call: Call) -> None:
        """Note a window that is kept out of sight and a process that outlives its parent."""
        flags = call.named.get("creationflags")
        if flags is not None and ("NO_WINDOW" in (flags.ref or "") or flags.const == 0x08000000):  # noqa: PLR2004 - CREATE_NO_WINDOW
            self.note("hidden-process", "creationflags", call.node)
        if call.method.startswith("ShellExecute") and call.args and call.args[-1].const == 0:
            self.note("hidden-process", "ShellExecute with a hidden window", call.node)

    def native(self, call: Call) -> Value | None:
        """Read what loads native libraries and writes memory to run it."""
        self.loading(call)
        if call.method in {
            "VirtualAlloc",
            "RtlMoveMemory",
            "CreateThread",
            "VirtualProtect",
            "CreateRemoteThread",
        } and (apis.NATIVE.match(call.ref)):
            self.note("native-memory", call.method, call.node, call.values())
        if call.method in apis.DEBUGGER_QUESTIONS and apis.NATIVE.match(call.ref):
            self.note("anti-analysis", call.method, call.node)
        if call.ref in {"os.dup2", "os.dup"}:
            self.note("dup2", call.ref, call.node, call.values())
        return None

    def fingerprinting(self, call: Call) -> Value | None:
        """Read what tells one machine, or person, from another, and what watches the person."""
        if call.ref in apis.FINGERPRINTS:
            self.note("fingerprint", call.ref, call.node)
            return Value(rough=HOLE, taints=frozenset({"fingerprint"}), ref=call.ref + "()")
        if call.ref in apis.WEAK_FINGERPRINTS:
            return Value(taints=frozenset({"weak-fingerprint"}) | all_taints(call.args), ref=call.ref + "()")
        if call.ref in apis.CAPTURES:
            self.note("capture", call.ref, call.node)
            return Value(taints=frozenset({"capture"}), ref=call.ref + "()")
        if call.ref in apis.CLIPBOARD_WRITES:
            self.note("clipboard-write", call.ref, call.node, call.args)
        return None

    def installing(self, call: Call) -> Value | None:
        """Read what installs packages without a command line, and what hands classes to a build."""
        if call.ref in {
            "pip.main",
            "pip._internal.main",
            "pip._internal.cli.main.main",
            "setuptools.command.easy_install.main",
        }:
            command = "pip " + (words_of(call.args[0]) or HOLE if call.args else HOLE)
            self.note("spawn", command, call.node, call.args, marks_in("command", [Value(rough=command)]))
            return opaque()
        commands = call.named.get("cmdclass")
        if commands is not None and commands.items is not None:
            for value in commands.items:
                if isinstance(value.target, Class):
                    value.target.made = True
        return None


def is_bare(node: ast.Call) -> bool:
    """Say whether eval is given no builtins, so that little but a literal can be read."""
    given = node.args[1] if len(node.args) > 1 else None
    if not isinstance(given, ast.Dict) or ast.unparse(node.func) != "eval":
        return False
    pairs = zip(given.keys, given.values, strict=True)
    return any(isinstance(key, ast.Constant) and key.value == "__builtins__" and is_empty(one) for key, one in pairs)


def is_empty(node: ast.expr) -> bool:
    """Say whether an expression is None or an empty display."""
    return ast.unparse(node) in {"None", "{}", "[]", "()"}


# Asked in this order; the first that answers decides what the call is worth.
EFFECTS: tuple[Callable[[Any, Call], Value | None], ...] = (
    Effects.dynamic,
    Effects.decoding,
    Effects.executing,
    Effects.spawning,
    Effects.fingerprinting,
    Effects.networking,
    Effects.unpacking,
    Effects.resources,
    Effects.filing,
    Effects.native,
    Effects.installing,
    Effects.folding,
)
