"""Does installing the package start a system tool that installers have no use for?

PowerShell, cmd, script hosts, schedulers and download tools are what attackers start from an install hook: they are
on every machine. Compilers, cmake, pkg-config and git are not meant; neither is cmd when it only sets up a compiler.

Remedy: read the line that is shown. If the package is honest, build a wheel where you trust it and install that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, does, example, mark, marks, pick, shown
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1059", "T1218")
WRAPPED = re.compile(rf"cmd(?:\.exe)?(?: /[a-z])+ ['\"\s{HOLE}]+$", re.IGNORECASE)  # whatever a caller wants to start
hits = (
    example(does("spawn", "cmd.exe /c whoami", When.INSTALL, "", mark("cmd", "child"))),
    example(does("spawn", "powershell Get-Date", When.STARTUP, "", mark("powershell", "child"))),
)
misses = (
    example(does("spawn", "gcc -c probe.c")),
    example(
        does("spawn", "cmd /c vcvarsall.bat", When.INSTALL, "", mark("cmd", "child"), mark("vcvars", "build-tool"))
    ),
    example(does("spawn", "cmd /c ver", When.CALL, "", mark("cmd", "child"))),
    example(does("spawn", f"cmd.exe /d /s /c '\"{HOLE} {HOLE}\"'", When.IMPORT, "", mark("cmd", "child"))),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such tool that runs without being asked for."""
    for one in pick(evidence, "spawn"):
        children = marks(one, "child")
        if children and not marks(one, "build-tool"):
            worst = max(children, key=lambda child: child.severity)
            if one.when in FIRST or not WRAPPED.match(one.detail):
                severity = severity_of(one, worst.severity)
                yield say.of(one, severity, Confidence.HIGH, f"{worst.reason}: {shown(one.detail)}")


def severity_of(behaviour: Behaviour, severity: Severity) -> Severity:
    """Return how bad a child is: during an install as bad as its signature says, on import one step less."""
    return severity if behaviour.when in FIRST else min(severity, Severity.MEDIUM)
