"""npm's configuration files: their settings with line numbers, and the secrets in them.

https://docs.npmjs.com/cli/configuring-npm/npmrc
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VARIABLE = re.compile(r"(\\*)\$\{([^${}?]+)(\?)?\}")
# What belongs to a registry's address: `//host/path/:_authToken = ...`.
OF_A_REGISTRY = re.compile(r"^(//.+?/?):(_authToken|_auth|username|_password|certfile|keyfile|email|always-auth)$")
SECRET = re.compile(
    r"^//|^_(?:auth|authToken|password)$|^(?:username|email|otp|cert|key|certfile|keyfile)$", re.IGNORECASE
)
SCOPE = re.compile(r"^(@[^/:]+):registry$")
# What the gate decides in the child's place, and the reader of these files on the person's behalf.
OURS = re.compile(
    r"^(?:registry|@[^/:]+:registry|replace-registry-host|(?:https?-)?proxy|noproxy|no-proxy|cache|userconfig|ca|cafile|strict-ssl"
    r"|fetch-.*|prefer-offline|prefer-online|offline)(?:\[\])?$"
)


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
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in ";#":
            continue
        section = section or (line[0] == "[" and line[-1] == "]")
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
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        try:
            return str(json.loads(plain)) if plain[0] == '"' else plain[1:-1]
        except ValueError:
            return plain
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
    return "".join(kept).strip() + ("\\" if escaped else "")


def logins_in(settings: Iterable[Setting]) -> dict[str, dict[str, str]]:
    """Return what the settings say about logging in: `//host/path/` to kind and value."""
    found: dict[str, dict[str, str]] = {}
    for setting in settings:
        if match := OF_A_REGISTRY.match(setting.key):
            found.setdefault(match[1].rstrip("/") + "/", {})[match[2]] = setting.value
    return found


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Return a file's text without the lines that the gate answers for: secrets, registries, ways out, caches."""
    dropped = {
        setting.line for setting in settings_in(text, environ) if SECRET.search(setting.key) or OURS.match(setting.key)
    }
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in dropped)
