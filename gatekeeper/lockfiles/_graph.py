"""Who needs whom: what the project's own requirements lead to, for whom, and what nothing leads to."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatekeeper.lockfiles._nouns import LockFile
    from gatekeeper.wish import Locked

Roots = dict[str, set[str]]  # the keys of the entries that the project asks for, and for which of its groups
MAIN = ""  # the group of what everybody gets who installs the project


def named(releases: Iterable[Locked]) -> dict[str, list[str]]:
    """Map each name to the keys of its entries."""
    found: dict[str, list[str]] = {}
    for each in releases:
        known = found.setdefault(each.release.name, [])
        if each.key not in known:
            known.append(each.key)
    return found


def settled(releases: Sequence[Locked], roots: Roots, dev: frozenset[str]) -> tuple[Locked, ...]:
    """Say of each entry whether it is direct, reached, for development only, and who needs it; `dev` are groups."""
    leads: dict[str, list[str]] = {}
    for each in releases:
        leads.setdefault(each.key, []).extend(each.leads)
    groups = reach(leads, roots)
    return tuple(_settled(each, groups.get(each.key), roots, dev) for each in attributed(releases))


def attributed(releases: Sequence[Locked]) -> Iterator[Locked]:
    """Say of each entry who needs it, where it does not say so itself."""
    wanting: dict[str, dict[str, None]] = {}
    for each in releases:
        for key in each.leads:
            wanting.setdefault(key, {})[each.asked[0][0] if each.asked else each.release.name] = None
    for each in releases:
        yield each if each.wanted_by else replace(each, wanted_by=tuple(wanting.get(each.key, ())))


def reach(leads: Mapping[str, Iterable[str]], roots: Roots) -> dict[str, set[str]]:
    """Map each key that is reached to the groups that reach it."""
    found: dict[str, set[str]] = {}
    for group in sorted(set().union(*roots.values())):
        waiting = deque(key for key, groups in roots.items() if group in groups)
        while waiting:
            key = waiting.popleft()
            known = found.setdefault(key, set())
            if group not in known:
                known.add(group)
                waiting.extend(leads.get(key, ()))
    return found


def _settled(each: Locked, groups: set[str] | None, roots: Roots, dev: frozenset[str]) -> Locked:
    told = tuple(sorted(group for group in groups or () if group))
    return replace(
        each,
        groups=each.groups or told,
        direct=each.direct or each.key in roots,
        reached=groups is not None,
        dev=each.dev if each.dev is not None else None if groups is None else groups <= dev,
    )


def explained(lock: LockFile, manifests: Sequence[LockFile]) -> LockFile:
    """Fill in by what the manifests say whatever a lock does not say itself of who asks for what."""
    roots, dev = roots_in(lock, manifests)
    if not lock.linked or not roots:
        return lock
    told = settled(lock.releases, roots, dev)
    if lock.rooted:  # only what is for development is missing
        told = tuple(replace(each, dev=new.dev) for each, new in zip(lock.releases, told, strict=True))
    return replace(lock, releases=told, rooted=True)


def roots_in(lock: LockFile, manifests: Sequence[LockFile]) -> tuple[Roots, frozenset[str]]:
    """Return the entries that answer what manifests ask for, and the groups that are for development."""
    answers: dict[tuple[str, str], set[str]] = {}
    for each in lock.releases:
        for name, spec in each.asked:
            answers.setdefault((name, spec), set()).add(each.key)
    roots: Roots = {}
    dev = {"dev"}
    for wanted in asked_in(manifests):
        for name, spec in wanted.asked:
            found = (answers[asked] for asked in ((name, spec), (name, f"npm:{spec}"), (name, "")) if asked in answers)
            for key in next(found, ()):
                roots.setdefault(key, set()).update(wanted.groups or {MAIN})
        if wanted.dev:
            dev.update(wanted.groups)
    return roots, frozenset(dev)


def asked_in(manifests: Iterable[LockFile]) -> Iterator[Locked]:
    """Yield what manifests ask for."""
    return (each for manifest in manifests for each in manifest.releases if each.direct)
