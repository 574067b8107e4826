"""Does something come over a connection that anybody on the way can change?

Remedy: use https, or name the index in `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1557", "T1195.001")
hits = (noticed("plain-http", "http://index.example/"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each such connection."""
    yield from from_notices(say, evidence, Severity.MEDIUM, {"plain-http": "comes over plain http"})
