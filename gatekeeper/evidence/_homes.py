"""Telling which addresses lie on the site that a package names as its own home."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._signatures import marks_of_address
from gatekeeper.model import Mark, Severity, When

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._base import Ledger

HOME = re.compile(rb"^(?:Home-page:|Project-URL:[^,\n]*,)\s*(https://\S+)", re.IGNORECASE | re.MULTILINE)
HOST = re.compile(r"https://(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?=[:/?#]|$)", re.IGNORECASE)
OWN = Mark("own-site", "own-site", Severity.NOTE, "lies on the site that the package names as its own")
MOST_METADATA = 1 << 16  # bytes


def mark_homes(ledger: Ledger, read: Callable[[str], bytes | None]) -> None:
    """Mark what an install fetches from the site that the package's metadata names as its home.

    Whoever made the package chose both, so this excuses nothing: it tells a project's own server from a stranger's. A
    site that anybody may use is nobody's own.
    """
    fetching = [key for key, one in ledger.behaviours.items() if one.kind == "network" and one.when is When.INSTALL]
    homes = _homes(read) if fetching else frozenset()
    for key in fetching:
        one = ledger.behaviours[key]
        found = HOST.match(one.detail)
        if found is not None and any(f".{found[1].lower()}".endswith(f".{home}") for home in homes):
            ledger.behaviours[key] = replace(one, marks=(*one.marks, OWN))


def _homes(read: Callable[[str], bytes | None]) -> frozenset[str]:
    content = (read("PKG-INFO") or b"")[:MOST_METADATA].partition(b"\n\n")[0]
    addresses = [found.decode("ascii", "replace") for found in HOME.findall(content.replace(b"\r", b""))]
    hosts = [HOST.match(one) for one in addresses if not marks_of_address(one)]
    return frozenset(one[1].lower() for one in hosts if one is not None)
