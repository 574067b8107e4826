"""What `npm exec`, `npx` and `npm init NAME` fetch and then start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gatekeeper.managers._npm_words import before_end
from gatekeeper.wish.npm_specs import read_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def packages_of(verb: str, words: Sequence[str], plain: Sequence[str]) -> list[str]:
    """Return the specs of the packages that are fetched: those of --package, else the first word's."""
    if verb == "init":
        return [initializer(plain[0])] if plain else []
    named = _all(words, "--package")
    return named or list(plain[:1])


def initializer(spec: str) -> str:
    """Return the package that `npm init SPEC` runs (https://docs.npmjs.com/cli/commands/npm-init)."""
    at = spec.find("@", 1)
    name, version = (spec[:at], spec[at:]) if at > 0 else (spec, "")
    if name.startswith("@"):
        scope, slash, rest = name.partition("/")
        return f"{scope}/create{'-' + rest if slash else ''}{version}"
    return spec if "/" in name or ":" in name else f"create-{name}{version}"


def is_here(words: Sequence[str], plain: Sequence[str], folder: Path) -> bool:
    """Say whether npx finds the program among the project's own, and fetches nothing."""
    if not plain or _all(words, "--package") or not plain[0] or os.sep in plain[0]:
        return not plain and not _all(words, "--package")
    return any((above / "node_modules" / ".bin" / plain[0]).exists() for above in (folder, *folder.parents))


def program_of(verb: str, words: Sequence[str], plain: Sequence[str], call: str | None) -> tuple[str, list[str]]:
    """Return the package whose program is to be found out ("" when it is named), and the words to start it with."""
    if call is not None:
        return "", ["/bin/sh", "-c", call]
    rest = list(plain[1:])
    if verb == "exec" and _all(words, "--package"):
        return "", started(plain[0], rest)
    spec = packages_of(verb, words, plain)[0]
    return read_word(spec).name, started("", rest)


def started(program: str, rest: Sequence[str]) -> list[str]:
    """Return the words that start a program by its name on PATH."""
    return ["/bin/sh", "-c", 'exec "$0" "$@"', program, *rest]


def _all(words: Sequence[str], name: str) -> list[str]:
    """Return every value of an option, before a `--`."""
    found = []
    rest = before_end(words)
    for at, word in enumerate(rest):
        option, equals, value = word.partition("=")
        if option == name:
            found += [value] if equals else list(rest[at + 1 : at + 2])
    return found
