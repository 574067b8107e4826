"""Reading package.json as npm does: a byte order mark is skipped, and of two keys with one name the last counts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from posixpath import join
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MANIFEST = "package.json"
MOST_MANIFEST = 4 << 20  # bytes


class BrokenManifestError(Exception):
    """A package.json is not what npm can read."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One package.json: where it lies, what it says, and its lines."""

    path: str
    folder: str
    table: dict[str, Any]
    source: str

    def text(self, key: str) -> str | None:
        """Return a value that is a text, or None."""
        value = self.table.get(key)
        return value if isinstance(value, str) else None

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a value that is a table, or an empty one."""
        value = self.table.get(key)
        return value if isinstance(value, dict) else {}

    @property
    def scripts(self) -> dict[str, str]:
        """The scripts that are texts."""
        return {name: line for name, line in self.mapping("scripts").items() if isinstance(line, str) and line.strip()}

    def line_of(self, key: str) -> int:
        """Return the line where a key is written last, counted from 1; 1 when it cannot be found."""
        found = list(re.finditer(rf'"{re.escape(key)}"\s*:', self.source))
        return self.source.count("\n", 0, found[-1].start()) + 1 if found else 1

    @property
    def commands(self) -> dict[str, str]:
        """What is installed as a command: names and files. A name with a scope loses it, as npm drops it."""
        given = self.table.get("bin")
        if isinstance(given, str):
            name = self.text("name") or ""
            return {name.rpartition("/")[2]: given} if name else {}
        if not isinstance(given, dict):
            return {}
        return {
            name.replace("\\", "/").rpartition("/")[2]: path for name, path in given.items() if isinstance(path, str)
        }


def read_manifest(path: str, content: bytes) -> Manifest:
    """Parse a package.json; raise BrokenManifestError when npm could not read it either."""
    if len(content) > MOST_MANIFEST:
        raise BrokenManifestError(f"too large to parse: {len(content):,} bytes")
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        source = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    try:
        table = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise BrokenManifestError("does not parse as JSON") from error
    if not isinstance(table, dict):
        raise BrokenManifestError("is not a table")
    return Manifest(path, path.rpartition("/")[0], table, source)


def manifest_in(folder: str, members: Collection[str], read: Callable[[str], bytes | None]) -> Manifest | None:
    """Return the package.json of a folder, or None when there is none that can be read."""
    path = join(folder, MANIFEST) if folder not in {"", "."} else MANIFEST
    content = read(path) if path in members else None
    if content is None:
        return None
    try:
        return read_manifest(path, content)
    except BrokenManifestError:
        return None
