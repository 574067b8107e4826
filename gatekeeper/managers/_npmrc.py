"""npm's configuration files: their settings with line numbers, and the secrets in them.

https://docs.npmjs.com/cli/configuring-npm/npmrc
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.npmrc import LINES, settings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatekeeper.npmrc import Setting

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
    return "\n".join(line for number, line in enumerate(LINES.split(text), 1) if number not in dropped)
