"""Does a young release lack the provenance that those before it had?

Provenance (PEP 740, npm's attestations) says which workflow built a release. Whoever has stolen a token but not the
workflow publishes without it. Valid provenance is no alibi: a stolen workflow signs what it is given.

Remedy: look at the project for a reason; wait some days; write a waiver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import about, earlier
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1078")
hits = (
    about(
        2, attested=False, before=[earlier(f"1.2.{one}", 100 - one, attested=True) for one in range(3)], version="1.2.9"
    ),
    about(
        90,
        attested=False,
        before=[earlier(f"1.2.{one}", 100 - one, attested=True) for one in range(3)],
        version="1.2.9",
    ),
)
misses = (
    about(2, attested=True, before=[earlier("1.2.0", 100, attested=True)]),
    about(2, attested=False, before=[earlier("1.2.0", 100, attested=False)]),
    about(2, attested=None, before=[earlier("1.2.0", 100, attested=True)]),
)
say = Says(__name__, ATTACK)
HABIT = 3  # releases in a row


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question about a young release, a note about an old one."""
    past = evidence.history
    if past is None or past.release.attested is not False or past.previous is None:
        return
    at = past.others.index(past.previous) + 1 if past.previous in past.others else 0
    last = [one.attested for one in past.others[max(0, at - HABIT) : at]]
    if len(last) == HABIT and all(last):  # once or twice is not yet a habit
        severity = Severity.MEDIUM if past.is_news else Severity.NOTE
        message = f"{evidence.release} has no provenance, and the {HABIT} releases before it had"
        yield say.about(severity, Confidence.MEDIUM, message)
