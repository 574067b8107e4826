"""Is the release younger than the policy lets releases be?

Most malicious releases are found within hours. While a client resolves freely, younger releases are held back; this
asks where nothing older would do, and is a note where the release was asked for by its version.

Remedy: wait, or ask for an older version. `--cooldown 0` switches the waiting off for a run, `cooldown-exempt` in the
policy for names.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._past import about
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (about(0.2, hours=24.0), about(0.2, hours=24.0, pinned=True))
misses = (about(2, hours=24.0), about(0.2), about(None, hours=24.0))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question about a release that is too young, a note where it is pinned."""
    past = evidence.history
    if past is None or past.release.published is None or not past.hours:
        return
    passes = past.release.published + timedelta(hours=past.hours)
    if passes > past.now:
        message = (
            f"{evidence.release} is {past.release.aged(past.now)}; releases wait {_spelled(past.hours)}, "
            f"so it passes from {passes:%Y-%m-%d %H:%M} UTC"
        )
        yield say.about(Severity.NOTE if past.pinned else Severity.MEDIUM, Confidence.HIGH, message)


def _spelled(hours: float) -> str:
    days = hours / 24
    return f"{days:g} d" if days == int(days) and days > 1 else f"{hours:g} h"
