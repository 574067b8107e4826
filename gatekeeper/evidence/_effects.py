"""Reading calls of the outside: decoding, running, sending, writing, and what each result is worth."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence import _apis as apis
from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._builtins import folded
from gatekeeper.evidence._calling import Call, Calling
from gatekeeper.evidence._decoders import decode, is_decoder
from gatekeeper.evidence._files import FileEffects
from gatekeeper.evidence._network import NetworkEffects
from gatekeeper.evidence._scopes import Class
from gatekeeper.evidence._values import HOLE, Value, all_taints, listed, opaque, words_of

MOST_PROGRAM_WORDS = 3


class Effects(FileEffects, NetworkEffects, Calling):
    """Reads calls of the outside."""

    def outside(self, call: Call) -> Value:
        """Return what a call of something outside the artifact yields, and note what it does."""
        for effect in EFFECTS:
            result = effect(self, call)
            if result is not None:
                return result
        for value in call.args:
            self.note_store(value, call)
        return super().outside(call)

    def dynamic(self, call: Call) -> Value | None:
        """Read getattr, `__import__`, type-made classes and partial functions."""
        if call.ref in {"getattr", "__import__", "importlib.import_module"}:
            return self.named_attribute(call)
        if call.ref == "functools.partial" and call.args:
            return call.args[0]
        if call.ref in {"map", "filter"} and len(call.args) >= 2:  # noqa: PLR2004 - function and sequence
            return self._mapped(call)
        return None

    def _mapped(self, call: Call) -> Value | None:
        items = listed(call.args[1])
        if items is None or call.ref == "filter":
            return None
        made = []
        for item in items:
            self.step()
            made.append(self.called(Call(call.node, call.args[0], None, [item], {})))
        return Value(items=tuple(made))

    def decoding(self, call: Call) -> Value | None:
        """Read a decoder's call."""
        if call.ref == "codecs.getdecoder":
            return None
        if is_decoder(call.ref):
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
            for value in (call.args[0] if call.args else opaque()).every():
                self._execute(value, call)
            return opaque(all_taints(call.args[:1]))
        if call.ref == "runpy.run_path" and call.args and call.args[0].text:
            return self.enter_file(call.args[0].text, "run by runpy")
        return None

    def _execute(self, value: Value, call: Call) -> None:
        taints = all_taints([value])
        read = isinstance(value.const, (str, bytes)) and self.run_layer(value.const, call.node, taints)
        self.note(
            "exec", f"{call.ref} of known code" if read else f"{call.ref} of something computed", call.node, [value]
        )

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
            self.follow_python(command)
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

    def follow_python(self, command: str) -> None:
        """Read the file of the artifact that a started Python runs."""
        words = command.replace('"', " ").replace("'", " ").split()[: MOST_PROGRAM_WORDS + 1]
        for word in words[1:] if words and "python" in words[0].lower() else words[:1]:
            if word.endswith((".py", ".pyw")) and self.local_file(word) is not None:
                self.enter_file(word, f"started by {self.at.source.path}")
                return

    def native(self, call: Call) -> Value | None:
        """Read what loads native libraries and writes memory to run it."""
        if call.method in {
            "VirtualAlloc",
            "RtlMoveMemory",
            "CreateThread",
            "VirtualProtect",
            "CreateRemoteThread",
        } and (apis.NATIVE.match(call.ref)):
            self.note("native-memory", call.method, call.node, call.values())
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


# Asked in this order; the first that answers decides what the call is worth.
EFFECTS: tuple[Callable[[Any, Call], Value | None], ...] = (
    Effects.dynamic,
    Effects.decoding,
    Effects.executing,
    Effects.spawning,
    Effects.fingerprinting,
    Effects.networking,
    Effects.filing,
    Effects.native,
    Effects.installing,
    Effects.folding,
)
