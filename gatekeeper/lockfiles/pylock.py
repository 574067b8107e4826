"""pylock.toml, version 1: the lock file that every Python tool may write.

https://packaging.python.org/specifications/pylock-toml
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._digests import from_hex
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._python import file_name, release
from gatekeeper.lockfiles._values import uncrowded, unknown_version
from gatekeeper.wish import Filed, Locked, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.lockfiles._values import Table

PATTERNS = ("pylock.toml", "pylock.*.toml")
SOURCES = ("vcs", "directory", "archive")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    if not (whole.text("lock-version") or "").startswith("1."):
        unknown_version(whole, "lock-version", "pylock.toml")
    packages = list(whole.tables("packages"))
    keys: dict[str, list[str]] = {}
    for each in packages:
        keys.setdefault(canonicalize_name(each.name()), []).append(_key(each))
    uncrowded(keys, file)
    linked = any("dependencies" in each for each in packages)
    locked = tuple(_locked(each, keys) for each in packages)
    indexes = {each.source: each.place for each in reversed(locked) if each.source}
    return LockFile(
        file, "pypi", LOCK, locked,
        sources=tuple(Source("index", location, place) for location, place in reversed(indexes.items())),
        linked=linked,
    )  # fmt: skip


def _key(package: Table) -> str:
    return f"{package.name()} {package.text('version') or ''}"


def _locked(package: Table, keys: dict[str, list[str]]) -> Locked:
    name = canonicalize_name(package.name())
    wanted = [canonicalize_name(each.name()) for each in package.tables("dependencies")]
    locked = Locked(
        release(name, package.text("version")),
        package.place(),
        requires=tuple((each, "") for each in wanted),
        key=_key(package),
        marker=package.text("marker") or "",
        source=package.text("index"),
        files=tuple(_files(package)),
        asked=((name, ""),),
        leads=tuple(key for each in wanted for key in keys.get(each, ())),
    )
    for kind in SOURCES:
        if kind in package:
            table = package.table(kind)
            where = table.text("url") or table.text("path") or table.wrong("", "`url` or `path`")
            if kind == "vcs":
                where = f"{table.text('type') or 'git'}+{where}@{table.text('commit-id') or ''}"
            away = kind == "archive" and "url" in table
            return replace(locked, address=where, kind="vcs" if kind == "vcs" else "url" if away else "path")
    return locked


def _files(package: Table) -> Iterator[Filed]:
    """Yield every file of a package: its archive, or its sdist and wheels."""
    single = [package.table(kind) for kind in ("archive", "sdist") if kind in package]
    for entry in [*single, *package.tables("wheels")]:
        hashes = entry.table("hashes")
        address = entry.text("url")
        name = entry.text("name") or file_name(address or entry.text("path") or "")
        yield Filed(name, address, tuple(d for kind, text in hashes.pairs() if (d := from_hex(kind, text))))
