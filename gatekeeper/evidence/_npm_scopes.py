"""Scope tricks on npm: only a scope's owner may publish in it, so others register what looks like it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.evidence._nearby import Nearby

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST_SCOPE = 5  # letters: shorter scopes are one slip away from honest others


def scope_of(name: str) -> str:
    """Return the scope of an npm name without its @; "" when it has none."""
    return name[1:].partition("/")[0] if name.startswith("@") and "/" in name else ""


@dataclass(frozen=True)
class Scopes:
    """The scopes of popular packages, whose names come with their ranks, the most popular first."""

    ranks: Mapping[str, int]

    @cached_property
    def best(self) -> dict[str, str]:
        """The most popular package of each scope."""
        found: dict[str, str] = {}
        for name in self.ranks:
            if name[0] == "@":
                found.setdefault(scope_of(name), name)
        return found

    @cached_property
    def nearby(self) -> Nearby:
        """The scopes, to be found by a slip."""
        return Nearby(tuple(self.best))

    def tricks(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield popular names in scopes that a name could be mistaken for, and how."""
        scope = scope_of(name)
        if not scope:
            for target in unflattened(name):
                if target in self.ranks:
                    yield target, "types without their scope" if target.startswith("@types/") else "scope flattened"
        elif scope not in self.best:
            for other, kind in self.nearby.one_slip_from(scope):
                same = f"@{other}/{name.partition('/')[2]}"
                if same in self.ranks:
                    yield same, f"scope: {kind}"
                elif len(other) >= SHORTEST_SCOPE:
                    yield self.best[other], f"like a scope: {kind}"


def unflattened(name: str) -> Iterator[str]:
    """Yield the scoped names that a name without a scope could stand for: `types-node`, `types.node`, `@types-node`."""
    bare = name.removeprefix("@")
    yield from (f"@{bare[: at.start()]}/{bare[at.end() :]}" for at in re.finditer(r"[-_.]", bare))
