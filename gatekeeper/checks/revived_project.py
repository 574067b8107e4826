"""Does a young release end years of silence, or come from somebody new after them?

Abandoned projects are bought, their expired mail domains registered, their names taken again after a deletion.

Remedy: look for the project's own announcement; wait some days; write a waiver.
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
    about(2, before=[earlier("1.2.0", 900)]),
    about(2, publisher="mallory", before=[earlier("1.2.0", 900, publisher="alice")]),
)
misses = (
    about(90, before=[earlier("1.2.0", 900)]),
    about(2, before=[earlier("1.2.0", 90)]),
    about(2, publisher="mallory", before=[earlier("1.2.0", 90, publisher="alice")]),
    about(2),
)
say = Says(__name__, ATTACK)
SILENCE = 700  # days: nearly two years


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question when the publisher is new too, else a note."""
    past = evidence.history
    if past is None or past.release.published is None or not past.is_news:
        return
    before = [one for one in past.others if one.published is not None and one.published < past.release.published]
    last = max((one.published for one in before if one.published), default=None)
    if last is None or (silence := (past.release.published - last).days) < SILENCE:
        return
    known = {one.publisher for one in before if one.publisher}
    stranger = bool(past.release.publisher and known and past.release.publisher not in known)
    by = f" by {past.release.publisher}, who has published none before" if stranger else ""
    message = f"{evidence.release} ends {silence} days of silence{by}"
    yield say.about(Severity.MEDIUM if stranger else Severity.LOW, Confidence.MEDIUM, message)
