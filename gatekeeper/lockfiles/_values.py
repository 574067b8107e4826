"""Tables and rows that know their lines, and are asked for a type: whatever has another one is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from gatekeeper.errors import UndecidedError
from gatekeeper.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sized

HINT = "let the tool that wrote it write it again"
MOST_ALIKE = 500
DEEPEST = 100  # of tables in tables; version 1 of npm's lock nests a few dozen


def broken(file: str, line: int | None, problem: str, hint: str = HINT) -> NoReturn:
    """Raise the error of a file that cannot be read; `problem` must not quote it, for it may hold secrets."""
    raise UndecidedError(f"{Place(file, line)}: {problem}", hint=hint)


def uncrowded(keys: Mapping[str, Sized], file: str) -> None:
    """Raise the error of a file that has one name so often that to ask who means which would take for ever."""
    if any(len(known) > MOST_ALIKE for known in keys.values()):
        broken(file, None, f"more than {MOST_ALIKE} entries have one name")


def unknown_version(table: Table, key: str, what: str) -> NoReturn:
    """Raise the error of a file whose version nobody here knows how to read."""
    broken(table.file, table.place(key).line, f"a version of {what} that is not known", "update gatekeeper")


class Rows(list[Any]):
    """An array, the line of each element, and where it begins."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int | None, values: Iterator[Any] | tuple[Any, ...] = ()) -> None:
        """Begin an array, which has no lines yet."""
        super().__init__(values)
        self.file, self.line = file, line
        self.lines: dict[int, int] = {}

    def place(self, index: int) -> Place:
        """Return where an element stands; where the array begins if that is all that is known."""
        return Place(self.file, self.lines.get(index, self.line))


class Table(dict[str, Any]):
    """An object, the line of each key, and where it begins."""

    __slots__ = ("file", "line", "lines", "repeated")

    def __init__(self, file: str, line: int | None = None) -> None:
        """Begin an empty table."""
        super().__init__()
        self.file, self.line = file, line
        self.lines: dict[str, int] = {}
        self.repeated: list[tuple[str, int]] = []  # keys that were said before, and where again

    def put(self, key: str, value: object, line: int | None) -> None:
        """Say a value; the last one counts, as it does for the tools."""
        if key in self and line is not None:
            self.repeated.append((key, line))
        self[key] = value
        if line is not None:
            self.lines[key] = line

    def place(self, key: str = "") -> Place:
        """Return where a key stands; where the table begins if that is all that is known."""
        return Place(self.file, self.lines.get(key, self.line))

    def wrong(self, key: str, expected: str) -> NoReturn:
        """Raise the error of a value that has the wrong type."""
        broken(self.file, self.place(key).line, f"{expected} was expected here")

    def table(self, key: str) -> Table:
        """Return the table under a key; an empty one if there is none."""
        value = self.get(key)
        if value is None:
            return Table(self.file, self.place(key).line)
        return value if isinstance(value, Table) else self.wrong(key, "a table")

    def rows(self, key: str) -> Rows:
        """Return the array under a key; an empty one if there is none."""
        value = self.get(key)
        if value is None:
            return Rows(self.file, self.place(key).line)
        return value if isinstance(value, Rows) else self.wrong(key, "a list")

    def text(self, key: str) -> str | None:
        """Return the text under a key; None if there is none, or it is empty."""
        value = self.get(key)
        if value is None or value == "":
            return None
        return value if isinstance(value, str) else self.wrong(key, "text")

    def name(self, key: str = "name") -> str:
        """Return a text that must be there."""
        return self.text(key) or self.wrong(key, f"`{key}`")

    def flag(self, key: str) -> bool:
        """Say whether a key is true, which YAML spells as text."""
        return self.get(key) in (True, "true")

    def tables(self, key: str) -> Iterator[Table]:
        """Yield the tables in the array under a key."""
        rows = self.rows(key)
        for index, value in enumerate(rows):
            if not isinstance(value, Table):
                broken(self.file, rows.place(index).line, "a table was expected here")
            yield value

    def texts(self, key: str) -> Iterator[tuple[str, Place]]:
        """Yield the texts in the array under a key, with their places."""
        rows = self.rows(key)
        for index, value in enumerate(rows):
            if not isinstance(value, str):
                broken(self.file, rows.place(index).line, "text was expected here")
            yield value, rows.place(index)

    def each(self) -> Iterator[tuple[str, Table]]:
        """Yield the keys with their tables."""
        return ((key, self.table(key)) for key in self)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the keys with their texts."""
        return ((key, self.text(key) or "") for key in self)
