"""package.json: what a project asks npm, yarn, pnpm or bun for.

https://docs.npmjs.com/cli/configuring-npm/package-json
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.lockfiles import _json
from gatekeeper.lockfiles._node import ASKED, kind_of
from gatekeeper.lockfiles._nouns import MANIFEST, LockFile
from gatekeeper.lockfiles._values import Table
from gatekeeper.model import Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.model import Place

PATTERNS = ("package.json",)
# Sections and their groups; everybody who installs the project gets those without one.
SECTIONS = ASKED
FORCED = ("overrides", "resolutions")  # of npm, and of yarn: what stands in for whatever others ask for
LAST = re.compile(r"((?:@[^/@>]+/)?[^/@>*]+)(?:@[^>]*)?$")  # the last package of `a>b`, `a/**/b@1` and `@scope/b`
DEEPEST = 20


def parse(text: str, file: str) -> LockFile:
    """Return what a project asks for; raise `UndecidedError` naming the line that is broken."""
    whole = _json.read(text, file)
    found = [
        replace(each, groups=(group,) if group else (), dev=group == "dev")
        for section, group in SECTIONS.items()
        for each in _asked(whole.table(section))
    ]
    forced = [each for section in FORCED for each in _forced(whole.table(section))]
    forced += _forced(whole.table("pnpm").table("overrides"))
    return LockFile(file, "npm", MANIFEST, (*found, *forced), problems=tuple(_json.repeated(whole)))


def asked(name: str, spec: str, place: Place) -> Locked:
    """Read a name and what stands beside it."""
    kind, read = kind_of(name, spec)
    return Locked(
        Release("npm", read.name or name, read.version if kind == "index" else None),
        place,
        None if kind == "index" else spec,
        kind=kind,
        specifier=spec,
        asked=((name, spec),),
        direct=True,
    )


def _asked(table: Table) -> Iterator[Locked]:
    for name, spec in table.pairs():
        yield asked(name, spec, table.place(name))


def _forced(table: Table, outer: str = "", depth: int = 0) -> Iterator[Locked]:
    """Yield what overrides bring in; a reference to what is asked for anyhow is none."""
    for key, value in table.items():
        last = LAST.search(key)
        name = outer if key == "." or last is None else last[1]
        if isinstance(value, Table) and depth < DEEPEST:
            yield from _forced(value, name, depth + 1)
        elif not isinstance(value, str):
            table.wrong(key, "a version or a table")
        elif value not in ("", "-") and value[0] != "$":
            yield replace(asked(name, value, table.place(key)), groups=("override",), direct=False)
