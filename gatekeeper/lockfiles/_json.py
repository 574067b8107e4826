"""JSON, perhaps with comments and trailing commas: the standard library's reading, and the lines that it lacks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from gatekeeper.lockfiles._values import DEEPEST, Rows, Table, broken
from gatekeeper.model import Notice, Place
from gatekeeper.registries.addresses import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

# A string that nobody closes is taken to the end of its line: tried again from each quote in it, it takes for ever.
STRING = r'"(?:[^"\\\n]|\\.)*"?'
TOKEN = re.compile(STRING + r"(\s*:)?|[{}\[\]]", re.DOTALL)  # with a colon it is a key
COMMENT = re.compile(STRING + r"|(//[^\n]*|/\*.*?(?:\*/|\Z))", re.DOTALL)
TRAILING = re.compile(STRING + r"|(,)(?=\s*[}\]])", re.DOTALL)


def read(text: str, file: str) -> Table:
    """Return the object that a file holds; raise the error that names the line which cannot be read."""
    text = text.removeprefix("\ufeff")
    closed = iter(list(_keys(text, file)))  # the order in which a parser closes objects is the order of its hook

    def hooked(pairs: list[tuple[str, Any]]) -> Table:
        line, lines = next(closed, (None, []))
        table = Table(file, line)
        for index, (key, value) in enumerate(pairs):
            at = lines[index] if index < len(lines) else line
            table.put(key, _rows(value, file, at), at)
        return table

    try:
        whole = json.loads(text, object_pairs_hook=hooked, parse_constant=_refused)
    except ValueError as problem:
        what = getattr(problem, "msg", "a number or word that is none")
        broken(file, getattr(problem, "lineno", 1), f"not JSON: {what}")
    except RecursionError:
        broken(file, 1, "nested too deeply")
    return whole if isinstance(whole, Table) else broken(file, 1, "an object was expected")


def read_with_comments(text: str, file: str) -> Table:
    """Return the object in a file that may hold comments and trailing commas."""
    return read(TRAILING.sub(_blank, COMMENT.sub(_blank, text.removeprefix("\ufeff"))), file)


def repeated(table: Table, deepest: int = DEEPEST) -> Iterator[Notice]:
    """Yield a notice for every key that an object says twice: one reader may take the first and another the last."""
    for key, line in table.repeated:
        where = Place(table.file, line)
        yield Notice("repeated-key", f"`{printable(key)}` is said twice, and the last one counts", where)
    for value in table.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Table) and deepest:
                yield from repeated(inner, deepest - 1)


def _blank(match: re.Match[str]) -> str:
    """Take a comment or comma out and leave every line break where it is."""
    return match[0] if match[1] is None else re.sub(r"[^\n]", " ", match[1])


def _refused(word: str) -> None:
    raise ValueError(word)


def _rows(value: object, file: str, line: int | None) -> object:
    if not isinstance(value, list):
        return value
    return Rows(file, line, tuple(_rows(each, file, line) for each in value))


def _keys(text: str, file: str) -> Iterator[tuple[int, list[int]]]:
    """Yield, as objects are closed, the line on which each begins and the lines of its keys."""
    line, at = 1, 0
    opened: list[tuple[str, int, list[int]]] = [("", 1, [])]  # the first is what the whole file stands in
    for match in TOKEN.finditer(text):
        mark = text[match.start()]
        if mark == '"' and not match[1]:
            continue
        line += text.count("\n", at, match.start())
        at = match.start()
        if mark == '"':
            opened[-1][2].append(line)
        elif mark in "{[":
            opened.append((mark, line, []))
            if len(opened) > DEEPEST * 2:
                broken(file, line, "nested too deeply")
        elif len(opened) > 1:
            kind, began, keys = opened.pop()
            if kind == "{":
                yield began, keys
