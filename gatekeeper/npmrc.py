"""npm's configuration files, read as npm's own reader does: lines to settings, with variables filled in. Pure.

https://docs.npmjs.com/cli/configuring-npm/npmrc, https://github.com/npm/ini
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = re.compile(r"(\\*)\$\{([^${}?]+)(\?)?\}")
# Where a line ends, what a section is and what JavaScript calls space: more or less than Python does, and whoever takes
# a line for a comment that npm follows has not read it.
LINES = re.compile(r"\r\n|\r|\n")
SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
SECTION = re.compile(rf"\[[^\]]*\][{SPACE}]*")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of a file; the value has its variables filled in and may be a secret."""

    key: str
    value: str = field(repr=False)
    line: int
    variables: tuple[str, ...] = ()  # the names of the environment's variables that it takes
    raw_key: str = ""  # before its variables were filled in


def settings_in(text: str, environ: Mapping[str, str]) -> Iterator[Setting]:
    """Yield the settings of a file; sections are none of npm's, and their lines mean nothing to it."""
    section = False
    for number, raw in enumerate(LINES.split(text.removeprefix("\ufeff")), 1):
        line = raw.strip(SPACE)
        if not line or line[0] in ";#":
            continue
        section = section or SECTION.fullmatch(raw) is not None
        if section:
            continue
        key, equals, value = line.partition("=")
        name = _plain(key)
        variables = tuple(found[2] for found in VARIABLE.finditer(line))
        filled_in = filled(_plain(value), environ) if equals else "true"
        yield Setting(filled(name, environ), filled_in, number, variables, name)


def filled(text: str, environ: Mapping[str, str]) -> str:
    """Fill in `${NAME}` as npm does: an unknown variable stays as it is written, `${NAME?}` becomes empty."""

    def value(found: re.Match[str]) -> str:
        slashes, name, maybe = found.groups()
        if len(slashes) % 2:
            return found[0]
        known = environ.get(name)
        return slashes[len(slashes) // 2 :] + (known if known is not None else "" if maybe else f"${{{name}}}")

    return VARIABLE.sub(value, text)


def _plain(text: str) -> str:
    """Take quotes and comments away, as the ini reader of npm does."""
    plain = text.strip(SPACE)
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        inner = plain if plain[0] == '"' else plain[1:-1]
        try:
            said = json.loads(inner)
        except (ValueError, RecursionError):
            return inner
        return said if isinstance(said, str) else json.dumps(said)
    kept, escaped = [], False
    for letter in plain:
        if escaped:
            kept.append(letter if letter in "\\;#" else f"\\{letter}")
            escaped = False
        elif letter in ";#":
            break
        elif letter == "\\":
            escaped = True
        else:
            kept.append(letter)
    return "".join(kept).strip(SPACE) + ("\\" if escaped else "")
