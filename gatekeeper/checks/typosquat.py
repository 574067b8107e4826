"""Could the name be mistaken for a much-used package's?

Two letters that changed places, or one that is doubled, are what fingers do by mistake; attackers register such names
and wait. Honest projects hardly ever carry them. On npm close names are common, so there it is only a remark.

Remedy: check the spelling. If the name is meant, rule `typosquat = "ask"` or write a waiver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.model import Confidence, Evidence, Finding, Lookalike, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1204.005", "T1036.005")
CLOSE = (Lookalike("example", "two letters change places", 7),)
hits = (
    Evidence(Release("pypi", "exmaple"), lookalikes=CLOSE),
    Evidence(Release("npm", "exmaple"), lookalikes=CLOSE),
)
misses = (Evidence(Release("pypi", "example")),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for the most used name that this one could be mistaken for."""
    if not evidence.lookalikes:
        return
    near = evidence.lookalikes[0]
    severity = Severity.HIGH if evidence.release.ecosystem == "pypi" else Severity.NOTE
    message = (
        f"{evidence.release.name} looks like {near.target} ({near.kind}), which is number {near.rank:,} by downloads"
    )
    yield say.about(severity, Confidence.HIGH, message)
