"""Is there something about an entry of a lock that its project does not explain?

Entries that nothing asks for, other names for a package, folders of the project itself, releases of ecosystems that are
not judged: no fault by themselves, and worth knowing.

Remedy: make the lock anew from the manifest, if the entry should not be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
ODD = {"unexplained-entry": "nothing that the project asks for leads to it"}
TOLD = {
    "unlocked-requirement": "the lock does not hold it",
    "dynamic-dependencies": "what is required is worked out when it is built",
    "alias": "it is installed under another name",
    "local-source": "it lies in the project itself",
    "not-judged": "not judged: releases of this ecosystem are only read for their names",
}
hits = (noticed("unexplained-entry", "a 1.0"), noticed("not-judged", "a 1.0"))
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such entry."""
    yield from from_notices(say, evidence, Severity.LOW, ODD)
    yield from from_notices(say, evidence, Severity.NOTE, TOLD)
