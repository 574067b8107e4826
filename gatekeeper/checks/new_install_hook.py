"""Does a small new release run something on installation that the release before it did not?

This is how hijacked packages begin: a patch or minor release of a package that has never run anything gains an install
script.

Remedy: read the script (it was judged); wait some days; write a waiver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import MINOR, PATCH, about, earlier
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1204.005")
hits = (
    about(2, hooks=True, before=[earlier("1.2.0", 100, hooks=False)]),
    about(90, hooks=True, before=[earlier("1.2.0", 100, hooks=False)]),
)
misses = (
    about(2, hooks=True, before=[earlier("1.2.0", 100, hooks=True)]),
    about(2, hooks=True),
    about(2, hooks=False, before=[earlier("1.2.0", 100, hooks=True)]),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question about a young patch or minor release, a note about others."""
    past = evidence.history
    if past is None or past.previous is None or not past.release.hooks or past.previous.hooks is not False:
        return
    small = past.step in (PATCH, MINOR) and past.is_news
    message = f"{evidence.release} has an install script, and {past.previous.version} had none"
    yield say.about(Severity.MEDIUM if small else Severity.NOTE, Confidence.HIGH, message)
