"""Does the index announce other metadata than the file holds?

A client resolves by what the index announces and installs what the file holds: where the two differ, the set that was
looked at is not the set that is installed.

Remedy: choose another version, or ask whoever runs the index to rebuild its metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("metadata-mismatch", "the index announces other requirements than example-1.0.whl holds"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each file whose announced metadata is another's."""
    yield from from_notices(say, evidence, Severity.HIGH, {"metadata-mismatch": "two answers for one file"})
