"""What is known of an npm run before npm resolves anything: what is asked for, and what the lock settles on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.gate.npm_choosing import parsed

if TYPE_CHECKING:
    from gatekeeper.wish import Named, Wish


@dataclass(frozen=True, slots=True)
class NpmWanted:
    """The names that the person typed or listed; those of them that are resolved now, and for which os and cpu.

    `pinned` are the names and versions that they or their lock ask for.
    """

    names: frozenset[str] = frozenset()
    ahead: tuple[Named, ...] = ()
    platform: tuple[str, ...] = ()
    pinned: frozenset[tuple[str, str]] = frozenset()


def wanted_of(wish: Wish, *, offline: bool) -> NpmWanted:
    """Read what is wanted from a wish; offline, nothing is asked for ahead of npm."""
    exact = {(each.name, each.specifier.strip().lstrip("=v")) for each in wish.named}
    return NpmWanted(
        frozenset(each.name for each in wish.named),
        () if offline else wish.ahead,
        wish.tags,
        wish.settled | {(name, version) for name, version in exact if parsed(version) is not None},
    )
