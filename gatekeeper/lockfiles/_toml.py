"""TOML, read by the standard library's parser, with the lines that it does not tell.

The lines come from a second look at a text that the parser has already found to be TOML, so this look need not judge.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from gatekeeper.lockfiles._values import DEEPEST, Rows, Table, broken

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple["str | int", ...]
TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{},=.\n]"
    r"|[^\s\[\]{},=.\#\"']+",
    re.DOTALL,
)
AT_LINE = re.compile(r"\(at (?:line (\d+)|end of document)")
DEEP_KEY = re.compile(rf"(?:\.[ \t]*[\w\"'-]+[ \t]*){{{DEEPEST}}}")  # begins with a letter that is soon found


def read(text: str, file: str) -> Table:
    """Return the table that a file holds; raise the error that names the line which cannot be read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        deep = DEEP_KEY.search(text)
        if deep:
            broken(file, text.count("\n", 0, deep.start()) + 1, "nested too deeply")
        said = tomllib.loads(text)  # first: the look for lines takes what it is given for TOML
        return _Tables(file, _Lines(text).found).table(said, (), None)
    except tomllib.TOMLDecodeError as problem:
        told = AT_LINE.search(str(problem))
        line = None if told is None else int(told[1]) if told[1] else text.count("\n") + 1
        broken(file, line, f"not TOML: {str(problem).partition(' (at')[0].partition(':')[0]}")
    except RecursionError:
        broken(file, None, "nested too deeply")
    except ValueError:  # a number or a date beyond what there is
        broken(file, None, "not TOML: a value that is none")


class _Tables:
    """Plain values made into tables and rows; what has no line of its own stands on that of what it is in."""

    def __init__(self, file: str, lines: Mapping[Path, int]) -> None:
        self.file, self.lines = file, lines

    def table(self, said: Mapping[str, Any], path: Path, line: int | None) -> Table:
        """Make a table that stands on a line."""
        table = Table(self.file, line)
        for key, value in said.items():
            inner = (*path, key)
            at = self.lines.get(inner, line)
            table.put(key, self.value(value, inner, at) if isinstance(value, (dict, list)) else value, at)
        return table

    def value(self, value: object, path: Path, line: int | None) -> object:
        """Make a value that stands on a line."""
        if isinstance(value, dict):
            return self.table(value, path, line)
        if not isinstance(value, list):
            return value
        at = [self.lines.get((*path, index), line) for index in range(len(value))]
        rows = Rows(self.file, line, tuple(self.value(each, (*path, n), at[n]) for n, each in enumerate(value)))
        rows.lines = {index: number for index, number in enumerate(at) if number is not None}
        return rows


class _Lines:
    """The line of every key, table and element, by its path."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}  # arrays of tables, and how many each has so far
        self.base: Path = ()
        self.words: list[tuple[str, int]] = []  # of the statement so far, up to the line's end outside of brackets
        depth, line, at = 0, 1, 0
        for match in TOKEN.finditer(text):
            line += text.count("\n", at, match.start())
            at, word = match.start(), match[0]
            if word == "\n" and not depth:
                self.end()
            elif word[0] not in "#\n":
                depth += (word in "[{") - (word in "]}")
                self.words.append((word, line))
        self.end()

    def end(self) -> None:
        """Note what a whole statement says."""
        words, self.words = self.words, []
        if words and words[0][0] == "[":
            self.head([_plain(word) for word, _ in words if word not in "[]."], words[0][1], words[1][0] == "[")
        elif words:
            self.pair(words, 0, self.base, whole=words[0][1] != words[-1][1])

    def head(self, parts: list[str], line: int, array: bool) -> None:
        """Note the head of a table, or of the next table in an array."""
        path: Path = ()
        for number, part in enumerate(parts):
            path = (*path, part)
            self.found.setdefault(path, line)
            if array and number == len(parts) - 1:
                self.tables[path] = self.tables.get(path, 0) + 1
            if path in self.tables:
                path = (*path, self.tables[path] - 1)
        self.found.setdefault(path, line)
        self.base = path

    def pair(self, words: list[tuple[str, int]], at: int, base: Path, *, whole: bool = True) -> int:
        """Note a key, and the `whole` of its value, which begin at a word; return where they end."""
        path = base
        while words[at][0] != "=":
            if words[at][0] != ".":
                path = (*path, _plain(words[at][0]))
                self.found.setdefault(path, words[at][1])
            at += 1
        return self.value(words, at + 1, path) if whole else len(words)

    def value(self, words: list[tuple[str, int]], at: int, path: Path) -> int:
        """Note what is inside a value that begins at a word; return where it ends."""
        first = words[at][0]
        if first not in "[{":
            while at < len(words) and words[at][0] not in ",]}":
                at += 1
            return at
        at, count = at + 1, 0
        while words[at][0] not in "]}":
            if words[at][0] == ",":
                at += 1
            elif first == "{":
                at = self.pair(words, at, path)
            else:
                inner = (*path, count)
                self.found[inner] = words[at][1]
                at, count = self.value(words, at, inner), count + 1
        return at + 1


def _plain(word: str) -> str:
    """Return the key that a word of a TOML file spells."""
    if word[0] == "'":
        return word[1:-1]
    return next(iter(tomllib.loads(f"{word} = 0"))) if word[0] == '"' else word
