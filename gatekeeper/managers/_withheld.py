"""Which variables of the person's environment no fenced client sees: those that say how registries are reached.

What a client starts can read its environment. Inside the fence it reaches no registry, so it has no use for any login.
Everything else is handed down, as bare pip and npm do.
"""

from __future__ import annotations

import re

# Each client's and each publishing tool's own variables, as their documentation spells them.
PATTERN = re.compile(
    r"PIP_.*_URL|PIP_(?:FIND_LINKS|PROXY|CLIENT_CERT)"
    r"|(?:NPM|NODE_AUTH|NPM_AUTH|YARN_NPM_AUTH|BUN_AUTH)_TOKEN|(?:YARN_)?NPM_AUTH_IDENT"
    r"|TWINE_(?:USERNAME|PASSWORD|REPOSITORY_URL)|FLIT_(?:USERNAME|PASSWORD|INDEX_URL)"
    r"|UV_(?:PUBLISH_.+|.*INDEX.*|FIND_LINKS)|HATCH_INDEX_.+|PDM_(?:PUBLISH_.+|PYPI_.+)"
    r"|POETRY_(?:HTTP_BASIC|PYPI_TOKEN|REPOSITORIES)_.+"
    r"|CARGO_REGISTR(?:Y|IES_.+)_TOKEN|GEM_HOST_API_KEY|VSS_NUGET_.+|SSLKEYLOGFILE"
    r"|NPM_CONFIG_(?://.+|_.*|.*:?REGISTRY|(?:HTTPS?_)?PROXY)",
    re.IGNORECASE,
)


def is_withheld_from_all(name: str) -> bool:
    """Say whether no fenced client sees a variable: it may hold a login for a registry, or the keys of TLS."""
    return PATTERN.fullmatch(name) is not None
