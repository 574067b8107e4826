"""Does an entry of a lock lack a digest that another file could not have too?

Without one, whoever serves the file may serve another one later.

Remedy: make the lock anew with a current version of the tool, with digests switched on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
SENTENCES = {
    "missing-digest": "the lock has no digest for it",
    "weak-digest": "the lock has only a digest that can be forged for it",
}
hits = (noticed("missing-digest", "a 1.0"),)
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such entry."""
    yield from from_notices(say, evidence, Severity.LOW, SENTENCES)
