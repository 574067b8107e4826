"""Does a change to a workflow use an action whose content others may exchange afterwards?

A tag or a branch means whatever its owner, or whoever took the owner's account over, makes it mean. A branch of a
little-known owner, and an action that is no longer pinned to a commit, are worth a question; new numbers for what was
in use before, as bots write them, are not.

Remedy: name the full commit id, and the version behind it as a comment; bots keep both up to date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1195.002")
ASKED = {
    "moving-action": "named by a branch, which changes with every push",
    "loosened-action": "was pinned to a commit, and no longer is",
}
TOLD = {"unpinned-action": "not pinned to a commit"}
KNOWN = {"numbered-action": "not pinned to a commit"}
hits = (noticed("moving-action", "owner/action@main"), noticed("unpinned-action", "owner/action@v1"))
misses = (noticed("lookalike-action", "acitons/checkout@v4"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such action."""
    yield from from_notices(say, evidence, Severity.MEDIUM, ASKED)
    yield from from_notices(say, evidence, Severity.LOW, TOLD)
    yield from from_notices(say, evidence, Severity.NOTE, KNOWN)
