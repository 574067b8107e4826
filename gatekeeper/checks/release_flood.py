"""Were many versions published within minutes of a young release?

Worms and attackers who try what passes publish one version after the other; so do tired people, so it is a note.

Remedy: take a version from before, or wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import about, earlier
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (about(0.5, before=[earlier(f"1.{one}.0", 0.5 + one / 2000) for one in range(1, 6)]),)
misses = (
    about(0.5, before=[earlier(f"1.{one}.0", one) for one in range(1, 6)]),
    about(100, before=[earlier(f"1.{one}.0", 100 + one / 2000) for one in range(1, 6)]),
)
say = Says(__name__, ATTACK)
MINUTES, MANY = 15, 4


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a remark."""
    past = evidence.history
    if past is None or past.release.published is None or not past.is_news:
        return
    own = past.release.published
    near = [one for one in past.others if one.published and abs((one.published - own).total_seconds()) < MINUTES * 60]
    if len(near) >= MANY:
        message = f"{len(near)} other versions were published within {MINUTES} minutes of {evidence.release}"
        yield say.about(Severity.LOW, Confidence.MEDIUM, message)
