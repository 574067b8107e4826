"""Secrets that stand in a project's files, where everybody who gets the project reads them. Places only, no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.model import Place
from gatekeeper.npmrc import settings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LOGIN = re.compile(r"https?://([^/\s\"'@]+)@", re.IGNORECASE)
OF_PIP = re.compile(r"\$\{([A-Z0-9_]+)\}")
FILLED_IN = re.compile(r"\$\{?\w+\}?")
OF_A_LOGIN = re.compile(r":_(?:authToken|auth|password)$|^_(?:authToken|auth|password)$")
SHORTEST_TOKEN = 16  # letters: a login without a password may be a token, but not as short as a name
LARGEST = 64 << 20  # bytes


def secrets_in(paths: Iterable[Path], folder: Path) -> Iterator[Place]:
    """Yield the lines of some files that hold an address with a login written out, each login's first."""
    for path in dict.fromkeys(paths):
        seen: set[str] = set()  # a lock repeats one on every other line
        text = text_of(path)
        for number, line in enumerate(text.splitlines() if any(map(_is_secret, LOGIN.findall(text))) else (), 1):
            if "@" in line and not line.lstrip().startswith(("#", ";")):
                logins = set(filter(_is_secret, LOGIN.findall(line))) - seen
                seen |= logins
                if logins:
                    yield Place(_shown(path, folder), number)


def login_variables(paths: Iterable[Path]) -> set[str]:
    """Return the names of the environment's variables that logins in some requirement files are made of."""
    logins = (login for path in paths for login in LOGIN.findall(text_of(path)))
    return {name for login in logins for name in OF_PIP.findall(login)}


def npmrc_secrets(path: Path, folder: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """Yield each line of a project's .npmrc that holds a token or password instead of a variable's name."""
    for setting in settings_in(text_of(path), environ):
        if OF_A_LOGIN.search(setting.key) and setting.value and not setting.variables:
            yield Place(_shown(path, folder), setting.line)


def _is_secret(login: str) -> bool:
    """Say whether a login holds more than names of variables, or the name of a user."""
    name, _, password = login.partition(":")
    return bool(FILLED_IN.sub("", password)) if password else len(FILLED_IN.sub("", name)) >= SHORTEST_TOKEN


def text_of(path: Path) -> str:
    """Return what a file of the project holds; nothing where it cannot be read, since the client will say so."""
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size <= LARGEST else ""
    except OSError:
        return ""


def _shown(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
