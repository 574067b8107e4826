"""Does a workflow change in the same breath as dependencies do?

Each is looked at for itself. Together they are how a worm moves in: a release that steals, and a workflow that lets it.
Bots that keep actions and packages up to date do both too, so this is only said.

Remedy: look at both, or ask for two changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("rides-along", ".github/workflows/build.yml"),)
misses = (noticed("unpinned-action", "owner/action@v1"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for each such file."""
    yield from from_notices(say, evidence, Severity.NOTE, {"rides-along": "changed together with dependencies"})
