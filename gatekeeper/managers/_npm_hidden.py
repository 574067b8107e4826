"""Settings that `npm config ls` keeps to itself because they hold a login: newer npms leave those lines out.

Without them a scope's names would be asked of the default registry, and a proxy would be passed by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.managers._npm_words import before_end

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatekeeper.npmrc import Setting

SAID = re.compile(r"registry|@[^/:]+:registry|(?:https-)?proxy")
OF_NPM = re.compile(r"npm_config_(.+)", re.IGNORECASE)


def with_hidden(
    config: Mapping[str, Any], settings: Iterable[Setting], environ: Mapping[str, str], words: Sequence[str]
) -> dict[str, Any]:
    """Return npm's settings with those that it hides; `settings` are the lines of its files, the strongest last.

    Raises UsageError when the registry stands nowhere that we know of.
    """
    found = {setting.key: setting.value for setting in settings}
    found.update(_in_environment(environ))
    found.update(_typed(words))
    whole = {key: value for key, value in found.items() if SAID.fullmatch(key) and key not in config} | dict(config)
    if "registry" not in whole:
        raise UsageError(
            "npm does not tell its registry's address, because it holds a login",
            hint="write the address without the login into an .npmrc, and the login as `//host/:_auth=...` beside it",
        )
    return whole


def _in_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if value and (match := OF_NPM.fullmatch(name)):  # npm passes empty ones by
            key = match[1]
            yield key if key.startswith("@") else key.lower().replace("_", "-"), value


def _typed(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    ours = before_end(words)
    for word, following in zip(ours, [*ours[1:], ""], strict=True):
        if word.startswith("--"):
            key, equals, value = word[2:].partition("=")
            yield key, value if equals else following
