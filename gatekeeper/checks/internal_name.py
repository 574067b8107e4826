"""Would a name that belongs inside come from outside?

The policy's `[origins]` says who may serve which names. A name that matches is never asked of anybody else, so nobody
out there hears of it; where none of those who may serve it is configured, it is refused.

Remedy: configure the index that owns the name, or correct the pattern in `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("internal-name", "acme-core: the policy gives it to another index"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each internal name that would come from outside."""
    yield from from_notices(say, evidence, Severity.HIGH, {"internal-name": "an internal name from outside"})
