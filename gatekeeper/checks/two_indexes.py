"""Do two indexes serve this name?

The release comes from the name's owner; the other index is never asked. This is said so that nobody is surprised.

Remedy: name the owner in `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("two-indexes", "first and second"),)
misses = (noticed("plain-http", "http://index.example/"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for each name that two indexes serve."""
    yield from from_notices(say, evidence, Severity.NOTE, {"two-indexes": "two indexes serve this name"})
