"""Does the package write machine code into memory and run it?

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1055", "T1620")
hits = (example(does("native-memory", "VirtualAlloc", When.IMPORT)),)
misses = (example(does("native-memory", "VirtualAlloc", When.CALL)),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such call that runs unasked."""
    for one in pick(evidence, "native-memory"):
        yield say.of(one, Severity.HIGH, Confidence.HIGH, f"writes machine code into memory: {shown(one.detail)}")
