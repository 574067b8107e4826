"""bun.lock, versions 0 to 2: JSON with comments and trailing commas.

https://bun.sh/docs/install/lockfile
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.lockfiles import _json
from gatekeeper.lockfiles._graph import Roots, settled
from gatekeeper.lockfiles._node import ASKED, NEEDED, filed, first_of, kind_of, split
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import DEEPEST, Table, broken, unknown_version
from gatekeeper.model import Release
from gatekeeper.wish import Locked
from gatekeeper.wish.npm_specs import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARY = "bun.lockb"
PATTERNS = ("bun.lock", BINARY)
KNOWN = (0, 1, 2)
OWN = ("workspace:", "root:")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    if file.endswith(BINARY):
        broken(file, None, "a binary lock, which only bun reads", "write it as text: bun install --save-text-lockfile")
    whole = _json.read_with_comments(text, file)
    version = whole.get("lockfileVersion")
    if version not in KNOWN or isinstance(version, bool):
        unknown_version(whole, "lockfileVersion", "bun.lock")
    packages, workspaces = whole.table("packages"), whole.table("workspaces")
    every = [_locked(key, packages) for key in packages]
    own = {each.key for each in every if (each.address or "").startswith(OWN)}
    done = settled(every, _roots(workspaces, packages), frozenset({"dev"}))
    return LockFile(
        file, "npm", LOCK,
        tuple(each for each in done if each.key not in own),
        tuple(each for each in done if each.key in own),
        problems=tuple(_json.repeated(whole)),
        rooted=True,
        linked=True,
    )  # fmt: skip


def _locked(key: str, packages: Table) -> Locked:
    if key.count("/") > DEEPEST * 2:
        broken(packages.file, packages.place(key).line, "nested too deeply")
    row = packages.rows(key)
    texts = [each for each in row if isinstance(each, str)]
    table = next((each for each in row if isinstance(each, Table)), Table(packages.file, packages.place(key).line))
    if not row or not isinstance(row[0], str):
        packages.wrong(key, "a list that begins with a name and a version")
    name, where = split(row[0])
    released = bool(VERSION.fullmatch(where))
    registry = row[1] if released and len(row) > 1 and isinstance(row[1], str) else None
    needed = dict.fromkeys(pair for section in NEEDED for pair in table.table(section).pairs())
    integrity = texts[-1] if "-" in texts[-1] and texts[-1] not in (row[0], registry) else None
    return Locked(
        Release("npm", name, where if released else None),
        packages.place(key),
        (registry or None) if released else where,
        integrity,
        requires=tuple(needed),
        key=key,
        kind="index" if released else kind_of(name, where)[0].replace("index", "url"),
        source=registry or None,
        files=filed(None if released else where, integrity),
        asked=((key[len(_outer(key)) :].lstrip("/"), ""),),
        leads=tuple(dict.fromkeys(found for each, _ in needed for found in _seen_from(key, each, packages))),
    )


def _roots(workspaces: Table, packages: Table) -> Roots:
    """Return what the workspaces ask for, each from its own place in the tree."""
    found: Roots = {}
    for path, said in workspaces.each():
        key = said.text("name") or "" if path else ""
        for section, group in ASKED.items():
            for name in said.table(section):
                for each in _seen_from(key, name, packages):
                    found.setdefault(each, set()).add(group)
    return found


def _seen_from(key: str, name: str, packages: Table) -> Iterator[str]:
    """Yield the key of what a package finds under a name: its own, then its parents'."""
    return first_of((f"{folder}/{name}".lstrip("/") for folder in _folders(key)), packages)


def _folders(key: str) -> Iterator[str]:
    while key:
        yield key
        key = _outer(key)
    yield ""


def _outer(key: str) -> str:
    """Return the key of the package inside which another lies; "" for none. Names with a scope have two parts."""
    parts = key.split("/")
    return "/".join(parts[: -2 if parts[-2:-1] and parts[-2].startswith("@") else -1])
