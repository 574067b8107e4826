"""Does a change to a workflow use an action of an owner who could be mistaken for a well-known one?

Anybody may register the name next to a famous one, and wait for a slip of the keyboard. The action then runs with the
repository's token and secrets.

Remedy: correct the owner. If it is the one you mean, waive this for the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1036.005")
hits = (noticed("lookalike-action", "acitons/checkout@v4: like actions"),)
misses = (noticed("unpinned-action", "owner/action@v1"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such action."""
    yield from from_notices(say, evidence, Severity.HIGH, {"lookalike-action": "an owner that passes for another one"})
