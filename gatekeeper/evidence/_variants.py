"""Which other names does a name say in another way? With a version, an affix, other separators or another order."""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = re.compile(r"(.*[^-_.v\d])(?:(?P<apart>[-_.])v?|v?)\d{1,3}")
BEFORE = ("py", "python", "python3", "node", "lib", "real", "new", "easy", "simple", "fast", "async", "django", "flask")
BEHIND = (
    "py",
    "python",
    "python3",
    "js",
    "node",
    "ts",
    "lib",
    "libs",
    "dev",
    "test",
    "tests",
    "util",
    "utils",
    "tool",
    "tools",
    "sdk",
    "api",
    "cli",
    "client",
    "core",
    "helper",
    "helpers",
    "pro",
    "plus",
    "lite",
    "beta",
    "alpha",
    "next",
    "new",
    "latest",
    "fix",
    "fixed",
    "official",
    "module",
    "package",
    "pkg",
    "async",
    "wrapper",
    "stable",
    "patch",
    "install",
)
JOINTS = ("-", "_", ".", "")
MOST_WORDS = 4
LOOK = str.maketrans("01345", "oleas")  # what digits are taken for at a glance
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))  # two letters that look like one


def variants(name: str) -> Iterator[tuple[str, str]]:
    """Yield names that a name repeats in another way, and how."""
    yield from ((each, "homoglyph") for each in lookalike_spellings(name))
    if found := VERSION.fullmatch(name):
        yield found[1], "version behind it" if found["apart"] else "number behind it"
    for bare in without_affix(name):
        yield bare, "affix"
    words = re.split(r"[-_.]", name)
    if 1 < len(words) <= MOST_WORDS and name[:1] != "@":
        yield from (("-".join(order), "word order") for order in permutations(words) if list(order) != words)
    yield from ((each, "separator") for each in other_separators(name))


def lookalike_spellings(name: str) -> Iterator[str]:
    """Yield what a name reads like at a glance: digits for letters, two letters for one, and the other way round."""
    yield name.translate(LOOK)
    for two, one in PAIRS:
        yield name.replace(two, one)
        yield name.replace(one, two)


def without_affix(name: str) -> Iterator[str]:
    """Yield what is left of a name without one customary word before or behind it."""
    for word in BEFORE:
        if name.startswith(word):
            rest = name[len(word) :]
            yield rest[1:] if rest[:1] in ("-", "_", ".") else rest
    for word in BEHIND:
        if name.endswith(word):
            rest = name[: -len(word)]
            yield rest[:-1] if rest[-1:] in ("-", "_", ".") else rest


def other_separators(name: str) -> Iterator[str]:
    """Yield a name with other separators, without any, and with one where there was none."""
    words = re.split(r"[-_.]", name)
    if len(words) > 1:
        yield from (joint.join(words) for joint in JOINTS)
        return
    for at in range(2, len(name) - 1):
        yield from (name[:at] + joint + name[at:] for joint in JOINTS[:3])
