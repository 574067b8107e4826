"""Marking downloads of packages that are declared: the same tarballs that npm itself would fetch and have judged."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._npm_surfaces import DEPENDENCIES
from gatekeeper.evidence._signatures import address_parts
from gatekeeper.model import Mark, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._npm_manifest import Manifest

# SHA-256 of the host names from which npm and yarn fetch when nobody says otherwise, and of registry.example: this
# project spells no public registry's name.
DEFAULTS = frozenset(
    {
        "751e78d2922d4e32cbaee8975619db8e36a917917c798d906360357b1882733e",
        "0dc11026ac75c015aaa1deafff4a7a54ef6d0cf6b3c7f9b1d2c8f3502929aa9e",
        "70bb4000cd2fab03af01fed086c6bf3c2c970f8b8b8001c311028ec3b80e775a",
    }
)
TARBALL = re.compile(r"^/((?:@[^/]+/)?[^/@]+)/-/[^/]+\.tgz$")
DECLARED = Mark("declared-package", "declared-package", Severity.NOTE, "is a package that is declared as a dependency")


def mark_declared(ledger: Ledger, manifests: Iterable[Manifest]) -> None:
    """Mark every address that is a registry's tarball of a declared dependency."""
    names = {name for manifest in manifests for field in DEPENDENCIES for name in manifest.mapping(field)}
    for key, one in list(ledger.behaviours.items()):
        if one.kind == "network" and is_declared(one.detail, names):
            ledger.behaviours[key] = replace(one, marks=(*one.marks, DECLARED))


def is_declared(address: str, names: set[str]) -> bool:
    """Say whether an address is a default registry's tarball of one of these packages."""
    if not address.startswith("https://"):
        return False
    parts = address_parts(address)
    if parts is None or hashlib.sha256(parts[0].encode()).hexdigest() not in DEFAULTS:
        return False
    match = TARBALL.match(parts[2])
    return match is not None and match.group(1) in names and parts[1] is None
