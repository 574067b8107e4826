"""Does the name hold letters that only look like the ones that were meant?

Letters of other scripts, and letters that cannot be seen, arrive with names that are copied from a page or a message.
The registries give out no such names, so nobody can have meant one.

Remedy: type the name by hand.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.model import Confidence, Evidence, Finding, Lookalike, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1036.005", "T1204.005")
KIND = "letters of another script"
hits = (
    Evidence(Release("pypi", "ex\u0430mple"), lookalikes=(Lookalike("example", KIND, 7),)),
    Evidence(Release("npm", "acme\u200bthing")),
)
misses = (
    Evidence(Release("pypi", "example")),
    Evidence(Release("pypi", "exmaple"), lookalikes=(Lookalike("example", "transposition", 7),)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for the first letter of a name that is not ASCII."""
    name = evidence.release.name
    if name.isascii():
        return
    letter = next(one for one in name if not one.isascii())
    told = f"U+{ord(letter):04X} {unicodedata.name(letter, 'a character without a name')}"
    near = next((one.target for one in evidence.lookalikes if one.kind == KIND), None)
    meant = f"; did you mean {near}?" if near else ""
    message = f"the name holds {told}, which no registry's name does{meant}"
    yield say.about(Severity.HIGH, Confidence.HIGH, message, near)
