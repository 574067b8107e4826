"""What a project's own files declare about who serves which names: for uv, Poetry and Pipenv. Pure but for reading.

pip reads none of it. A declaration is the project's word that a name belongs to an index, so it may tighten what pip
would do, and where pip does not even use that index, the person should hear of it.

https://docs.astral.sh/uv/concepts/indexes, https://python-poetry.org/docs/repositories,
https://pipenv.pypa.io/en/latest/indexes.html
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gatekeeper.model import Place
from gatekeeper.wish import Declared, Source
from gatekeeper.wish.hosts import same_index

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gatekeeper.wish import Wish

LARGEST = 4 << 20  # bytes of a file that somebody writes by hand
BEARS_ON_US = re.compile(r"\[\s*\[?\s*tool\s*\.\s*[\"']?(?:uv|poetry)\b|^\s*(?:uv|poetry)\.", re.MULTILINE)


@dataclass(slots=True)
class Declarations:
    """What was read: indexes by name, names that belong to one, and what could not be read."""

    indexes: dict[str, str] = field(default_factory=dict)
    unnamed: list[tuple[str, Place]] = field(default_factory=list)  # addresses that no name belongs to by itself
    pins: list[tuple[str, str, Place]] = field(default_factory=list)  # project, index, place
    remarks: list[str] = field(default_factory=list)

    def declared(self) -> tuple[Declared, ...]:
        """Return the names that belong to an index."""
        return tuple(Declared(name, index, self.indexes.get(index, ""), place) for name, index, place in self.pins)


def declarations_in(folder: Path) -> Declarations:
    """Read pyproject.toml, uv.toml and Pipfile of a folder; what cannot be read is a remark, for pip needs none."""
    found = Declarations()
    for name, read in (("pyproject.toml", _pyproject), ("uv.toml", _uv_file), ("Pipfile", _pipfile)):
        path = folder / name
        try:
            text = _text(path)
            if text is not None and (name != "pyproject.toml" or BEARS_ON_US.search(text)):
                read(found, tomllib.loads(text), _Lines(path, text))
        except (OSError, ValueError, RecursionError, AttributeError) as problem:
            line = re.search(r"\(at line (\d+)", str(problem))
            where = f"{name}:{line[1]}" if line else name
            found.remarks.append(f"{where}: what it says about indexes cannot be read, and was not followed")
    return found


def with_declarations(wish: Wish, folder: Path) -> Wish:
    """Add to a wish what the files of a folder declare, and say which of their indexes the client does not use."""
    found = declarations_in(folder)
    used = [*(source.location for source in wish.sources), *wish.defaults]
    unused = dict.fromkeys(
        f"{place} names an index that pip does not use: {Source('index', address, place).shown}"
        for address, place in found.unnamed
        if not any(same_index(address, each) for each in used)
    )
    return replace(wish, declared=found.declared(), remarks=(*wish.remarks, *found.remarks, *unused))


def _text(path: Path) -> str | None:
    if not path.is_file():
        return None
    if path.stat().st_size > LARGEST:
        raise ValueError(path.name)
    return path.read_text("utf-8")


@dataclass(frozen=True, slots=True)
class _Lines:
    path: Path
    text: str

    def place(self, key: str) -> Place:
        """Find the line that begins with a key, or holds a value: TOML parsers do not tell."""
        for number, line in enumerate(self.text.splitlines(), 1):
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return Place(self.path.name, number)
        for number, line in enumerate(self.text.splitlines(), 1):
            if key in line:
                return Place(self.path.name, number)
        return Place(self.path.name)


def _pyproject(found: Declarations, said: dict[str, Any], lines: _Lines) -> None:
    tool = said.get("tool", {})
    _uv_file(found, tool.get("uv", {}), lines)
    _poetry(found, tool.get("poetry", {}), lines)


def _uv_file(found: Declarations, uv: dict[str, Any], lines: _Lines) -> None:
    _name_indexes(found, uv.get("index", ()), lines)
    for key in ("index-url", "extra-index-url"):
        values = uv.get(key, ())
        for value in _texts([values] if isinstance(values, str) else values):
            found.unnamed.append((value, lines.place(key)))
    for name, sources in uv.get("sources", {}).items():
        for source in sources if isinstance(sources, list) else [sources]:
            _pin(found, name, source, "index", lines)


def _poetry(found: Declarations, poetry: dict[str, Any], lines: _Lines) -> None:
    _name_indexes(found, poetry.get("source", ()), lines)
    groups = poetry.get("group", {}).values()
    tables = [poetry.get("dependencies", {}), poetry.get("dev-dependencies", {})]
    for table in [*tables, *(group.get("dependencies", {}) for group in groups)]:
        for name, wanted in table.items():
            for each in wanted if isinstance(wanted, list) else [wanted]:
                _pin(found, name, each, "source", lines)


def _pipfile(found: Declarations, said: dict[str, Any], lines: _Lines) -> None:
    _name_indexes(found, said.get("source", ()), lines)
    for section, table in said.items():
        if section not in ("source", "requires", "scripts", "pipenv") and isinstance(table, dict):
            for name, wanted in table.items():
                _pin(found, name, wanted, "index", lines)


def _name_indexes(found: Declarations, entries: Iterable[Any], lines: _Lines) -> None:
    for entry in entries:
        url, name = entry.get("url"), entry.get("name")
        if isinstance(url, str) and isinstance(name, str):
            found.indexes.setdefault(name, url)
        if isinstance(url, str) and not entry.get("explicit") and entry.get("priority") != "explicit":
            found.unnamed.append((url, lines.place(url)))


def _pin(found: Declarations, name: str, source: object, key: str, lines: _Lines) -> None:
    index = source.get(key) if isinstance(source, dict) else None
    if isinstance(index, str):
        plain = re.sub(r"[-_.]+", "-", name).lower()
        found.pins.append((plain, index, lines.place(name)))


def _texts(values: Iterable[object]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))
