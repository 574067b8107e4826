"""Is code laid out so that nobody sees it?

Code far to the right of a line, where no editor shows it, files that an obfuscator wrote, and text in characters that
nobody sees beside code that runs a text.

Remedy: do not install unless the project says why its code is hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027",)
hits = (
    example(does("far-right", "code", When.IMPORT)),
    example(does("obfuscator", "example", When.IMPORT)),
    example(does("hidden-characters", "many", When.IMPORT), does("exec", "eval of known code", When.IMPORT)),
)
misses = (
    example(does("long-line", "a line", When.IMPORT)),
    example(does("far-right", "code", When.NEVER)),
    example(does("hidden-characters", "many", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each hidden piece."""
    for one in pick(evidence, "far-right"):
        yield say.of(one, Severity.HIGH, Confidence.MEDIUM, "holds code far to the right, out of sight")
    for one in pick(evidence, "obfuscator"):
        yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"was written by an obfuscator: {shown(one.detail)}")
    running = {one.file for one in pick(evidence, "exec")}
    for one in pick(evidence, "hidden-characters"):
        if one.file in running:
            yield say.of(one, Severity.HIGH, Confidence.HIGH, "holds characters that nobody sees, and runs a text")
