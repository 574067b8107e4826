"""The tree that npm's lock describes: which entry finds which, and what the project's own packages ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.lockfiles._graph import Roots, settled
from gatekeeper.lockfiles._node import ASKED, NEEDED, first_of
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import DEEPEST, broken
from gatekeeper.model import Notice, Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.lockfiles._values import Table

INSIDE = "node_modules/"
DISAGREES = "the half that old npms read says otherwise than the half that new ones read"


def flat(whole: Table, found: Sequence[Locked]) -> LockFile:
    """Settle the releases of versions 2 and 3, whose table has every path of the tree."""
    packages = whole.table("packages")
    leads = _leads(packages)
    known = {each.key for each in found}
    # Links, the project's own folders and what is bundled serve no release, but lead to some.
    others = [_folder(key, packages) for key in packages if key and key not in known]
    every = [
        replace(
            each,
            place=packages.place(each.key),
            wanted_by=(),
            leads=leads[each.key],
            asked=((own_name(each.key), ""),),
        )
        for each in (*found, *others)
    ]
    done = settled(every, _roots(packages), frozenset({"dev"}))
    count = len(found)
    own = tuple(each for each in done[count:] if not _is_inside(each.key))
    odd = tuple(_disagreeing(whole, done[:count])) if "dependencies" in whole else ()
    return LockFile(whole.file, "npm", LOCK, done[:count], own, problems=odd, rooted="" in packages, linked=True)


def nested(whole: Table, found: Sequence[Locked]) -> LockFile:
    """Settle the releases of version 1, which keeps what a package has for itself inside its entry."""
    walked = list(_walk(whole.table("dependencies")))
    known = dict(walked)
    done = []
    for each, (key, entry) in zip(found, (pair for pair in walked if not pair[1].get("bundled")), strict=True):
        names = (name for name, _ in each.requires)
        leads = tuple(path for name in names for path in _seen_from(key, name, known))
        done.append(replace(each, place=entry.place(), key=key, leads=leads, asked=((own_name(key), ""),)))
    return LockFile(whole.file, "npm", LOCK, tuple(done), linked=True)


def own_name(key: str) -> str:
    """Return the name under which something lies in the tree; its path if that is no place for packages."""
    return f"/{key}".rpartition(f"/{INSIDE}")[2].lstrip("/")


def _folder(key: str, packages: Table) -> Locked:
    entry = packages.table(key)
    where = entry.text("resolved") or key
    named = Release("npm", entry.text("name") or own_name(key), entry.text("version"))
    return Locked(named, packages.place(key), where, key=key, kind="path")


def _leads(packages: Table) -> dict[str, tuple[str, ...]]:
    """Map each path to the paths of what it needs, and each link to where it leads."""
    found: dict[str, tuple[str, ...]] = {}
    for key, entry in packages.each():
        if key.count(INSIDE) > DEEPEST:
            broken(packages.file, packages.place(key).line, "nested too deeply")
        target = entry.text("resolved") if entry.flag("link") else None
        names = dict.fromkeys(name for section in NEEDED for name in entry.table(section))
        found[key] = (target,) if target else tuple(path for name in names for path in _seen_from(key, name, packages))
    return found


def _roots(packages: Table) -> Roots:
    """Return what the project's own packages ask for: the root and its workspaces."""
    found: Roots = {}
    for key, entry in packages.each():
        for section, group in ASKED.items() if not _is_inside(key) else ():
            for name in entry.table(section):
                for path in _seen_from(key, name, packages):
                    found.setdefault(path, set()).add(group)
    return found


def _seen_from(key: str, name: str, known: Mapping[str, object]) -> Iterator[str]:
    """Yield the path at which a package finds another, as Node.js would; nothing if it finds none."""
    return first_of((f"{folder}{INSIDE}{name}" for folder in _folders(key)), known)


def _folders(key: str) -> Iterator[str]:
    """Yield the folders, each with its last slash, in which a package looks for others: its own first."""
    while key:
        yield f"{key}/"
        at = key.rfind(f"/{INSIDE}") if _is_inside(key) else key.rfind("/")
        key = key[: max(at, 0)]
    yield ""


def _is_inside(key: str) -> bool:
    return f"/{INSIDE}" in f"/{key}"


def _walk(tree: Table, outer: str = "") -> Iterator[tuple[str, Table]]:
    """Yield the entries of version 1 with the paths that they have in the tree, in their order."""
    for name, entry in tree.each():
        path = f"{outer}{INSIDE}{name}"
        yield path, entry
        yield from _walk(entry.table("dependencies"), f"{path}/")


def _disagreeing(whole: Table, releases: Sequence[Locked]) -> Iterator[Notice]:
    """Yield what version 2 says differently for the npms that read only its older half."""
    new = {each.key: (each.address, each.integrity) for each in releases}
    for key, entry in _walk(whole.table("dependencies")):
        said = (entry.text("resolved"), entry.text("integrity"))
        if not entry.get("bundled") and any(said) and new.get(key) != said:
            yield Notice("two-answers", f"{own_name(key)}: {DISAGREES}", entry.place())
