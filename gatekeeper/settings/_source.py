"""One policy file as it stands on disk: its table, and the lines on which its keys stand."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.settings._cooldown import hours_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """One file's policy table, checked, with the text it came from so that mistakes can name their line."""

    path: Path
    text: str
    root: tuple[str, ...]  # the table that is ours: () or ("tool", "gatekeeper")
    table: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        section = self.table.get(name, {})
        if not isinstance(section, dict):
            raise UsageError(f"{self.at(name)}: `{name}` must be a table, written [{'.'.join((*self.root, name))}]")
        return section

    def paths(self, section: str, key: str) -> list[Path]:
        """Return the paths that a key names, relative to the file."""
        return [(self.path.parent / name).absolute() for name in self.section(section).get(key, ())]

    def hours(self, unless: float) -> float:
        """Return the hours of the cooldown, as far as the file says."""
        said = self.table.get("cooldown")
        return unless if said is None else hours_of(said, "cooldown")

    def where_waiver(self, number: int) -> str:
        """Spell where the waiver with this number (from 0) begins."""
        header = ".".join((*self.root, "waiver"))
        lines = [at for at, line in enumerate(self.text.splitlines(), 1) if line.strip().startswith(f"[[{header}]]")]
        return f"{self.path}:{lines[number]}" if number < len(lines) else str(self.path)

    def at(self, *keys: str) -> str:
        """Spell where a key stands as `file:line`, or the file alone when the line cannot be told."""
        for depth in range(len(keys), 0, -1):
            line = _line_of((*self.root, *keys[:depth]), self.text)
            if line is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def parsed(path: Path, text: str) -> dict[str, Any]:
    """Read TOML; raise UsageError naming the line when it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at line (\d+), column \d+\)", str(error))
        where = f"{path}:{found[1]}" if found else str(path)
        message = str(error).replace(found[0], "") if found else str(error)
        raise UsageError(f"{where}: not valid TOML: {message}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deeply to be a policy") from error


def _line_of(keys: tuple[str, ...], text: str) -> int | None:
    """Find the 1-based line on which a key or the header of a table stands, for messages; TOML parsers do not tell."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?([^\[\]]+)\]", line)
        if header:
            table = _parts(header[1])
            if table == keys:
                return number
        key = re.match(r"\s*([^=#\[\]]+?)\s*=", line)
        if key:
            spelt = (*table, *_parts(key[1]))
            if spelt[: len(keys)] == keys:
                return number
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
