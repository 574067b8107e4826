"""Which popular name could a name be mistaken for? Only slips of the keyboard that honest names seldom are."""

from __future__ import annotations

import re
from functools import lru_cache

from gatekeeper import signatures
from gatekeeper.model import Lookalike

SHORTEST = 5  # letters: among shorter names every slip is some other name
MOST_POPULAR = 5000  # the rank up to which a slip is likelier a trap than a coincidence
FILES = {"pypi": "names/pypi.txt", "npm": "names/npm.txt"}
SEPARATORS = re.compile(r"[-_.]+")


def normalised(ecosystem: str, name: str) -> str:
    """Return the name as its registry compares it (PEP 503 for Python; npm compares letters as they are)."""
    return SEPARATORS.sub("-", name).lower() if ecosystem == "pypi" else name.lower()


@lru_cache(maxsize=4)
def ranks(ecosystem: str) -> dict[str, int]:
    """Return the popular names of an ecosystem and their ranks, from 1."""
    file = FILES.get(ecosystem)
    if file is None:
        return {}
    names = [line for line in signatures.text(file).splitlines() if line and not line.startswith("#")]
    return {name: rank for rank, name in enumerate(names, 1)}


def lookalikes(ecosystem: str, name: str) -> tuple[Lookalike, ...]:
    """Return the popular names that a name could be mistaken for; a popular name is never a look-alike itself."""
    plain = normalised(ecosystem, name)
    popular = ranks(ecosystem)
    if plain in popular:
        return ()
    found: dict[str, Lookalike] = {}
    for candidate, kind in slips(plain):
        rank = popular.get(candidate)
        if rank is not None and rank <= MOST_POPULAR and _long_enough(candidate):
            found.setdefault(candidate, Lookalike(candidate, kind, rank))
    return tuple(sorted(found.values(), key=lambda one: one.rank))


def _long_enough(name: str) -> bool:
    return len(name.rpartition("/")[2].replace("-", "")) >= SHORTEST


def slips(name: str) -> list[tuple[str, str]]:
    """Return every name that one transposition or one doubled or halved letter away makes this one."""
    found = []
    for at in range(len(name) - 1):
        left, right = name[at], name[at + 1]
        if left != right:
            if "/" not in (left, right):
                found.append((name[:at] + right + left + name[at + 2 :], "two letters change places"))
        else:
            found.append((name[:at] + name[at + 1 :], "a letter is doubled"))
    for at, letter in enumerate(name):
        if letter.isalnum() and (at == 0 or name[at - 1] != letter):
            found.append((name[:at] + letter + name[at:], "a doubled letter is single"))
    return found


def closest(ecosystem: str, name: str) -> str | None:
    """Return the popular name that a name is closest to, if any is close: for names that nobody has registered."""
    from difflib import get_close_matches

    plain = normalised(ecosystem, name)
    if plain in ranks(ecosystem):
        return None
    if found := lookalikes(ecosystem, name):
        return found[0].target
    near = [each for each in ranks(ecosystem) if abs(len(each) - len(plain)) <= 2 and each[:1] == plain[:1]]  # noqa: PLR2004 - letters
    return next(iter(get_close_matches(plain, near, 1, 0.8)), None)
