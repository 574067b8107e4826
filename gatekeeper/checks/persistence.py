"""Does the package arrange to be started again, without being asked to?

Startup folders, Run keys, cron, systemd units, LaunchAgents, shell start files, authorized_keys, git hooks: whoever
writes there wants to come back.

Remedy: do not install. If you have, look at the file that is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, about_written, does, example, mark, marks, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1547", "T1053", "T1546", "T1543", "T1098.004")
STARTUP = mark("windows-startup", "persistence", Severity.CRITICAL)
hits = (
    example(does("write", "%APPDATA%/Microsoft/Windows/Start Menu/Programs/Startup/a.vbs", When.IMPORT, "", STARTUP)),
    example(does("write", "~/.bashrc", When.INSTALL, "", mark("shell-start-file", "persistence"))),
)
misses = (
    example(does("write", "~/.bashrc", When.CALL, "", mark("shell-start-file", "persistence"))),
    example(does("read", "~/.bashrc", When.IMPORT, "", mark("shell-start-file", "persistence"))),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each place that is written unasked."""
    yield from about_written(say, evidence, "persistence")
    for one in pick(evidence, "spawn"):
        if any(child.id == "scheduler" for child in marks(one, "child")):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"schedules a program: {shown(one.detail)}")
