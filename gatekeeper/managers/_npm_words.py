"""The words for npm: npx's turned into npm's own, and ours put in among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.managers._npm_options import END, FLAGS, LOOSE_FLAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = re.compile(r"^--(?://|_auth|otp)")
# Harmless, and first: an option of the person's that misses its value takes the next word for it.
SACRIFICE = "--update-notifier=false"
# Given twice, npm takes those of a scope for a list and fails; any may hold a login. npm takes shortened names, too.
SOURCES = re.compile(r"^--(?:@[^/:=]+:registry|reg[a-z]*|prox[a-z]*|https?-p[a-z]*)(?==|$)")
SWITCHES = (
    FLAGS | LOOSE_FLAGS.keys() | {"y", "q", "quiet", "no", "no-install", "h", "v", "d", "dd", "ddd", "s", "silent"}
)
REPLACED = {"p": "--package", "c": "--call", "shell": "--script-shell", "y": "--yes", "q": "--quiet"}


def as_exec(words: Sequence[str]) -> tuple[str, ...]:
    """Turn the words of `npx` into those of `npm exec`: behind the first one that is no option all is the program's."""
    ours: list[str] = []
    rest = list(words)
    while rest and not END.fullmatch(rest[0]) and rest[0].startswith("-"):
        word = rest.pop(0)
        bare, equals, value = word.lstrip("-").partition("=")
        if bare == "no-install":
            ours.append("--no")
            continue
        ours.append(REPLACED.get(bare, word.partition("=")[0]) + equals + value)
        if not equals and bare not in SWITCHES and rest and not rest[0].startswith("-"):
            ours.append(rest.pop(0))
    if rest and END.fullmatch(rest[0]):
        rest.pop(0)
    return ("exec", *ours, *(("--", *rest) if rest else ()))


def with_options(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Put options behind the person's, where they win, but before a `--`."""
    end = len(before_end(words))
    return [*words[:end], *([SACRIFICE] if options else []), *options, *words[end:]]


def before_end(words: Sequence[str]) -> Sequence[str]:
    """Return the words before the one that ends npm's options: two dashes, or more."""
    return words[: next((at for at, word in enumerate(words) if END.fullmatch(word)), len(words))]


def without_secrets(words: Sequence[str], *, sources: bool = True) -> list[str]:
    """Leave out the options that hold a secret, and `sources`, registries and proxies: they are the gate's to use."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if END.fullmatch(word):
            return [*kept, word, *rest]
        if SECRET.match(word) or (sources and SOURCES.match(word)):
            if "=" not in word:
                next(rest, None)
            continue
        kept.append(word)
    return kept


def without_workspaces(words: Sequence[str]) -> list[str]:
    """Leave out the options that choose workspaces, which `npm config` does not take, and all behind a `--`."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if END.fullmatch(word):
            break
        name, equals, _ = word.partition("=")
        if name in ("-w", "--workspace"):
            if not equals:
                next(rest, None)
            continue
        if name not in ("--workspaces", "-ws", "--ws", "--include-workspace-root", "-iwr", "--iwr"):
            kept.append(word)
    return kept


def option(words: Sequence[str], *names: str) -> str | None:
    """Return the last value that is given to an option under one of its names."""
    found = None
    rest = before_end(words)
    for at, word in enumerate(rest):
        name, equals, value = word.partition("=")
        if name in names:
            found = value if equals else rest[at + 1] if at + 1 < len(rest) else found
    return found
