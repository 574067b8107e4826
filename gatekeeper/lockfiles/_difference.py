"""What a file names now that it did not name before. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.model import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.lockfiles._nouns import LockFile
    from gatekeeper.wish import Locked


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry that is new or says something else, the one that it takes the place of, and what is odd about that."""

    locked: Locked
    before: Locked | None = None
    notices: tuple[Notice, ...] = ()


def difference(now: LockFile, then: LockFile | None) -> Iterator[Changed]:
    """Yield the entries that are new or changed; an entry that only moved to another line is neither."""
    known: dict[str, list[Locked]] = {}
    for each in then.releases if then else ():
        known.setdefault(each.release.name, []).append(each)
    for each in now.releases:
        before = known.get(each.release.name, [])
        if any(_says(each) == _says(other) for other in before):
            continue
        same = next((other for other in before if other.release == each.release), None)
        notices = tuple(_swapped(each, same)) if same and each.release.version else ()
        if same and not notices and _origin(each) == _origin(same) and each.specifier == same.specifier:
            added = _added(each, same)
            if not added:
                continue  # fewer files of the same release, or digests of another kind
            each = added  # noqa: PLW2901 - somebody may have put another file beside the honest ones: that one is judged
        yield Changed(each, same or _likeliest(each, before), notices)


def _says(each: Locked) -> tuple[object, ...]:
    return (each.release, each.specifier, _origin(each), frozenset(_digests(each)))


def _origin(each: Locked) -> tuple[object, ...]:
    return (each.kind, each.address, each.source)


def _digests(each: Locked) -> Iterator[str]:
    yield from (each.integrity or "").split()
    for file in each.files:
        yield from file.digests


def _swapped(now: Locked, then: Locked) -> Iterator[Notice]:
    """Yield a notice when the same version has other bytes: no digest of an algorithm that both use is in common."""
    ours, theirs = _by_algorithm(now), _by_algorithm(then)
    common = ours.keys() & theirs.keys()
    if common and all(ours[name].isdisjoint(theirs[name]) for name in common):
        yield Notice("changed-digest", f"{now.release}: none of its digests is what it was before", now.place)


def _added(now: Locked, then: Locked) -> Locked | None:
    """Return the entry with only those of its files that have a digest which the same kind of digest did not hold."""
    known, kinds = set(_digests(then)), _by_algorithm(then).keys()
    fresh = [
        file
        for file in now.files
        if any(digest not in known and digest.partition(":")[0] in kinds for digest in file.digests)
    ]
    return replace(now, files=tuple(fresh)) if fresh else None


def _by_algorithm(each: Locked) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for digest in _digests(each):
        name, mark, value = digest.partition("-" if "-" in digest.partition(":")[0] else ":")
        if mark:
            found.setdefault(name, set()).add(value)
    return found


def _likeliest(each: Locked, before: Iterable[Locked]) -> Locked | None:
    """Return the entry that this one replaced: the one of the same place in the tree, else the only one."""
    before = [other for other in before if other.release.version]
    same_key = [other for other in before if other.key == each.key]
    return next(iter(same_key or (before if len(before) == 1 else [])), None)
