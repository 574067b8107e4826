"""Does the package give somebody far away a shell?

A connection whose ends are tied to a shell's input and output is a reverse shell, whichever library ties them.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, mark, marks, pick, shown
from gatekeeper.model import UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1059", "T1095")
SHELL = mark("shell-program", "shell", Severity.NOTE)
hits = (
    example(
        does("network", "192.0.2.1:9001 raw", When.IMPORT),
        does("dup2", "os.dup2", When.IMPORT),
        does("spawn", "/bin/sh", When.IMPORT, "", SHELL),
    ),
    example(does("socket-shell", "subprocess.Popen", When.INSTALL)),
)
misses = (
    example(does("network", "192.0.2.1:9001 raw", When.IMPORT), does("dup2", "os.dup2", When.IMPORT)),
    example(does("spawn", "/bin/sh", When.IMPORT, "", SHELL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each shell that is tied to a connection."""
    for one in pick(evidence, "socket-shell", when=UNASKED | USED):
        yield say.of(one, Severity.CRITICAL, confidence_of(one), "ties a program's input and output to a connection")
    for group in (UNASKED, USED):
        connected = {one.file for one in pick(evidence, "network", when=group) if one.detail.endswith(" raw")}
        tied = {one.file for one in pick(evidence, "dup2", when=group)}
        for one in pick(evidence, "spawn", when=group):
            if one.file in connected & tied and marks(one, "shell", "child"):
                message = f"ties a shell to a connection: {shown(one.detail)}"
                yield say.of(one, Severity.CRITICAL, confidence_of(one), message)


def confidence_of(behaviour: Behaviour) -> Confidence:
    """Return how sure we are: a remote shell that must be called may be the package's purpose."""
    return Confidence.HIGH if behaviour.when in UNASKED else Confidence.MEDIUM
