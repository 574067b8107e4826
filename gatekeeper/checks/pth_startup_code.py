"""Does the package run code whenever Python starts?

A .pth file's import lines, sitecustomize and usercustomize run in every Python process, whether or not the package is
used. Honest ones import a module or extend the path; none needs a process, the network or hidden code. Decoding alone,
of a setting for one, does nothing yet.

Remedy: do not install when this blocks; a note only tells you that the file is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, Surface, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1546.018", "T1195.001")
ACTS = ("spawn", "network", "send", "native-memory")
hits = (
    example(does("spawn", "python -c pass", When.STARTUP)),
    example(does("exec", "exec of something computed", When.STARTUP)),
)
misses = (
    example(does("exec", "exec", When.STARTUP)),
    example(does("spawn", "git", When.IMPORT)),
    example(does("decode", "base64.b64decode", When.STARTUP)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each thing that start-up code does, and a note for each start-up file."""
    for one in pick(evidence, *ACTS, when={When.STARTUP}):
        yield say.of(
            one, Severity.CRITICAL, Confidence.HIGH, f"acts whenever Python starts ({one.kind}): {shown(one.detail)}"
        )
    for one in pick(evidence, "exec", when={When.STARTUP}):
        if "computed" in one.detail:
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, "runs computed code whenever Python starts")
    for surface in evidence.surfaces:
        if surface.when is When.STARTUP:
            yield note(surface)


def note(surface: Surface) -> Finding:
    """Say that a start-up file is there."""
    message = f"{surface.path} runs whenever Python starts"
    return Finding(say.check, Severity.NOTE, Confidence.HIGH, message, surface.when, surface.path, None, None, ATTACK)
