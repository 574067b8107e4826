"""uv.lock, version 1: the whole graph of a workspace, with every file.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._graph import MAIN, Roots, settled
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._python import filed, release
from gatekeeper.lockfiles._values import Table, uncrowded, unknown_version
from gatekeeper.wish import Locked, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("uv.lock",)
KNOWN = (1,)
KINDS = {"registry": "index", "git": "vcs", "url": "url", "path": "path", "directory": "path"}
OWN = ("virtual", "editable")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    if whole.get("version") not in KNOWN:
        unknown_version(whole, "version", "uv.lock")
    packages = list(whole.tables("package"))
    keys: dict[str, list[tuple[str, str]]] = {}
    for each in packages:
        keys.setdefault(each.name(), []).append((each.text("version") or "", _key(each)))
    uncrowded(keys, file)
    members = {name for name, _ in whole.table("manifest").texts("members")}
    own = [each for each in packages if _is_own(each, members)]
    others = [_locked(each, keys) for each in packages if not _is_own(each, members)]
    roots, dev = _roots(own, whole.table("manifest"), keys)
    return LockFile(
        file, "pypi", LOCK,
        settled(others, roots, dev),
        tuple(_locked(each, keys) for each in own),
        tuple(_indexes(packages)),
        rooted=bool(own),
        linked=True,
    )  # fmt: skip


def _key(package: Table) -> str:
    return f"{package.name()} {package.text('version') or ''} {_where(package)[1]}"


def _where(package: Table) -> tuple[str, str]:
    for kind, value in package.table("source").items():
        if kind in (*KINDS, *OWN) and isinstance(value, str):
            return kind, value
    return package.table("source").wrong("", "a source") if package.get("source") else ("", "")


def _is_own(package: Table, members: set[str]) -> bool:
    kind, place = _where(package)
    return kind in OWN and (package.name() in members or (not members and place == "."))


def _locked(package: Table, keys: dict[str, list[tuple[str, str]]]) -> Locked:
    kind, where = _where(package)
    files = [*([package.table("sdist")] if "sdist" in package else []), *package.tables("wheels")]
    leads = [*_leads(package, "dependencies", keys)]
    for section in package.table("optional-dependencies"):
        leads += _leads(package.table("optional-dependencies"), section, keys)
    own_kind = KINDS.get(kind, "path" if kind in OWN else "index")
    return Locked(
        release(package.name(), package.text("version")),
        package.place(),
        None if own_kind == "index" else where,
        requires=tuple((each.name(), each.text("version") or "") for each in package.tables("dependencies")),
        key=_key(package),
        kind=own_kind,
        source=where if own_kind == "index" and where else None,
        files=tuple(filed(files, "filename")),
        asked=((canonicalize_name(package.name()), ""),),
        leads=tuple(dict.fromkeys(leads)),
    )


def _leads(package: Table, section: str, keys: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    """Yield the keys that a list of dependencies means: those of the name, and of the version where it says one."""
    for each in package.tables(section):
        version = each.text("version")
        for known, key in keys.get(each.name(), ()):
            if version in (None, known):
                yield key


def _roots(own: list[Table], manifest: Table, keys: dict[str, list[tuple[str, str]]]) -> tuple[Roots, frozenset[str]]:
    """Return what the workspace's members, and the workspace itself, ask for."""
    roots: Roots = {}
    groups = {"dev"}

    def ask(table: Table, section: str, group: str) -> None:
        for key in _leads(table, section, keys):
            roots.setdefault(key, set()).add(group)

    for package in own:
        ask(package, "dependencies", MAIN)
        for extra in package.table("optional-dependencies"):
            ask(package.table("optional-dependencies"), extra, extra)
        for group in package.table("dev-dependencies"):
            ask(package.table("dev-dependencies"), group, group)
            groups.add(group)
    ask(manifest, "requirements", MAIN)
    for group in manifest.table("dependency-groups"):
        ask(manifest.table("dependency-groups"), group, group)
        groups.add(group)
    return roots, frozenset(groups)


def _indexes(packages: list[Table]) -> Iterator[Source]:
    """Yield each index once, where it is first named."""
    seen = set()
    for package in packages:
        kind, where = _where(package)
        if kind == "registry" and where not in seen:
            seen.add(where)
            yield Source("index", where, package.place("source"))
