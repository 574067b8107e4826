"""Requirements as Poetry and Pipenv write them: a name, and a version or a table that says more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles._python import VCS, at_address, pinned, release
from gatekeeper.lockfiles._values import Rows, Table
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EXACT = re.compile(r"\d[\w.+!-]*")  # Poetry's way to say that no other version will do
PLACES = ("git", "hg", "svn", "bzr", "url", "file", "path")
PYTHON = "python"


def requirements(table: Table, group: str, dev: bool, indexes: Mapping[str, str]) -> Iterator[Locked]:
    """Read a table of requirements; `indexes` are the addresses behind the names that entries may use."""
    for name, wanted in table.items():
        if canonicalize_name(name) == PYTHON:
            continue
        for each in wanted if isinstance(wanted, Rows) else [wanted]:
            said = each
            if isinstance(each, str):
                said = Table(table.file, table.place(name).line)
                said.put("version", each, said.line)
            if not isinstance(said, Table):
                table.wrong(name, "a version or a table")
            yield _one(name, said, table, (group, dev, indexes))


def _one(name: str, said: Table, table: Table, about: tuple[str, bool, Mapping[str, str]]) -> Locked:
    group, dev, indexes = about
    plain, spec = canonicalize_name(name), said.text("version") or "*"
    locked = Locked(
        release(plain, pinned(spec) or (spec if EXACT.fullmatch(spec) else None)),
        table.place(name),
        groups=(group,) if group else (),
        specifier=spec,
        marker=said.text("markers") or "",
        source=indexes.get(said.text("source") or said.text("index") or ""),
        asked=((plain, ""),),
        direct=True,
        dev=dev,
    )
    for key in PLACES:
        where = said.text(key)
        if where:
            commit = said.text("rev") or said.text("ref") or said.text("tag") or said.text("branch")
            vcs = key in PLACES[:4] and not VCS.match(where)
            return at_address(locked, f"{key + '+' if vcs else ''}{where}{f'@{commit}' if commit else ''}")
    return locked
