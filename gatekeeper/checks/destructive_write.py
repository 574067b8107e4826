"""Does the package delete or overwrite what is not its own, without being asked to?

Wiping a home folder, a disk, shadow copies or the system is damage for its own sake. So is a walk through somebody's
folders that writes one fixed text into every file.

Remedy: do not install. If you have, restore from a backup that was not connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, pick, shown
from gatekeeper.model import FIRST, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1485", "T1561", "T1490")
HOME = mark("whole-tree", "whole-tree", Severity.CRITICAL)
WIPE = mark("wipe", "destructive", Severity.CRITICAL)
hits = (
    example(does("delete", "~", When.IMPORT, "", HOME)),
    example(does("spawn", "rm -rf ~/", When.INSTALL, "", WIPE)),
)
misses = (
    example(does("delete", "build", When.INSTALL)),
    example(does("delete", "~", When.CALL, "", HOME)),
    example(does("spawn", "rm -rf build", When.INSTALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such deletion."""
    for one in pick(evidence, "delete"):
        for place in marks(one, "whole-tree"):
            yield say.of(one, place.severity, Confidence.HIGH, f"deletes what {place.reason}: {shown(one.detail)}")
    for one in pick(evidence, "spawn"):
        for shape in marks(one, "destructive"):
            confidence = Confidence.HIGH if one.when in FIRST else Confidence.MEDIUM
            yield say.of(one, shape.severity, confidence, f"{shape.reason}: {shown(one.detail)}")
