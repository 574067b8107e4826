"""Does an index send us to a file host that nobody configured?

Where a Python index also says which bytes it means, by their SHA-256, the other host cannot choose them, and this is
only a note. An npm lock may have been written by anybody, so its addresses ask in any case.

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
hits = (noticed("foreign-host", "files.example"), noticed("foreign-host-promised", "files.example"))
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)
SENTENCE = "comes from a host that nobody configured"


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each such host, or a note where the index itself vouches for the bytes."""
    yield from from_notices(say, evidence, Severity.MEDIUM, {"foreign-host": SENTENCE})
    yield from from_notices(say, evidence, Severity.NOTE, {"foreign-host-promised": SENTENCE})
