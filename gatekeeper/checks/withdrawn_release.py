"""Has the index, or whoever made it, taken the release back?

An index quarantines projects that it holds for malicious, so nothing of them is installed. A release that was yanked,
or is deprecated, is installed only where it is asked for by its version; that is said.

Remedy: take another version. For a quarantined project, wait for what the index finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import about
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (
    about(100, status="quarantined: under review"),
    about(100, withdrawn="yanked: broken"),
    about(100, status="archived"),
)
misses = (about(100), about(100, status="active"))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a refusal for a quarantined project, a note for what is only no longer meant to be used."""
    past = evidence.history
    if past is None:
        return
    word = past.status.partition(":")[0].strip().lower()
    if word == "quarantined":
        yield say.about(Severity.HIGH, Confidence.HIGH, f"the index has the project in quarantine: {past.status}")
    elif word and word != "active":
        yield say.about(Severity.NOTE, Confidence.HIGH, f"the index calls the project {past.status}")
    if past.release.withdrawn:
        yield say.about(Severity.NOTE, Confidence.HIGH, f"{evidence.release} is {past.release.withdrawn}")
