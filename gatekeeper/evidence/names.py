"""Which popular name could a name be mistaken for, and in which way? How much that weighs is the checks' business."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.evidence._confusable import skeleton
from gatekeeper.evidence._nearby import Nearby
from gatekeeper.evidence._npm_scopes import Scopes, scope_of
from gatekeeper.evidence._slips import distance
from gatekeeper.evidence._variants import variants
from gatekeeper.model import Lookalike

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 4  # letters: among shorter names every slip is some other name
LONGEST = 214  # letters: what npm allows; a longer name is nobody's slip
VARIED = 5000  # the rank up to which a name is repeated with an affix rather than by coincidence
MOST_FAMOUS = 300  # the rank up to which two slips at once are likelier a trap than a coincidence
LONG_ENOUGH = 8  # letters, for two slips
TWO = 2  # slips
SHORT_WORD = 5  # letters
BY_FINGERS = frozenset({"doubled letter", "halved letter", "transposition"})  # seldom on purpose, even there
FILES = {"pypi": "names/pypi.txt", "npm": "names/npm.txt"}
SEPARATORS = re.compile(r"[-_.]+")
NOT_LETTERS = re.compile(r"[-_.@/]")
NOT_MEANT = frozenset({"affix", "number", "plural", "word order"})  # a name of its own, as likely as not


def normalised(ecosystem: str, name: str) -> str:
    """Return the name as its registry compares it (PEP 503 for Python; npm compares letters as they are)."""
    return SEPARATORS.sub("-", name).lower() if ecosystem == "pypi" else name.lower()


def names_file(ecosystem: str) -> str:
    """Return the text of an ecosystem's list of popular names, the most popular first; "" where there is none."""
    return signatures.names_text(ecosystem) if ecosystem in FILES else ""


@dataclass(frozen=True)
class Popular:
    """The popular names of one ecosystem, found by rank, by slip and by scope."""

    names: tuple[str, ...]

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The rank of each name, from 1."""
        return dict(zip(self.names, range(1, len(self.names) + 1), strict=True))

    @cached_property
    def nearby(self) -> Nearby:
        """The names, to be found by a slip."""
        return Nearby(self.names)

    @cached_property
    def famous(self) -> dict[str, list[str]]:
        """The most popular long names without a scope, by their first letter."""
        found: dict[str, list[str]] = {}
        for name in self.names[:MOST_FAMOUS]:
            if letters(name) >= LONG_ENOUGH and not scope_of(name):
                found.setdefault(name[0], []).append(name)
        return found

    @cached_property
    def scopes(self) -> Scopes:
        """The npm scopes of the names."""
        return Scopes(self.ranks)

    def two_slips_from(self, name: str) -> Iterator[str]:
        """Yield the famous names that two slips make this one; nobody mistakes the first letter as well."""
        for each in self.famous.get(name[0], ()):
            if abs(len(each) - len(name)) <= TWO and distance(name, each) == TWO:
                yield each


@lru_cache(maxsize=4)
def popular_names(ecosystem: str) -> Popular:
    """Return the popular names of an ecosystem."""
    lines = names_file(ecosystem).lower().splitlines()
    return Popular(tuple([line for line in lines if line and line[0] != "#"]))


def ranks(ecosystem: str) -> dict[str, int]:
    """Return the popular names of an ecosystem and their ranks, from 1."""
    return popular_names(ecosystem).ranks


def lookalikes(ecosystem: str, name: str) -> tuple[Lookalike, ...]:
    """Return the popular names that a name could be mistaken for, the most popular first; none for a popular name."""
    popular = popular_names(ecosystem)
    plain = normalised(ecosystem, skeleton(name))
    if not name.isascii():
        near = (plain,) if plain in popular.ranks else tuple(one.target for one in _alike(ecosystem, plain, popular))
        return tuple(Lookalike(each, "letters of another script", popular.ranks[each]) for each in near)
    return () if plain in popular.ranks else _alike(ecosystem, plain, popular)


def _alike(ecosystem: str, plain: str, popular: Popular) -> tuple[Lookalike, ...]:
    if not SHORTEST - 1 <= len(plain) <= LONGEST:
        return ()
    found: dict[str, Lookalike] = {}
    tricks = popular.scopes.tricks(plain) if ecosystem == "npm" else ()
    for target, kind in chain(tricks, _slips(plain, popular), _repeated(plain, popular)):
        if letters(target) >= SHORTEST and target != plain:
            found.setdefault(target, Lookalike(target, kind, popular.ranks[target]))
    return tuple(sorted(found.values(), key=lambda one: one.rank))


def letters(name: str) -> int:
    """Return how many letters a name has, those of its package alone when it has a scope."""
    return len(NOT_LETTERS.sub("", name.rpartition("/")[2]))


def _slips(plain: str, popular: Popular) -> Iterator[tuple[str, str]]:
    """Yield the popular names that one or two slips make this one; between scopes, scope tricks say more."""
    scope = scope_of(plain)
    for target, kind in popular.nearby.one_slip_from(plain):
        if not scope_of(target) or not scope:
            yield target, f"{kind} in a short word" if _in_short_word(plain, target, kind) else kind
    if letters(plain) >= LONG_ENOUGH - 2 and not scope:
        yield from ((each, "two slips") for each in popular.two_slips_from(plain))


def _in_short_word(plain: str, target: str, kind: str) -> bool:
    """Say whether a slip lies in one short word of several: whole families of names differ there and nowhere else."""
    words = NOT_LETTERS.split(target)
    pairs = zip(NOT_LETTERS.split(plain), words, strict=False)
    touched = [word for other, word in pairs if other != word]
    several = 2 if kind in BY_FINGERS else 1
    return len(words) > several and len(touched) == 1 and len(touched[0]) < SHORT_WORD


def _repeated(plain: str, popular: Popular) -> Iterator[tuple[str, str]]:
    """Yield the popular names that a name repeats in another way, with a slip or without one."""
    if scope_of(plain):
        return
    for candidate, kind in dict.fromkeys(variants(plain)):
        rank = popular.ranks.get(candidate)
        if rank is not None and rank <= VARIED:
            yield candidate, kind
        elif rank is None and kind == "affix" and len(candidate) >= SHORTEST:
            yield from (
                (target, f"affix and {slipped}")
                for target, slipped in popular.nearby.one_slip_from(candidate)
                if popular.ranks[target] <= VARIED
            )


def closest(ecosystem: str, name: str) -> str | None:
    """Return the popular name that a name is closest to, if any is close: for names that nobody has registered."""
    popular = popular_names(ecosystem)
    plain = normalised(ecosystem, skeleton(name))
    if plain in popular.ranks:
        return None if name.isascii() else plain
    found = _alike(ecosystem, plain, popular)
    slipped = [one for one in found if one.kind not in NOT_MEANT]
    if slipped or found:
        return (slipped or found)[0].target
    return min(_within_two(plain, popular), key=lambda each: popular.ranks[each], default=None)


def _within_two(plain: str, popular: Popular) -> Iterator[str]:
    """Yield the names two slips away that share a third of this one: two slips leave one third as it is."""
    third = -(-len(plain) // 3)
    if len(plain) < LONG_ENOUGH - 2 or len(plain) > LONGEST:
        return
    parts = plain[:third], plain[third : 2 * third], plain[2 * third :]
    for each in popular.names:
        near = abs(len(each) - len(plain)) <= TWO and any(part in each for part in parts)
        if near and distance(plain, each) == TWO:
            yield each
