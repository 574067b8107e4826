"""Could the host be mistaken for the client's own index?

One letter apart from it, letters that look alike, its name at the beginning of some other domain, or a hyphen more.

Remedy: correct the address. If the host is yours, name it in `[hosts] package` or `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1036.005")
hits = (noticed("lookalike-host", "indeks.example: like index.example (one letter apart)"),)
misses = (noticed("foreign-host", "files.example"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such host."""
    yield from from_notices(say, evidence, Severity.HIGH, {"lookalike-host": "a host that passes for another one"})
