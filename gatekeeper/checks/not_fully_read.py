"""Was everything read that runs?

A file that is too large, nested too deeply or broken may hide what it does. Where such a file runs, nobody can say that
the package is clean; where it never runs, this is only mentioned.

Remedy: look at the file that is named, or install another version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, cut
from gatekeeper.model import Confidence, Evidence, Finding, Release, Severity, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027",)
RUNS = frozenset({When.INSTALL, When.BUILD, When.STARTUP, When.IMPORT})
CANNOT_RUN = "does not parse"  # such a file stops its own importer; in an install it still deserves a look
NOT_CALLED = "functions that nothing calls"
hits = (
    Evidence(
        Release("pypi", "example"),
        surfaces=(Surface("setup.py", When.INSTALL, "runs"),),
        unread=(Unread("setup.py", "too large to parse"),),
    ),
    Evidence(Release("pypi", "example"), unread=(Unread("example/table.bin", "larger than we read"),)),
)
misses = (Evidence(Release("pypi", "example")),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each file that was not read to the end."""
    surfaces = {surface.path: surface for surface in evidence.surfaces}
    for unread in evidence.unread:
        surface = surfaces.get(unread.path)
        when = surface.when if surface is not None else When.NEVER
        severity = severity_of(when, unread.reason)
        message = cut(f"was not read to the end: {unread.path}: {unread.reason}")
        yield Finding(say.check, severity, Confidence.HIGH, message, when, cut(unread.path), None, None, ATTACK)


def severity_of(when: When, reason: str) -> Severity:
    """Return how much it matters: a question where the file runs, a note where it never does or cannot."""
    if when not in RUNS or reason.startswith(NOT_CALLED) or (when is When.IMPORT and reason.startswith(CANNOT_RUN)):
        return Severity.NOTE
    return Severity.MEDIUM
