"""Is the project itself only days old?

By itself that is no fault; beside a close name or strange code it is a sign.

Remedy: check the spelling, and that the project is the one that you mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import about, earlier
from gatekeeper.model import NEWS, Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1204.005",)
hits = (about(2),)
misses = (about(2, before=[earlier("1.2.0", 300)]), about(100), about(None))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a remark when all that is known of a project is young."""
    past = evidence.history
    if past is None or not past.is_news:
        return
    times = [one.published for one in (past.release, *past.others)]
    known = [one for one in times if one is not None]
    days = (past.now - min(known)).days
    if len(known) == len(times) and days < NEWS:
        message = f"the project is {days} days old, with {len(times)} release{'s' * (len(times) != 1)}"
        yield say.about(Severity.LOW, Confidence.HIGH, message)
