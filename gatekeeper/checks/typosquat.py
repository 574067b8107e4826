"""Could the name be a slip of the keyboard for a much-used package's?

Two letters that changed places, or one that is doubled or left out, are what fingers do by mistake; attackers register
such names and wait. How much a slip tells depends on its kind, on how long the name is, how much used the package is
that it resembles, and on whether a person typed it. On npm close names are common: there a slip of a name that you
typed is a question, and never more. A popular name is nobody's slip, and a project of years with many releases is only
remarked upon.

Remedy: check the spelling. If the name is meant, rule `typosquat = "ask"` or write a waiver.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._names import Reach, is_settled, reaches
from gatekeeper.checks._past import NOW, earlier
from gatekeeper.model import Confidence, Evidence, Finding, History, Lookalike, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ATTACK = ("T1204.005", "T1036.005")
ALL = 15_000

# What honest names of the index hardly ever do (docs/names.md).
TELLING: Mapping[str, Reach] = {
    "doubled letter": ((8, ALL), (5, 5000)),
    "halved letter": ((8, ALL), (5, 5000)),
    "transposition": ((8, ALL), (5, 5000)),
    "omitted letter": ((9, 5000),),
}
# What they do seldom enough to put a question.
DOUBTFUL: Mapping[str, Reach] = {
    "doubled letter": ((5, ALL), (4, 5000)),
    "halved letter": ((5, ALL),),
    "transposition": ((5, ALL), (4, 5000)),
    "omitted letter": ((8, ALL), (6, 5000), (5, 1000)),
    "omitted first letter": ((8, ALL), (6, 5000), (5, 300)),
    "omitted last letter": ((8, 5000), (6, 300)),
    "neighbouring key as well": ((6, ALL),),
    "neighbouring key": ((8, ALL), (5, 1000)),
    "added letter": ((8, ALL), (6, 5000)),
    "added last letter": ((8, 5000),),
    "homoglyph": ((6, ALL),),
    "bit flip": ((8, 5000),),
    "replaced letter": ((8, ALL), (6, 1000)),
    "replaced first letter": ((8, 5000),),
    "two slips": ((8, 300),),
}
# On npm, for a name that a person typed.
TYPED_ON_NPM: Mapping[str, Reach] = {
    **dict.fromkeys(DOUBTFUL, ((5, 1000),)),
    **dict.fromkeys(("doubled letter", "halved letter", "transposition"), ((5, ALL),)),
}
REMARKED: Mapping[str, Reach] = dict.fromkeys(DOUBTFUL, ((5, 5000),))

CLOSE = (Lookalike("example", "transposition", 7),)
SETTLED = History(NOW, earlier("1.9", 1), tuple(earlier(f"1.{at}", 900 - at) for at in range(9)))
hits = (
    Evidence(Release("pypi", "exmaple"), lookalikes=CLOSE),
    Evidence(Release("npm", "exmaple"), lookalikes=CLOSE, requested=True),
    Evidence(Release("pypi", "exmaple"), lookalikes=CLOSE, history=SETTLED),
)
misses = (
    Evidence(Release("pypi", "example")),
    Evidence(Release("pypi", "exmaple"), lookalikes=(replace(CLOSE[0], rank=ALL + 1),)),
    Evidence(Release("pypi", "examples"), lookalikes=(replace(CLOSE[0], kind="plural"),)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for the package that the name is likeliest to be mistaken for."""
    weighed = [
        (*weigh(near, evidence), near)
        for near in evidence.lookalikes
        if reaches(REMARKED, near) or reaches(DOUBTFUL, near)
    ]
    if not weighed:
        return
    severity, confidence, near = max(weighed, key=lambda one: (one[0], one[1], -one[2].rank))
    message = (
        f"{evidence.release.name} looks like {near.target} ({near.kind}), which is number {near.rank:,} by downloads"
    )
    yield say.about(severity, confidence, message, near.target)


def weigh(near: Lookalike, evidence: Evidence) -> tuple[Severity, Confidence]:
    """Return how bad a likeness is and how sure, by its kind and by who asked for the name."""
    if is_settled(evidence):
        return Severity.NOTE, Confidence.LOW
    if evidence.release.ecosystem != "pypi":
        asks = evidence.requested and reaches(TYPED_ON_NPM, near)
    elif reaches(TELLING, near):
        return Severity.HIGH, Confidence.HIGH
    else:
        # What a package asks for was copied, not typed: there only the most used names are worth a trap.
        asks = reaches(DOUBTFUL, near) and (evidence.requested or near.rank <= 1000)  # noqa: PLR2004 - a rank
    return (Severity.MEDIUM, Confidence.MEDIUM) if asks else (Severity.NOTE, Confidence.MEDIUM)
