"""Reading what a started Python runs: a module or script of the artifact, a line of code, a file written before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._bundled import Bundled
from gatekeeper.evidence._values import HOLE, MOST_TEXT, Value, all_taints, words_of

if TYPE_CHECKING:
    import ast

    from gatekeeper.evidence._calling import Call

PYTHON = re.compile(r"(?:.*[\\/])?(?:pythonw?|pypy|py)[\d.]*w?(?:\.exe)?$", re.IGNORECASE)
SHELL_WORDS = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^\s\"';&|]+)")
SCRIPTS = (".py", ".pyw")
UNPACKED = "*/"  # the folder of what is unpacked, wherever that is
MOST_WORDS = 24  # of one command
MOST_WRITTEN = 32  # files whose content is kept
OWN_WORDS = 4  # at the head of a command, among which the program stands
SHORTEST_NAME = 3  # characters of a written file's path that are known


class Starting(Bundled):
    """Follows started programs."""

    def __init__(self, *arguments: object) -> None:
        """Start without any written file."""
        super().__init__(*arguments)  # type: ignore[arg-type] # whatever the base takes
        self.written: dict[str, list[Value]] = {}
        self.begun: set[int] = set()  # texts that were run as programs

    def wrote(self, path: Value, content: Value | None, *, anew: bool = False) -> None:
        """Keep what is written to a file, in case it is started."""
        key = path.text
        if key is None or len(key.replace(HOLE, "")) < SHORTEST_NAME:
            return
        if anew or key not in self.written:
            if len(self.written) >= MOST_WRITTEN:
                return
            self.written[key] = []
        if content is not None and len(self.written[key]) < MOST_TEXT >> 10:
            self.written[key].append(content)

    def moved_file(self, old: Value, new: Value) -> None:
        """Keep the content of a file that gets another name."""
        if old.text in self.written and new.text is not None:
            self.written[new.text] = self.written[old.text]

    def started(self, value: Value, node: ast.expr) -> None:
        """Read what a command runs, as far as it is Python and known."""
        words = command_words(value)
        for at, word in enumerate(words):
            if PYTHON.match(word) or word == HOLE:
                self._python(words[at + 1 :], node)
        for word in words[:OWN_WORDS]:
            if self._written_as(word) is not None:
                self._run_written(word, node)
            else:
                self._own_command(word, node)
                self.bundled(word, node)

    def piped(self, command: Value, call: Call) -> None:
        """Read the text that a started Python gets on its input."""
        words = command_words(command)
        given = call.named.get("input")
        if given is not None and words and PYTHON.match(words[0]) and set(words[1:]) <= {"-", "-u"}:
            for one in given.every():
                if one.text:
                    self.run_text(one.text, call.node, all_taints([one]))

    def _python(self, words: list[str], node: ast.expr) -> None:
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if word in {"-c", "-m"}:
                if word == "-c":
                    self.run_text(following, node, frozenset())
                else:
                    self._module(following)
                return
            if not word.startswith("-"):
                self._script(word, node)
                return

    def _module(self, name: str) -> None:
        for path in (self.find_module(name), self.find_module(f"{name}.__main__")):
            if path is not None and not path.endswith("__init__.py"):
                self.run_program(path, f"started by {self.at.source.path}")

    def _script(self, word: str, node: ast.expr) -> None:
        if self._written_as(word) is not None:
            self._run_written(word, node)
            return
        path = self.find_file(word)
        if path is not None:
            self.run_program(path, f"started by {self.at.source.path}")

    def _written_as(self, path: str) -> list[Value] | None:
        """Return what was written to a path, or unpacked somewhere under its name."""
        unpacked = UNPACKED + path.replace("\\", "/").rpartition("/")[2]
        return self.written.get(path) or self.written.get(unpacked)

    def _run_written(self, path: str, node: ast.expr) -> None:
        parts = self._written_as(path) or []
        if id(parts) in self.begun:
            return
        self.begun.add(id(parts))
        text = "".join(words_of(part) or HOLE for part in parts)
        if text.strip(HOLE):
            self.run_text(text, node, all_taints(parts))

    def _own_command(self, word: str, node: ast.expr) -> None:
        """Read a command that the artifact itself installs, or its own script."""
        if word.endswith(SCRIPTS):
            self._script(word, node)
            return
        found = self.find_command(word)
        if found is not None and found.endswith("()"):
            self.run_text(found, node, frozenset())
        elif found is not None:
            self.run_program(found, f"started by {self.at.source.path}")


def command_words(value: Value) -> list[str]:
    """Return the words of a command: of a list its items, of a line what a shell makes of it."""
    if value.items is None or value.keys is not None:
        return _split(value.text or HOLE)
    words: list[str] = []
    for item in value.items[:MOST_WORDS]:
        text = words_of(item) or HOLE
        code = bool(words) and words[-1] == "-c"
        words.extend([text] if code or " " not in text.strip() else _split(text))
    return words[:MOST_WORDS]


def _split(line: str) -> list[str]:
    return ["".join(groups) for groups in SHELL_WORDS.findall(line[: MOST_TEXT >> 4])[:MOST_WORDS]]
