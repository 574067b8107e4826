"""Does a structural rule match code that the fast reading could not settle?

A value that passes through containers, methods, generators, loops or callbacks before it acts is beyond a reading that
runs through every file of every package. The few files with half of a chain are therefore read again, all in one call,
by rules of flow and structure: ours from signatures/semgrep, and your own from `[signatures] extra`. A match of ours
counts where the code runs unasked; elsewhere it is only mentioned. Your own count as their severity says.

Remedy: look at the line that is named; if the release is new or unknown to you, do not install it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import MOST_FINDINGS, Says, cut, does, example
from gatekeeper.model import UNASKED, Confidence, Evidence, Finding, Mark, Release, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027", "T1059")
UNASKED_ONLY = "deep-unasked"  # the family of marks that count only where code runs unasked
_ours = Mark("fetched-code-carried", UNASKED_ONLY, Severity.HIGH, "is an example")
_own = Mark("no-shell", "deep", Severity.MEDIUM, "is an example", Confidence.MEDIUM)
hits = (
    example(does("pattern", "runs what it fetched", When.INSTALL, "", _ours)),
    example(does("pattern", "runs what it fetched", When.IMPORT, "", _ours)),
    example(does("pattern", "starts a shell", When.CALL, "", _own)),
)
misses = (Evidence(Release("pypi", "example")), example(does("exec", "exec", When.INSTALL)))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each match."""
    matched = [(one, mark) for one in evidence.behaviours if one.kind == "pattern" for mark in one.marks]
    for one, mark in matched[:MOST_FINDINGS]:
        mild = mark.family == UNASKED_ONLY and one.when not in UNASKED
        severity = min(mark.severity, Severity.LOW) if mild else mark.severity
        yield Finding(
            say.check, severity, mark.confidence, cut(f"{one.detail or 'matches'} (rule {mark.id})"), one.when,
            cut(one.file), one.line, cut(one.snippet) or None, mark.attack or ATTACK,
        )  # fmt: skip
