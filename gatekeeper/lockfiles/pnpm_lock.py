"""pnpm-lock.yaml, versions 5 to 9.

https://github.com/pnpm/spec/blob/master/lockfile
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.lockfiles import _yaml
from gatekeeper.lockfiles._graph import Roots, settled
from gatekeeper.lockfiles._node import ASKED, LOCAL, NEEDED, filed, first_of, kind_of, split
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import Table, broken, unknown_version
from gatekeeper.model import Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("pnpm-lock.yaml",)
KNOWN = re.compile(r"[5-9](?:\.\d+)?(?:-inlineSpecifiers)?")
PROJECTS = {**ASKED, "configDependencies": "config", "packageManagerDependencies": "config"}
# Version 5 writes /name/1.0.0_peer@2.0.0, version 6 /name@1.0.0(peer@2.0.0), version 9 leaves the slash out.
SLASHED = re.compile(r"(?:[^/@]+)?/(?P<name>(?:@[^/]+/)?[^/@]+)/(?P<version>\d[^/_(]*)(?:[_(].*)?", re.DOTALL)
VERSION = re.compile(r"\d+\.\d+\.\d+[^:/]*")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    locks = [_Lock(whole) for whole in _yaml.read_all(text, file)]
    return LockFile(
        file, "npm", LOCK,
        tuple(each for lock in locks for each in lock.releases()),
        tuple(each for lock in locks for each in lock.projects()),
        rooted=True,
        linked=True,
    )  # fmt: skip


class _Lock:
    """One document of a lock: its packages, what each needs, and the projects that it is for."""

    def __init__(self, whole: Table) -> None:
        if not KNOWN.fullmatch(whole.text("lockfileVersion") or ""):
            unknown_version(whole, "lockfileVersion", "pnpm's lock")
        self.packages = whole.table("packages")
        self.snapshots: dict[str, list[Table]] = {}  # since version 9: a package, once for each set of peers
        for key, entry in whole.table("snapshots").each():
            self.snapshots.setdefault(_bare(key), []).append(entry)
        missing = [key for key in self.snapshots if key not in self.packages]
        if missing:
            broken(whole.file, self.snapshots[missing[0]][0].line, "a snapshot of a package that is not locked")
        self.importers = whole.table("importers") if "importers" in whole else Table(whole.file, 1)
        if "importers" not in whole:
            self.importers.put(".", whole, 1)
        self.roots: Roots = {}
        self.aliases: dict[str, dict[str, None]] = {}
        self._ask()

    def _ask(self) -> None:
        for _, project in self.importers.each():
            for section, group in PROJECTS.items():
                for name, key in self._found(_versions(project.table(section))):
                    self.roots.setdefault(key, set()).add(group)
                    self.aliases.setdefault(key, {})[name] = None

    def _found(self, pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield names and the keys of the packages that versions or references mean."""
        for name, ref in pairs:
            whole = (ref, f"/{name}/{ref}", f"/{name}@{ref}", f"{name}@{ref}")
            yield from ((name, key) for key in first_of(iter((*whole, *map(_bare, whole))), self.packages))

    def releases(self) -> tuple[Locked, ...]:
        """Return what is locked, settled by what the projects ask for."""
        return settled([self._locked(key) for key in self.packages], self.roots, frozenset({"dev"}))

    def projects(self) -> Iterator[Locked]:
        """Yield the projects that the lock is for."""
        for name in self.importers:
            yield Locked(Release("npm", name), self.importers.place(name), name, key=name, kind="path")

    def _locked(self, key: str) -> Locked:
        entry = self.packages.table(key)
        name, version = _named(key)
        address, kind = _where(entry.table("resolution"), version)
        integrity = entry.table("resolution").text("integrity")
        tables = [each.table(section) for each in (entry, *self.snapshots.get(key, ())) for section in NEEDED[:2]]
        needed = dict.fromkeys(pair for table in tables for pair in table.pairs())
        names = dict.fromkeys((entry.text("name") or name, *self.aliases.get(key, ())))
        return Locked(
            Release("npm", entry.text("name") or name, entry.text("version") or (version if kind == "index" else None)),
            self.packages.place(key),
            address,
            integrity,
            requires=tuple(needed),
            key=key,
            kind=kind,
            files=filed(address, integrity),
            asked=tuple((each, "") for each in names),
            leads=tuple(dict.fromkeys(found for _, found in self._found(iter(needed)))),
            hooks=entry.flag("requiresBuild") or None,
            dev=entry.flag("dev") if "dev" in entry else None,
        )


def _bare(key: str) -> str:
    """Return a key without the peers that the package was put together with."""
    return key.partition("(")[0]


def _versions(table: Table) -> Iterator[tuple[str, str]]:
    """Yield names with their versions, which stand in tables since version 6."""
    for name, said in table.items():
        yield name, (said.text("version") or "") if isinstance(said, Table) else table.text(name) or ""


def _named(key: str) -> tuple[str, str]:
    """Return the name and version that a key spells; what is no release has an address for its version."""
    slashed = SLASHED.fullmatch(key)
    if slashed:
        return slashed["name"], slashed["version"]
    name, rest = split(_bare(key).removeprefix("/"))
    return name, rest


def _where(resolution: Table, version: str) -> tuple[str | None, str]:
    """Return the address of a package, if the lock gives one, and what kind of thing it is."""
    kind, tarball = resolution.text("type"), resolution.text("tarball")
    if kind == "git" or "repo" in resolution:
        return f"git+{resolution.text('repo') or ''}#{resolution.text('commit') or ''}", "vcs"
    if kind == "directory" or "directory" in resolution:
        return f"file:{resolution.text('directory') or ''}", "path"
    if tarball is None:
        served = VERSION.match(version) and kind is None
        return (None, "index") if served else (resolution.text("url") or version, "url")
    if LOCAL.match(tarball):
        return tarball, "path"
    return tarball, "index" if VERSION.fullmatch(version) else kind_of("", tarball)[0].replace("index", "url")
