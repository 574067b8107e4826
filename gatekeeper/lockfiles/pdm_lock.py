"""pdm.lock, versions 3 and 4.

https://pdm-project.org/latest/usage/lockfile
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._graph import named
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._python import filed, release, requirement
from gatekeeper.lockfiles._values import Rows, Table, uncrowded, unknown_version
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("pdm.lock", "pdm.*.lock")
KNOWN = ("3", "4")
DEFAULT = "default"


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    metadata = whole.table("metadata")
    said = metadata.text("lock_version") or ""
    if said.partition(".")[0] not in KNOWN:
        unknown_version(metadata, "lock_version", "pdm.lock")
    packages = list(whole.tables("package"))
    keys = named(_locked(each, {}, Table(file)) for each in packages)
    uncrowded(keys, file)
    locked = tuple(_locked(each, keys, metadata.table("files")) for each in packages)
    return LockFile(file, "pypi", LOCK, locked, linked=True)


def _locked(package: Table, keys: dict[str, list[str]], old_files: Table) -> Locked:
    name, version = canonicalize_name(package.name()), package.text("version")
    needed = [requirement(text, place) for text, place in package.texts("dependencies")]
    groups = tuple(group for group, _ in package.texts("groups"))
    kind, where = _where(package)
    extras = ",".join(extra for extra, _ in package.texts("extras"))
    return Locked(
        release(name, version),
        package.place(),
        where,
        requires=tuple((each.release.name, each.specifier) for each in needed),
        key=f"{name} {version or ''} {where or ''} {extras}",
        groups=tuple(group for group in groups if group != DEFAULT),
        kind=kind,
        marker=package.text("marker") or "",
        files=tuple(filed(_files(package, old_files))),
        asked=((name, ""),),
        leads=tuple(dict.fromkeys(key for each in needed for key in keys.get(each.release.name, ()))),
        dev=_is_dev(groups),
    )


def _is_dev(groups: tuple[str, ...]) -> bool | None:
    """Say whether something is for development only; groups that are not the default may as well be extras."""
    return False if DEFAULT in groups else None


def _where(package: Table) -> tuple[str, str | None]:
    """Return who serves a package, and from where if it is no index."""
    for kind in ("git", "hg", "svn", "bzr"):
        if kind in package:
            return "vcs", f"{kind}+{package.text(kind)}@{package.text('revision') or ''}"
    if "url" in package:
        return "url", package.text("url")
    return ("path", package.text("path")) if "path" in package else ("index", None)


def _files(package: Table, old: Table) -> Iterator[Table]:
    """Yield the files of a package, which version 3 keeps at the end."""
    if "files" in package:
        yield from package.tables("files")
    key = f"{package.name()} {package.text('version') or ''}"
    if isinstance(old.get(key), Rows):
        yield from old.tables(key)
