"""The syntax of yarn.lock version 1: names, and what is indented below them.

No kept library reads it in Python; the format is frozen (https://classic.yarnpkg.com/lang/en/docs/yarn-lock).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from gatekeeper.lockfiles._values import Table, broken

if TYPE_CHECKING:
    from collections.abc import Iterator

WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[^\s",:][^\s",]*')  # what is not closed is told of below
DEEPEST = 3  # an entry, its table of dependencies, and what stands in that


def read(text: str, file: str) -> Table:
    """Return the table of a lock; a line that is neither a name nor a pair is the error that names it."""
    whole = Table(file, 1)
    opened = [whole]
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        plain = line.rstrip()
        depth, left = divmod(len(plain) - len(plain.lstrip(" ")), 2)
        if not plain or plain.lstrip().startswith("#"):
            continue
        if left or depth >= len(opened) or depth >= DEEPEST:
            broken(file, number, "the indentation is none of yarn's")
        del opened[depth + 1 :]
        if plain.endswith(":"):
            key = ", ".join(_words(plain[:-1], file, number))
            inner = Table(file, number)
            _put(opened[depth], key, inner, number)
            opened.append(inner)
        else:
            _put(opened[depth], *_pair(plain, file, number), number)
    return whole


def _put(table: Table, key: str, value: object, number: int) -> None:
    if key in table:
        broken(table.file, number, "the same entry again")
    table.put(key, value, number)


def _pair(line: str, file: str, number: int) -> tuple[str, str]:
    words = list(_words(line, file, number))
    if len(words) != len(("name", "value")):
        broken(file, number, "not a name and a value")
    return words[0], words[1]


def _words(line: str, file: str, number: int) -> Iterator[str]:
    """Yield the words of a line, quoted or bare; what parts them may only be blanks and commas."""
    at = 0
    for match in WORD.finditer(line):
        if line[at : match.start()].strip(" ,"):
            break
        at = match.end()
        yield _unquoted(match[0], file, number)
    if line[at:].strip() or not at:
        broken(file, number, "not a line of yarn's")


def _unquoted(word: str, file: str, number: int) -> str:
    if word[0] != '"':
        return word
    try:
        return str(json.loads(word))
    except ValueError:
        broken(file, number, "a text that is not closed or holds a broken escape")
