"""Which version will npm choose? A guess, made to fetch ahead: what npm really wants is what it asks for. Pure.

After node-semver (https://github.com/npm/node-semver#ranges) as far as most ranges go; the rest is guessed as `latest`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Version = tuple[int, int, int, int]  # the last number is 0 for a pre-release, 1 for a release

LONGEST = 200  # characters of a range that anybody writes
FULL = re.compile(r"(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
PART = re.compile(
    r"(\^|~>?|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[0-9A-Za-z.-]+)?(?:\+\S+)?"
)
HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")


@lru_cache(maxsize=1 << 16)
def parsed(version: str) -> Version | None:
    """Read a version; None when it is none."""
    match = FULL.fullmatch(version)
    if match is None:
        return None
    return int(match[1]), int(match[2]), int(match[3]), 0 if match[4] else 1


def likely_version(wanted: str, versions: Mapping[str, Any], tags: Mapping[str, Any]) -> str | None:
    """Return the version that npm will most likely choose for a range or tag; None when none fits."""
    latest = str(tags.get("latest", ""))
    plain = wanted.strip()
    if plain in versions:
        return plain
    if plain in tags:
        return str(tags[plain])
    fits = matcher(plain)
    known = parsed(latest)
    if fits is None or (known is not None and fits(known)):
        return latest or None
    fitting = [
        (number, text) for text in versions if (number := parsed(text)) is not None and number[3] and fits(number)
    ]
    return max(fitting)[1] if fitting else None


@lru_cache(maxsize=1 << 14)
def matcher(wanted: str) -> Callable[[Version], bool] | None:
    """Return what tells whether a version lies in a range; None for ranges that are not understood."""
    if len(wanted) > LONGEST:
        return None
    choices = [bounds_of(choice) for choice in wanted.split("||")]
    if any(choice is None for choice in choices):
        return None
    return lambda version: any(all(low <= version < high for low, high in choice or ()) for choice in choices)


def bounds_of(choice: str) -> list[tuple[Version, Version]] | None:
    """Return the half-open intervals that all hold in one choice of a range; None when it is not understood."""
    text = HYPHEN.sub(r">=\1 <=\2", choice.strip())
    text = re.sub(r"(\^|~>?|>=|<=|>|<|=)\s+", r"\1", text)
    found = [_bound(word) for word in text.split()] if text else []
    return None if any(each is None for each in found) else [each for each in found if each is not None]


NUMBERS = 3  # major, minor, patch
LOWEST: Version = (0, 0, 0, 0)
HIGHEST: Version = (1 << 60, 0, 0, 0)


def _bound(word: str) -> tuple[Version, Version] | None:
    match = PART.fullmatch(word)
    if match is None:
        return None
    numbers = [int(each) if each and each.isdigit() else None for each in match.group(2, 3, 4)]
    known = [each for each in numbers[: numbers.index(None) if None in numbers else NUMBERS] if each is not None]
    if not known:
        return LOWEST, HIGHEST
    filled = [*known, 0, 0, 0][:NUMBERS]
    whole = len(known) == NUMBERS
    low: Version = (filled[0], filled[1], filled[2], 1 if whole and not match[5] else 0)
    past: Version = (*low[:3], low[3] + 1) if whole else _raised(filled, len(known))
    sign = match[1] or "="
    intervals: dict[str, tuple[Version, Version]] = {
        "<": (LOWEST, low),
        "<=": (LOWEST, past),
        ">": (past, HIGHEST),
        ">=": (low, HIGHEST),
    }
    return intervals.get(sign) or (low, _raised(filled, _kept(sign, filled, len(known))))


def _kept(sign: str, filled: list[int], known: int) -> int:
    """Return how many of the numbers must stay as they are."""
    if sign == "^":
        first = next((at for at, number in enumerate(filled) if number), known - 1)
        return min(first + 1, known)
    if sign.startswith("~"):
        return min(2, known)
    return known


def _raised(filled: list[int], kept: int) -> Version:
    """Return the first version whose kept numbers are higher."""
    raised = [*filled[: kept - 1], filled[kept - 1] + 1, 0, 0, 0][:3]
    return raised[0], raised[1], raised[2], 0
