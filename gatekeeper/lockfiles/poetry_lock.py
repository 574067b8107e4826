"""poetry.lock, versions 1 and 2.

https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._graph import named
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._python import filed, release
from gatekeeper.lockfiles._values import Rows, Table, broken, uncrowded, unknown_version
from gatekeeper.wish import Locked, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("poetry.lock",)
KINDS = {"legacy": "index", "git": "vcs", "url": "url", "directory": "path", "file": "path"}
MAIN = "main"


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    metadata = whole.table("metadata")
    if (metadata.text("lock-version") or "1.0").partition(".")[0] not in ("1", "2"):
        unknown_version(metadata, "lock-version", "poetry.lock")
    packages = list(whole.tables("package"))
    if not packages and "metadata" not in whole:
        broken(file, 1, "not a poetry.lock: it holds neither packages nor metadata")
    files: dict[str, object] = {canonicalize_name(name): rows for name, rows in metadata.table("files").items()}
    keys = named(_locked(each, {}, {}) for each in packages)
    uncrowded(keys, file)
    sources = [each.table("source") for each in packages if _kind(each) == "index"]
    indexes = {each.text("url"): each for each in reversed(sources)}
    return LockFile(
        file, "pypi", LOCK,
        tuple(_locked(each, keys, files) for each in packages),
        sources=tuple(Source("index", url, table.place("url")) for url, table in reversed(indexes.items()) if url),
        linked=True,
    )  # fmt: skip


def _kind(package: Table) -> str:
    kind = package.table("source").text("type")
    return KINDS.get(kind, "vcs") if kind else "index"


def _locked(package: Table, keys: dict[str, list[str]], old_files: dict[str, object]) -> Locked:
    name, version = canonicalize_name(package.name()), package.text("version")
    source, kind = package.table("source"), _kind(package)
    where = source.text("url")
    commit = source.text("resolved_reference") or source.text("reference") or ""
    needed = tuple((canonicalize_name(each), spec) for each, spec in _needed(package.table("dependencies")))
    groups = tuple(group for group, _ in package.texts("groups")) or tuple(filter(None, [package.text("category")]))
    return Locked(
        release(name, version),
        package.place(),
        None if kind == "index" else f"git+{where}@{commit}" if kind == "vcs" else where,
        requires=needed,
        key=f"{name} {version or ''} {where or ''}",
        groups=tuple(group for group in groups if group != MAIN),
        kind=kind,
        marker=package["markers"] if isinstance(package.get("markers"), str) else "",
        source=where if kind == "index" else None,
        files=tuple(filed(_tables(package, old_files.get(name)))),
        asked=((name, ""),),
        leads=tuple(dict.fromkeys(key for each, _ in needed for key in keys.get(each, ()))),
        dev=MAIN not in groups if groups else None,
    )


def _tables(package: Table, old: object) -> Iterator[Table]:
    """Yield the files of a package, which version 1 keeps at the end."""
    if "files" in package:
        yield from package.tables("files")
    elif isinstance(old, Rows):
        yield from (each for each in old if isinstance(each, Table))


def _needed(dependencies: Table) -> Iterator[tuple[str, str]]:
    for name, wanted in dependencies.items():
        for each in wanted if isinstance(wanted, Rows) else [wanted]:
            if isinstance(each, Table):
                yield name, each.text("version") or ""
            elif isinstance(each, str):
                yield name, each
            else:
                dependencies.wrong(name, "a version or a table")
