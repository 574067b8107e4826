"""One policy file as it stands: its table, whose it is, and the lines on which its keys stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.settings._cooldown import hours_of
from gatekeeper.settings._presets import PRESETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Key = tuple[str, str]  # the section, "" for a key that stands alone, and the key in it
NO_SETTINGS = frozenset({"preset", "lock", "waiver"})  # what speaks of other keys, or is no single value
PATHS = frozenset({("signatures", "extra"), ("audit", "file")})  # relative to the file
NAME = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s=#\[\]\"'.]+)"
DOTTED = rf"{NAME}(?:[ \t]*\.[ \t]*{NAME})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]")
KEY = re.compile(rf"\s*({DOTTED})\s*=")
LONGEST = 1000  # characters of a line in which a key may stand
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)")
PARTS = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([^\s.\"']+)")


class Standing(Enum):
    """Whose file it is, and so how far it is followed."""

    ORGANISATION = "the organisation's: followed"
    PERSON = "your own: followed"
    PROJECT = "the project's: may only tighten"
    CHANGED = "the project's, changed since you trusted it on {since}: may only tighten"
    TRUSTED = "the project's, trusted on {since}: followed, but for [signatures]"
    BASE = "the project's as it was at the base: followed, but for [signatures]"
    NAMED = "named with --policy: followed"

    @property
    def follows(self) -> bool:
        """Whether it is taken at its word, as far as no lock is in the way."""
        return self not in (Standing.PROJECT, Standing.CHANGED)

    @property
    def brings_rules(self) -> bool:
        """Whether it may name files with rules: a project brings none."""
        return self in (Standing.ORGANISATION, Standing.PERSON, Standing.NAMED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a policy file with its value, ready for use; `preset` is the preset that says so, if one does."""

    key: Key
    value: Any
    place: str
    preset: str = ""

    @property
    def origin(self) -> str:
        """Where the value comes from."""
        return f"preset {self.preset} at {self.place}" if self.preset else self.place


def named(key: Key) -> str:
    """Spell a key as messages do: `[rulings] typosquat`, `cooldown`."""
    return f"[{key[0]}] {key[1]}" if key[0] else key[1]


@dataclass(frozen=True, slots=True)
class Source:
    """One file's policy table, with the text it came from so that messages can name lines."""

    path: Path
    text: str
    root: tuple[str, ...]  # the table that is ours: () or ("tool", "gatekeeper")
    table: Mapping[str, Any]
    standing: Standing = Standing.PERSON
    since: str = ""  # the day on which the person trusted it, as it was then

    @property
    def how(self) -> str:
        """How far the file is followed, and why."""
        return self.standing.value.format(since=self.since)

    def section(self, name: str) -> Mapping[str, Any]:
        section = self.table.get(name, {})
        if not isinstance(section, dict):
            raise UsageError(f"{self.at(name)}: `{name}` must be a table, written [{'.'.join((*self.root, name))}]")
        return section

    def paths(self, section: str, key: str) -> list[Path]:
        """Return the paths that a key names, relative to the file."""
        return [(self.path.parent / name).absolute() for name in self.section(section).get(key, ())]

    def entries(self) -> Iterator[Entry]:
        """Yield what the file sets: first what its preset stands for and it does not say itself, then its own keys."""
        own = dict(_flat(self.table))
        preset = self.table.get("preset", "")
        for key, value in _flat(PRESETS[preset] if preset else {}):
            if key not in own:
                yield Entry(key, self._meant(key, value), self.at("preset"), preset)
        for key, value in own.items():
            yield Entry(key, self._meant(key, value), self.at(*filter(None, key)))

    def _meant(self, key: Key, value: Any) -> Any:  # noqa: ANN401 - as TOML has it
        if key == ("", "cooldown"):
            return hours_of(value, "cooldown")
        if key in PATHS:
            names = (value,) if isinstance(value, str) else value
            paths = tuple(str((self.path.parent / name).absolute()) for name in names)
            return paths[0] if isinstance(value, str) else paths
        return tuple(value) if isinstance(value, list) else value

    def where_waiver(self, number: int) -> str:
        """Spell where the waiver with this number (from 0) begins."""
        found = _lines_in(self.text)[1].get((*self.root, "waiver"), ())
        return f"{self.path}:{found[number]}" if number < len(found) else self.at("waiver")

    def at(self, *keys: str) -> str:
        """Spell where a key stands as `file:line`, or the file alone when the line cannot be told."""
        for depth in range(len(keys), 0, -1):
            if line := _lines_in(self.text)[0].get((*self.root, *keys[:depth])):
                return f"{self.path}:{line}"
        return str(self.path)


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[Key, Any]]:
    for name, value in table.items():
        if name in NO_SETTINGS:
            continue
        if isinstance(value, dict):
            yield from (((name, key), inner) for key, inner in value.items())
        else:
            yield ("", name), value


@lru_cache(maxsize=8)
def _lines_in(text: str) -> tuple[dict[tuple[str, ...], int], dict[tuple[str, ...], list[int]]]:
    """Find the 1-based lines of keys and headers of tables, and those of arrays of tables: TOML parsers do not tell."""
    keys: dict[tuple[str, ...], int] = {}
    arrays: dict[tuple[str, ...], list[int]] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):  # TOML knows no other ends of lines
        start = line[:LONGEST]
        if header := HEADER.match(start):
            table = _parts(header[2])
            keys.setdefault(table, number)
            if header[1] == "[[":
                arrays.setdefault(table, []).append(number)
        elif key := KEY.match(start):
            spelt = (*table, *_parts(key[1]))
            for depth in range(1, len(spelt) + 1):
                keys.setdefault(spelt[:depth], number)
    return keys, arrays


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(_unescaped(double) if double else single or bare for double, single, bare in PARTS.findall(dotted))


def _unescaped(text: str) -> str:
    try:
        return ESCAPED.sub(
            lambda found: chr(int(found[1] or found[2], 16)) if found[0][1] in "uU" else found[0][1], text
        )
    except (ValueError, OverflowError):  # no TOML, or no character: its line is not found
        return text
