"""YAML as lock files use it: every scalar is text, and there are no anchors, tags or repeated keys.

Read from the parser's events (libyaml's, where PyYAML has it), so that nothing is built before it was looked at.
"""

from __future__ import annotations

import re
from typing import Any

from gatekeeper.lockfiles._values import DEEPEST, Rows, Table, broken

ODD_BREAK = re.compile("[\x85\u2028\u2029]")  # YAML 1.1 ends a line here, and 1.2 does not
EMPTY = frozenset({"", "~", "null", "Null", "NULL"})


def read(text: str, file: str) -> Table:
    """Return the one document that a file holds, a table; raise the error that names the line which cannot be read."""
    documents = read_all(text, file)
    if len(documents) > 1:
        broken(file, documents[1].line, "only one document was expected")
    return documents[0]


def read_all(text: str, file: str) -> list[Table]:
    """Return the documents that a file holds, each a table."""
    import yaml

    odd = ODD_BREAK.search(text)
    if odd:
        broken(file, text.count("\n", 0, odd.start()) + 1, "a line break that parsers of YAML disagree about")
    builder = _Builder(file)
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.take(event)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        broken(file, mark.line + 1 if mark else None, f"not YAML: {problem.problem or 'malformed'}")
    except (yaml.YAMLError, UnicodeError, ValueError):
        broken(file, None, "not YAML: it holds characters that YAML does not take")
    except RecursionError:
        broken(file, None, "nested too deeply")
    found = builder.documents or broken(file, 1, "a table was expected, and there is nothing")
    return [each if isinstance(each, Table) else broken(file, 1, "a table was expected") for each in found]


class _Builder:
    """Tables and rows in the making: what is open, and the key that waits for its value."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.documents: list[Any] = []
        self.opened: list[tuple[Table | Rows, str | None, int]] = []
        self.key: tuple[str, int] | None = None

    def take(self, event: Any) -> None:  # noqa: ANN401 - the events are of many classes
        """Take the next event in."""
        kind, line = type(event).__name__, event.start_mark.line + 1
        if getattr(event, "anchor", None):  # an alias has one too
            broken(self.file, line, "anchors and aliases have no place in such a file")
        if getattr(event, "tag", None):
            broken(self.file, line, "tags have no place in such a file")
        if kind == "ScalarEvent":
            self.put(None if event.implicit[0] and event.value in EMPTY else event.value, line)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self.open(Table(self.file, line) if kind[0] == "M" else Rows(self.file, line), line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            inner, self.key = self.close()
            self.put(inner, inner.line or line)

    def open(self, new: Table | Rows, line: int) -> None:
        """Begin a table or an array."""
        if self.opened and isinstance(self.opened[-1][0], Table) and self.key is None:
            broken(self.file, line, "a key was expected here")
        if len(self.opened) > DEEPEST:
            broken(self.file, line, "nested too deeply")
        self.opened.append((new, *(self.key or (None, line))))
        self.key = None

    def close(self) -> tuple[Table | Rows, tuple[str, int] | None]:
        """End what was opened last; return it, and the key under which it stands."""
        inner, key, line = self.opened.pop()
        return inner, None if key is None else (key, line)

    def put(self, value: object, line: int) -> None:
        """Put a value where one is waited for; in a table the first of two is the key."""
        if not self.opened:
            self.documents.append(value)
            return
        outer = self.opened[-1][0]
        if isinstance(outer, Rows):
            outer.lines[len(outer)] = line
            outer.append(value)
        elif self.key is None:
            self.key = (str(value or ""), line)
        else:
            if self.key[0] in outer:
                broken(self.file, self.key[1], "the same key again")
            outer.put(*self._keyed(value))
            self.key = None

    def _keyed(self, value: object) -> tuple[str, object, int]:
        key, line = self.key or ("", 0)
        return key, value, line
