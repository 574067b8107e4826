"""NuGet's packages.lock.json: names, versions and digests, which are not judged yet.

https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.lockfiles import _json
from gatekeeper.lockfiles._digests import from_base64
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import unknown_version
from gatekeeper.model import Release
from gatekeeper.wish import Filed, Locked

if TYPE_CHECKING:
    from gatekeeper.lockfiles._values import Table

PATTERNS = ("packages.lock.json", "packages.*.lock.json")
ECOSYSTEM = "nuget"
KNOWN = (1, 2)
OWN = "project"


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _json.read(text, file)
    version = whole.get("version")
    if version not in KNOWN or isinstance(version, bool):
        unknown_version(whole, "version", "packages.lock.json")
    every = [
        _locked(name, entry, framework, table)
        for framework, table in whole.table("dependencies").each()
        for name, entry in table.each()
    ]
    return LockFile(
        file, ECOSYSTEM, LOCK,
        tuple(each for each in every if each.kind == "index"),
        tuple(each for each in every if each.kind != "index"),
        problems=tuple(_json.repeated(whole)),
        rooted=True,
        linked=True,
    )  # fmt: skip


def _locked(name: str, entry: Table, framework: str, table: Table) -> Locked:
    digest = from_base64("sha512", entry.text("contentHash") or "")
    kind = (entry.text("type") or "").lower()
    needed = tuple(entry.table("dependencies").pairs())
    known = {each.lower(): each for each in table}
    return Locked(
        Release(ECOSYSTEM, name, entry.text("resolved")),
        entry.place(),
        requires=needed,
        key=f"{framework} {name}",
        kind="path" if kind == OWN else "index",
        specifier=entry.text("requested") or "",
        files=(Filed(digests=(digest,)),) if digest else (),
        asked=((name, ""),),
        leads=tuple(f"{framework} {known[each.lower()]}" for each, _ in needed if each.lower() in known),
        direct=kind == "direct",
    )
