"""What command line tools run: shells, interpreters, scripts of the same package, and tools that start others."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._shell_following import Following
from gatekeeper.evidence._shell_showing import rendered
from gatekeeper.evidence._shell_state import Command, Flow, Spot, Word
from gatekeeper.evidence._shell_transfer import program_of
from gatekeeper.evidence._values import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._shell_bash import Script

NODE_CODE = frozenset({"-e", "--eval", "-p", "--print", "-pe", "-ep", "--eval-file"})
NODE_FILES = frozenset({"-r", "--require", "--import", "--loader", "--experimental-loader"})
NODE_VALUES = frozenset(
    {"-C", "--conditions", "--env-file", "--title", "--input-type", "--stack-size", "-c", "--config", "--project", "-P",
     "--cwd", "--filter", "--run"}
)  # fmt: skip
RUNNER_WORDS = frozenset({"run", "watch", "exec", "x", "task"})  # of bun, deno and tsx
PYTHON_VALUES = frozenset({"-W", "-X", "--check-hash-based-pycs"})
PREFIXES = frozenset(
    {"sudo", "nohup", "time", "exec", "builtin", "setsid", "nice", "ionice", "timeout", "stdbuf", "unbuffer", "busybox",
     "env", "cross-env", "cross-env-shell", "dotenv", "shx", "xargs", "start", "call", "doas", "command", "caffeinate",
     "cross-var", "env-cmd", "@call", "@start", "gtimeout", "then", "do", "else", "@"}
)  # fmt: skip
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
PRINTED = frozenset({"command-output"})
HOSTILE_SOURCES = frozenset({"network", "decoded"})


class Running(Following):
    """Reads tools that run something."""

    def prefixed(self, command: Command, script: Script) -> Flow:
        """Read a tool that starts the program named by its further words."""
        words, name = list(command.args), program_of(command)
        while words:
            text = words[0].text
            assigned = ASSIGNMENT.fullmatch(text) if not text.startswith("-") else None
            if assigned is not None:
                script.known[assigned.group(1)] = Word(assigned.group(2), words[0].taints, words[0].exact)
            elif not (text.startswith("-") or re.fullmatch(r"/[a-zA-Z]+|\d+[smh]?|--", text) or is_title(name, text)):
                break
            elif (
                text in {"-u", "-I", "-n", "-P", "-L", "-k", "-e", "-c", "-f"} and name != "timeout" and len(words) > 1
            ):
                words.pop(0)
            words.pop(0)
        if name == "xargs" and command.stdin.text:
            words += [Word(part, command.stdin.taints) for part in command.stdin.text.split()[:50]]
        elif name == "xargs":
            words.append(Word(HOLE, command.stdin.taints, exact=False))
        if not words:
            return self.identity_of_environment(command) if name == "env" else Flow()
        flow = script.start(tuple(words), command.stdin)
        return replace(flow, shown=flow.shown and f"{name} {flow.shown}")

    def identity_of_environment(self, command: Command) -> Flow:
        """Read `env` without a program: it lists the environment."""
        return Flow(None, frozenset({"environment-all"}), rendered(command.words))

    named: Callable[[str, Spot], Flow]  # a script of the same package

    # Shells.

    def shell(self, command: Command, script: Script) -> Flow:
        """Read sh, bash and their like: code in a word, in a file, or fed in."""
        pending = list(command.args)
        while pending and pending[0].text.startswith(("-", "+")) and pending[0].text != "-":
            option = pending.pop(0).text
            if "c" in option.lstrip("-+") and not option.startswith("--") and pending:
                return self.run_code(pending[0], command, script)
            if option in {"-o", "--rcfile", "--init-file"} and pending:
                pending.pop(0)
        if pending and pending[0].text not in {"-", "/dev/stdin"}:
            return self.run_script_file(pending[0], command, "sh")
        return self.fed(command, script)

    def run_code(self, code: Word, command: Command, script: Script) -> Flow:
        """Read a word as shell code."""
        taints = code.taints & (HOSTILE_SOURCES | {"secret"})
        if taints & HOSTILE_SOURCES:
            how = "of known code" if code.exact else "of something computed"
            self.notes.note("exec", f"{program_of(command)} {how}", command.spot, code.taints)
        spot = command.spot
        if "decoded" in taints:
            spot = replace(spot, taints=spot.taints | {"layer"})
        return self.run_posix(code.text, replace(spot, depth=spot.depth + 1, quiet=False), known=script.known)

    def fed(self, command: Command, script: Script) -> Flow:
        """Read what an interpreter is fed with."""
        stdin, name = command.stdin, program_of(command)
        if stdin.text is None and not stdin.taints and not stdin.shown:
            return Flow()
        if stdin.text is not None and name in SHELLS:
            return self.run_code(Word(stdin.text, stdin.taints), command, script)
        known = stdin.text is not None and self.fed_code(name, stdin.text, command.spot)
        how = "of known code" if known else "of something computed"
        if not known or stdin.taints & HOSTILE_SOURCES:
            self.notes.note("exec", f"{name} {how}", command.spot, stdin.taints)
        return Flow(None, stdin.taints)

    def fed_code(self, name: str, code: str, spot: Spot) -> bool:
        """Read known code that is fed to an interpreter; False when its language is not read."""
        if name in NODES:
            self.node_code(code, spot)
        elif name.startswith("py"):
            self.python_code(code, spot)
        else:
            return False
        return True

    def run_script_file(self, word: Word, command: Command, language: str) -> Flow:
        """Read the file that an interpreter is given."""
        if word.taints & HOSTILE_SOURCES and word.text.startswith("$("):
            self.notes.note("exec", f"{program_of(command)} of something computed", command.spot, word.taints)
        elif word.exact:
            self.follow(word.text, command.spot, language)
        return Flow(None, PRINTED)

    def evaluate(self, command: Command, script: Script) -> Flow:
        """Read eval: all its words are code."""
        text = " ".join(word.text for word in command.args)
        exact = all(word.exact for word in command.args)
        return self.run_code(Word(text, command.taints, exact), command, script)

    def source(self, command: Command, script: Script) -> Flow:
        """Read `source` and `.`: a file whose lines run here."""
        if not command.args:
            return Flow()
        word = command.args[0]
        if word.taints & HOSTILE_SOURCES:
            self.notes.note("exec", "source of something computed", command.spot, word.taints)
        elif word.exact:
            self.follow(word.text, command.spot, "sh")
        del script
        return Flow()

    def change_folder(self, command: Command, script: Script) -> Flow:
        """Read cd: the names that follow are below another folder."""
        from posixpath import join, normpath

        if command.args and command.args[0].exact and not command.args[0].text.startswith(("-", "/", "~")):
            at = normpath(join(script.spot.at, command.args[0].text.replace("\\", "/")))
            script.spot = replace(script.spot, at="" if at == "." else at)
        return Flow()

    # Interpreters.

    def node(self, command: Command, script: Script) -> Flow:
        """Read node and its like: code in a word, modules loaded first, and the file that runs."""
        options = script.known.get("NODE_OPTIONS")
        if options is not None:
            self.node_options(options.text, command.spot)
        pending = list(command.args)
        if self._node_options_read(pending, command):
            return Flow(None, PRINTED, f"{program_of(command)} -e {HOLE}")
        if pending and pending[0].text in RUNNER_WORDS and program_of(command) not in {"node", "nodejs"}:
            pending = [word for word in pending[1:] if not word.text.startswith("-")]
        if pending and pending[0].text != "-":
            return self.run_script_file(pending[0], command, "node")
        return self.fed(command, script)

    def _node_options_read(self, pending: list[Word], command: Command) -> bool:
        """Read the options before the file; say whether one of them was code."""
        coded = False
        while pending and pending[0].text.startswith("-") and pending[0].text != "-":
            option, _, attached = pending.pop(0).text.partition("=")
            if option not in NODE_CODE | NODE_FILES | NODE_VALUES:
                continue
            value = Word(attached) if attached else pending.pop(0) if pending else Word("")
            if option in NODE_CODE:
                coded = True
                self._node_word(value, command)
            elif option in NODE_FILES:
                self.load_first(value.text, command.spot)
            elif option == "--run":
                self.named(value.text, command.spot)
        return coded

    def _node_word(self, value: Word, command: Command) -> None:
        if value.taints & HOSTILE_SOURCES:
            how = "of known code" if value.exact else "of something computed"
            self.notes.note("exec", f"node {how}", command.spot, value.taints)
        if not value.text.startswith("'"):  # cmd.exe knows no single quotes: that is a text, not code
            self.node_code(value.text, command.spot)

    def node_options(self, options: str, spot: Spot) -> None:
        """Read what NODE_OPTIONS, or node-options of an .npmrc, loads into every node."""
        words = [word.strip("\"'") for word in re.findall(r"(?:\"[^\"]*\"|'[^']*'|\S)+", options)]
        while words:
            option, _, attached = words.pop(0).partition("=")
            if option in NODE_FILES and (attached or words):
                self.load_first(attached.strip("\"'") or words.pop(0), spot)

    def load_first(self, name: str, spot: Spot) -> None:
        """Read a module that node loads before its program; a plain name is another package."""
        if name.startswith("data:"):
            body = name.partition(",")[2]
            self.notes.note("exec", "node of a data address", spot, {"decoded"})
            self.node_code(body, spot)
        elif name.startswith((".", "/", "file:")) or self.resolve(name, spot) is not None:
            self.follow(name.removeprefix("file://"), spot, "node")

    def python_program(self, command: Command, script: Script) -> Flow:
        """Read python: code in a word, a module, a file, or what is fed in."""
        pending = list(command.args)
        while pending and pending[0].text.startswith("-") and pending[0].text != "-":
            option = pending.pop(0).text
            if option in {"-c", "-m"} and pending:
                return self._python_word(option, pending[0], command)
            if option in PYTHON_VALUES and pending:
                pending.pop(0)
        if pending and pending[0].text != "-":
            return self.run_script_file(pending[0], command, "python")
        return self.fed(command, script)

    def _python_word(self, option: str, word: Word, command: Command) -> Flow:
        if option == "-m":
            name = word.text.replace(".", "/")
            for candidate in (f"{name}.py", f"{name}/__main__.py"):
                self.follow(candidate, command.spot, None)
            return Flow(None, PRINTED)
        if word.taints & HOSTILE_SOURCES:
            self.notes.note("exec", "python of something computed", command.spot, word.taints)
        if not word.text.startswith("'"):
            self.python_code(word.text, command.spot)
        return Flow(None, PRINTED, f"{program_of(command)} -c {HOLE}")

    def other_interpreter(self, command: Command, script: Script) -> Flow:
        """Read an interpreter whose language is not read here."""
        plain = [word for word in command.args if not word.text.startswith("-")]
        if any(text in {"-e", "-c", "-r"} for text in command.texts):
            return Flow(None, PRINTED)
        if plain:
            return self.run_script_file(plain[0], command, "other")
        return self.fed(command, script)

    def started_path(self, command: Command) -> Flow:
        """Read a program that is named by its path: perhaps a file of the artifact."""
        name = command.words[0]
        if name.exact and ("/" in name.text or "\\" in name.text or "." in name.text):
            self.follow(name.text, command.spot, None)
        for word in command.args:  # a loader of libraries, a tool that is given a script
            if word.exact and word.text.lower().rpartition(",")[0].endswith(".dll"):
                self.follow(word.text.rpartition(",")[0], command.spot, "program")
        return Flow(None, PRINTED | (command.stdin.taints - {"network"}))


def is_title(name: str, text: str) -> bool:
    """Say whether a word is the title that `start` takes first."""
    return name == "start" and (not text or " " in text)


SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "busybox"})
NODES = frozenset(
    {"node", "nodejs", "bun", "deno", "tsx", "ts-node", "electron", "babel-node", "esno", "jiti", "esr", "nodemon",
     "swc-node", "vite-node", "esm"}
)  # fmt: skip
