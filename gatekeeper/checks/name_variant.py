"""Does the name repeat a much-used one with something added, left out or put in another order?

A version behind the name (`express-v4`), a customary word before or behind it (`python-requests`, `lodash-utils`),
other separators or another order of words. Most who do so are honest, so it is a remark: something to know
when the code or the age of the package raises a question. Of a name that you typed it is a question when a slip comes
with the word (`python-reqeusts`), and on npm a version, because versions are asked for in another way (`express@4`).

Remedy: check that you mean this package and not the one that it resembles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._names import Reach, is_settled, reaches
from gatekeeper.model import Confidence, Evidence, Finding, Lookalike, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ATTACK = ("T1036.005",)
WELL_KNOWN = 1000  # the rank up to which the likeness is worth a remark
VERSION = "version behind it"
SLIPS = ("transposition", "doubled letter", "halved letter", "omitted letter", "neighbouring key")
REMARKED: Mapping[str, Reach] = {
    **dict.fromkeys(("affix", "word order", "separator", "number behind it"), ((4, WELL_KNOWN),)),
    VERSION: ((3, 5000),),
    **{f"affix and {slip}": ((6, 5000),) for slip in SLIPS},
}
WITH_SLIP = frozenset(f"affix and {slip}" for slip in SLIPS)
# Honest Python names carry versions, and words with a letter less, too often to ask.
QUESTIONED = {True: {VERSION, *WITH_SLIP}, False: WITH_SLIP - {"affix and omitted letter"}}
hits = (
    Evidence(Release("npm", "example-v4"), lookalikes=(Lookalike("example", VERSION, 7),), requested=True),
    Evidence(Release("pypi", "python-example"), lookalikes=(Lookalike("example", "affix", 7),)),
)
misses = (
    Evidence(Release("pypi", "example")),
    Evidence(Release("pypi", "example-utils"), lookalikes=(Lookalike("example", "affix", WELL_KNOWN + 1),)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for the most used package whose name this one repeats."""
    told = [one for one in evidence.lookalikes if reaches(REMARKED, one)]
    if not told:
        return
    near = next((one for one in told if asks(one, evidence)), told[0])
    question = asks(near, evidence) and not is_settled(evidence)
    severity = Severity.MEDIUM if question else Severity.NOTE
    message = f"{evidence.release.name} repeats the name {near.target} ({near.kind}), number {near.rank:,} by downloads"
    yield say.about(severity, Confidence.MEDIUM, message, near.target)


def asks(near: Lookalike, evidence: Evidence) -> bool:
    """Say whether a likeness is worth a question, when a person typed the name."""
    return evidence.requested and near.kind in QUESTIONED[evidence.release.ecosystem == "npm"]
