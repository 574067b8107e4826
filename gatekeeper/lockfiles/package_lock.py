"""npm's package-lock.json and npm-shrinkwrap.json, versions 1 to 3: what they lock, where each line stands.

https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.lockfiles import _json, _npm_tree
from gatekeeper.lockfiles._node import filed, served_by
from gatekeeper.lockfiles._values import unknown_version
from gatekeeper.model import Place, Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.lockfiles._nouns import LockFile

FILES = ("npm-shrinkwrap.json", "package-lock.json")  # npm reads the first that is there
PATTERNS = FILES
KNOWN = (None, 1, 2, 3)
KEY = re.compile(r'^[ \t]*("(?:[^"\\\n]|\\.)*")[ \t]*:[ \t]*\{', re.MULTILINE)
REQUIRING = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
GROUPS = ("dev", "optional", "devOptional", "peer")
PLATFORM = ("os", "cpu", "libc")
DEEPEST = 200  # of nested entries in version 1


@lru_cache(maxsize=4)  # one run asks about the same text from several sides
def read(text: str, file: str) -> tuple[Locked, ...]:
    """Return every release that a lock names, in its order; raise `UndecidedError` naming the line that is broken."""
    whole = _whole(text, file)
    packages, tree = whole.get("packages"), whole.get("dependencies")
    lines = _lines(text)
    if isinstance(packages, dict):
        return tuple(_settled(packages, file, lines))
    if isinstance(tree, dict):
        return tuple(_old(tree, file, lines))
    return ()


def parse(text: str, file: str) -> LockFile:
    """Return all that a lock says: its releases and who needs them, the folders that it links, and what is odd."""
    whole = _json.read(text, file)
    version, flat = whole.get("lockfileVersion"), "packages" in whole
    if version not in KNOWN or isinstance(version, bool) or (not flat and version not in KNOWN[:2]):
        unknown_version(whole, "lockfileVersion", "npm's lock")
    table = whole.table("packages" if flat else "dependencies")
    found = [
        replace(each, dev="dev" in each.groups, kind=served_by(each.address), files=filed(each.address, each.integrity))
        for each in (_settled(table, file, table.lines) if flat else _old(table, file, table.lines))
    ]
    read_as = _npm_tree.flat(whole, found) if flat else _npm_tree.nested(whole, found)
    return replace(read_as, problems=(*_json.repeated(whole), *read_as.problems))


def _whole(text: str, file: str) -> dict[str, Any]:
    try:
        whole = json.loads(text.removeprefix("\ufeff"))
    except ValueError as problem:
        raise UndecidedError(
            f"{file}:{getattr(problem, 'lineno', 1)}: not a lock file that can be read: {problem}"
        ) from None
    except RecursionError:
        raise UndecidedError(f"{file}: nested too deeply to be a lock file") from None
    if not isinstance(whole, dict):
        raise UndecidedError(f"{file}:1: not a lock file: an object was expected")
    return whole


def _lines(text: str) -> dict[str, int]:
    """Map each key that opens an object to the first line on which it stands."""
    found: dict[str, int] = {}
    line, at = 1, 0
    for match in KEY.finditer(text):
        line += text.count("\n", at, match.start(1))
        at = match.start(1)
        found.setdefault(json.loads(match[1], strict=False), line)
    return found


def name_at(key: str) -> str:
    """Return the name under which a package lies at a path of the tree; "" for a folder outside node_modules."""
    parts = f"/{key}".rpartition("/node_modules/")
    return parts[2] if parts[1] else ""


def _settled(packages: Mapping[str, Any], file: str, lines: Mapping[str, int]) -> Iterator[Locked]:
    """Read the flat table of versions 2 and 3."""
    wanting = _wanting(packages)
    for key, entry in packages.items():
        name = name_at(key)
        if not name or not isinstance(entry, dict) or entry.get("link") or entry.get("inBundle"):
            continue
        real = _text(entry.get("name")) or name
        yield Locked(
            Release("npm", real, _text(entry.get("version"))),
            Place(file, lines.get(key)),
            _text(entry.get("resolved")),
            _text(entry.get("integrity")),
            tuple(wanting.get(name, ())),
            tuple(_required(entry, REQUIRING[:3])),
            key,
            tuple(group for group in GROUPS if entry.get(group) is True),
            tuple((each, _texts(entry[each])) for each in PLATFORM if each in entry),
            tuple(_bins(entry.get("bin"), real)),
            entry.get("hasInstallScript") is True,
        )


def _bins(said: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(said, str):
        yield name.rpartition("/")[2], said
    elif isinstance(said, dict):
        yield from _pairs(said)


def links(text: str, file: str) -> tuple[tuple[str, Place], ...]:
    """Return the folders that a lock of version 2 or 3 makes npm link into the tree, or counts as its own."""
    packages = _whole(text, file).get("packages")
    lines = _lines(text)
    found: dict[str, Place] = {}
    for key, entry in packages.items() if isinstance(packages, dict) else ():
        if not isinstance(entry, dict) or not key:
            continue
        target = _text(entry.get("resolved")) if entry.get("link") else None if name_at(key) else key
        if target:
            found.setdefault(target, Place(file, lines.get(key)))
    return tuple(found.items())


def _wanting(packages: Mapping[str, Any]) -> dict[str, list[str]]:
    """Map each name to the names of the packages that require it; the root requires for itself."""
    found: dict[str, list[str]] = {}
    for key, entry in packages.items():
        by = name_at(key)
        for name, _ in _required(entry, REQUIRING) if by and isinstance(entry, dict) else ():
            known = found.setdefault(name, [])
            if by not in known:
                known.append(by)
    return found


def _old(tree: Mapping[str, Any], file: str, lines: Mapping[str, int], depth: int = 0) -> Iterator[Locked]:
    """Read the nested table of version 1."""
    if depth > DEEPEST:
        raise UndecidedError(f"{file}: nested too deeply to be a lock file")
    for key, entry in tree.items():
        if not isinstance(entry, dict):
            continue
        name, version, address = key, _text(entry.get("version")) or "", _text(entry.get("resolved"))
        if version.startswith("npm:"):
            name, _, version = version[4:].rpartition("@")
        if ":" in version or "/" in version:  # an address or a path stands where a version should
            address, version = version, ""
        if not entry.get("bundled"):
            requires = entry.get("requires")
            yield Locked(
                Release("npm", name, version or None),
                Place(file, lines.get(key)),
                address,
                _text(entry.get("integrity")),
                requires=tuple(_pairs(requires)) if isinstance(requires, dict) else (),
                groups=tuple(group for group in GROUPS if entry.get(group) is True),
            )
        inner = entry.get("dependencies")
        if isinstance(inner, dict):
            yield from _old(inner, file, lines, depth + 1)


def _required(entry: Mapping[str, Any], sections: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for section in sections:
        table = entry.get(section)
        if isinstance(table, dict):
            yield from _pairs(table)


def _pairs(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, spec) for name, spec in table.items() if isinstance(spec, str))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list) else (str(value),)
