"""pyproject.toml: what a project requires to run, for its extras and groups, and to be built.

https://packaging.python.org/specifications/pyproject-toml, https://packaging.python.org/specifications/dependency-groups,
https://python-poetry.org/docs/pyproject, https://docs.astral.sh/uv/concepts/projects/dependencies
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._nouns import MANIFEST, Include, LockFile
from gatekeeper.lockfiles._python import at_address, requirement
from gatekeeper.lockfiles._tables import requirements
from gatekeeper.lockfiles._values import Rows, Table
from gatekeeper.model import Notice
from gatekeeper.wish import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.wish import Locked

PATTERNS = ("pyproject.toml",)
BUILD = "build"
REMOTE = ("git", "url", "path", "workspace", "index")


def parse(text: str, file: str) -> LockFile:
    """Return what a project asks for; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    project, tool = whole.table("project"), whole.table("tool")
    uv, poetry = tool.table("uv"), tool.table("poetry")
    indexes = {each.text("name") or "": each.text("url") or "" for each in _index_tables(uv, poetry)}
    asked = [
        *_listed(project, "dependencies", "", dev=False),
        *_by_group(project.table("optional-dependencies"), dev=False),
        *_by_group(whole.table("dependency-groups"), dev=True),
        *_listed(uv, "dev-dependencies", "dev", dev=True),
        *_by_group(tool.table("pdm").table("dev-dependencies"), dev=True),
    ]
    for key in ("constraint", "override"):
        listed = _listed(uv, f"{key}-dependencies", key, dev=False)
        asked += [replace(each, direct=False, dev=None) for each in listed]
    asked = [_redirected(each, uv.table("sources"), indexes) for each in asked]
    return LockFile(
        file, "pypi", MANIFEST,
        (*asked, *_of_poetry(poetry, indexes), *_listed(whole.table("build-system"), "requires", BUILD, dev=True)),
        sources=(*_named_indexes(uv, poetry), *_bare_indexes(uv, tool.table("pdm"))),
        problems=tuple(_unsaid(project)),
        includes=tuple(_included(tool.table("setuptools").table("dynamic"))),
    )  # fmt: skip


def _listed(table: Table, key: str, group: str, *, dev: bool) -> Iterator[Locked]:
    """Read an array of requirements; a table in it includes another group, which is read where it stands."""
    rows = table.rows(key)
    for at, each in enumerate(rows):
        if isinstance(each, Table) and "include-group" in each:
            continue
        if not isinstance(each, str):
            table.wrong(key, "a list of requirements")
        yield replace(requirement(each, rows.place(at), (group,) if group else ()), dev=dev)


def _by_group(table: Table, *, dev: bool) -> Iterator[Locked]:
    for group in table:
        yield from _listed(table, group, group, dev=dev)


def _of_poetry(poetry: Table, indexes: dict[str, str]) -> Iterator[Locked]:
    yield from requirements(poetry.table("dependencies"), "", dev=False, indexes=indexes)
    yield from requirements(poetry.table("dev-dependencies"), "dev", dev=True, indexes=indexes)
    for group, table in poetry.table("group").each():
        yield from requirements(table.table("dependencies"), group, dev=True, indexes=indexes)


def _redirected(wanted: Locked, sources: Table, indexes: dict[str, str]) -> Locked:
    """Say where uv would take a requirement from, if the project tells it."""
    for name, said in sources.items():
        if canonicalize_name(name) != wanted.release.name:
            continue
        for each in said if isinstance(said, Rows) else [said]:
            if not isinstance(each, Table):
                sources.wrong(name, "a table")
            kind = next((key for key in REMOTE if key in each), None)
            if kind == "index":
                return replace(wanted, source=indexes.get(each.text("index") or ""))
            where = "." if kind == "workspace" else each.text(kind) if kind else None
            if where:
                return at_address(wanted, f"git+{where}" if kind == "git" else where)
    return wanted


def _index_tables(uv: Table, poetry: Table) -> Iterator[Table]:
    yield from uv.tables("index")
    yield from poetry.tables("source")


def _named_indexes(uv: Table, poetry: Table) -> Iterator[Source]:
    return (Source("index", url, each.place("url")) for each in _index_tables(uv, poetry) if (url := each.text("url")))


def _bare_indexes(uv: Table, pdm: Table) -> Iterator[Source]:
    """Yield the indexes that have no names."""
    if uv.text("index-url"):
        yield Source("index", uv.text("index-url") or "", uv.place("index-url"))
    for kind, key in (("index", "extra-index-url"), ("find-links", "find-links")):
        yield from (Source(kind, text, place) for text, place in uv.texts(key))
    for each in pdm.tables("source"):
        yield Source(each.text("type") or "index", each.text("url") or "", each.place("url"))


def _unsaid(project: Table) -> Iterator[Notice]:
    for word, place in project.texts("dynamic"):
        if word in ("dependencies", "optional-dependencies"):
            yield Notice("dynamic-dependencies", f"its {word} are known only when it is built", place)


def _included(dynamic: Table) -> Iterator[Include]:
    """Yield the requirement files that setuptools reads into the metadata."""
    optional = dynamic.table("optional-dependencies")
    for group, table in [("", dynamic.table("dependencies")), *optional.each()]:
        named = table.get("file")
        for path, place in table.texts("file") if isinstance(named, Rows) else [(named, table.place("file"))]:
            if isinstance(path, str):
                yield Include(path, place, group=group)
