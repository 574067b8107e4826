"""Is a release on an index of the person's own that cannot be reached from here?

The runs of strangers' pull requests have no passwords, so private indexes are closed to them. Such a release is not
judged here, and nothing is known of it.

Remedy: rule `unreachable-index = "note"` where the same release is judged in a run that has the password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
SENTENCES = {"unreachable-index": "its index cannot be reached from here, so it was not judged"}
hits = (noticed("unreachable-index", "index.example"),)
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such entry."""
    yield from from_notices(say, evidence, Severity.MEDIUM, SENTENCES)
