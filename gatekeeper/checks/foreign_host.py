"""Does an index send us to a file host that nobody configured?

Remedy: add the host to `[hosts] package` if it belongs to the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("foreign-host", "files.example"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each such host."""
    yield from from_notices(
        say, evidence, Severity.MEDIUM, {"foreign-host": "comes from a host that nobody configured"}
    )
