"""Is a build file a program instead of a list?

binding.gyp is written like a Python literal, and node-gyp evaluates it. Calls, attributes and comprehensions in it have
no honest use: they run while the file is read.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1059.006")
hits = (npm_example(does("gyp-code", "Call")),)
misses = (npm_example(does("spawn", "python configure.py")),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each build file that computes."""
    for one in pick(evidence, "gyp-code"):
        message = f"holds code in a build file that should only list things: {shown(one.detail)}"
        yield say.of(one, Severity.HIGH, Confidence.HIGH, message)
