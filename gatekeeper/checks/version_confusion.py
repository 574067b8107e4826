"""Is the version a number that no honest project has come to?

Somebody who wants to be taken before a private package of the same name gives theirs a version like 99.0. Honest
projects reach such numbers step by step, or by the calendar (2026.1, 20260131), or count like a browser
(142.0.7444.59). A first release with a high number, or a leap far above all others by a project without a history, asks
while it is new; where two indexes serve the name and nobody said who owns it, it is refused.

Remedy: find out which index the name belongs to, and name it in `[origins]`. If the release is honest, write a waiver.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.checks._past import about, earlier
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.model import History

ATTACK = ("T1195.001",)
HIGH = 90  # the number from which on a version is strange for a first one
FAR = 10  # times the highest other number
SETTLED = 180  # days after which a registry would have taken a trap down
ROOTED = (365, 5)  # days, and other releases, from which on a project has a history of its own
NUMBER = re.compile(r"v?(?:0!)?(\d+)")  # of an epoch, where there is one: it outweighs all else
# Years, with or without month and day; two-figure years with both; seconds since 1970; the four numbers of a browser.
CALENDAR = re.compile(
    r"1[4-9]\d{8}|(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:[0-3]\d)?\d{0,6})?|\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d)?"
)
BROWSER = re.compile(r"\d{2,3}\.\d+\.\d{3,5}\.\d+")
hits = (
    noticed("version-confusion", "acme-core 99.0 and 1.2"),
    about(2, version="99.0.0"),
    about(None, version="1000.0"),
    about(2, version="99.0.0", before=[earlier("1.2.0", 300)]),
    about(2, version="9999.1"),
    about(2, version="99!1.0"),
    about(2, version="100.0.0", before=[earlier("99.0.0", 3)]),
    about(2, version="100.0.0", before=[earlier("1.0.0", 300), earlier("99.0.0", 3)]),
)
misses = (
    noticed("two-indexes", "first and second"),
    about(2, version="2026.1"),
    about(2, version="20260131"),
    about(2, version="142.0.7444.59"),
    about(2, version="142.0.0", before=[earlier("83.0.0", 2000), earlier("141.0.5", 30)]),
    about(2, version="24.1.0"),
    about(900, version="99.0.0"),
    about(2, version="240.0.0", before=[earlier("230.0.0", 3000), earlier("239.0.0", 90)]),
    about(2, version="1769699798!10.1.0"),
    about(2, version="314.0.0", before=[earlier(f"0.{number}.0", 900 - number) for number in range(5)]),
    about(2, version="239.1.0", before=[earlier("228.0.0", 900)]),
    about(2, version="2026.1", before=[earlier("5.2", 400)]),
    about(2, version="2.0.0", before=[earlier("1.0.0", 10)]),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for a version that two indexes contradict each other about, or a question for a strange one."""
    sentence = "a version far above what another index serves under this name"
    yield from from_notices(say, evidence, Severity.HIGH, {"version-confusion": sentence})
    past = evidence.history
    if past is not None and (why := _strange(past)):
        yield say.about(Severity.MEDIUM, Confidence.HIGH, f"version {past.release.version} is {why}")


def _strange(past: History) -> str:
    """Say how the numbers of a project came to this one by a leap that is still new; nothing when they did not."""
    releases = (past.release, *past.others)
    own = _number(past.release.version)
    times = [one.published for one in past.others if one.published is not None]
    if len(times) >= ROOTED[1] and (past.now - min(times)).days > ROOTED[0]:
        return ""
    below: int | None = None
    for number in sorted({_number(one.version) for one in releases}) if not BROWSER.match(past.release.version) else ():
        if number > own:
            break
        is_leap = number >= HIGH and not CALENDAR.fullmatch(str(number))
        if is_leap and (below is None or number >= FAR * (below + 1)):
            since = [one.published for one in releases if _number(one.version) >= number]
            known = [moment for moment in since if moment is not None]
            if len(known) < len(since) or (past.now - min(known)).days < SETTLED:
                return "one that no first release has" if below is None else f"far above all others, up to {below}"
        below = number
    return ""


def _number(version: str) -> int:
    match = NUMBER.match(version)
    return int(match[1]) if match else 0
