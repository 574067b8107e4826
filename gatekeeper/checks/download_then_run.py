"""Does the package fetch something and run it, without being asked to?

What is fetched can change after anybody looked at it. Code or programs that are run straight from the network are the
plainest form of a second stage.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import FIRST, HOLE, USED, Says, does, example, mark, marks, pick, shown, together
from gatekeeper.model import Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1105", "T1059", "T1204.005")
HIDING = ("executable", "drop-folder", "temporary")
TEMP = mark("temporary-folder", "temporary", Severity.NOTE)
hits = (
    example(does("exec", "exec of something computed", When.IMPORT, "network")),
    example(does("write", "a.bin", When.IMPORT, "network", TEMP), does("spawn", "a.bin", When.IMPORT)),
    example(does("write", "later.py", When.INSTALL, "decoded"), does("spawn", "python later.py")),
)
misses = (
    example(does("exec", "exec of something computed", When.IMPORT, "file")),
    example(does("write", "model.bin", When.IMPORT, "network"), does("spawn", "git describe", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each thing that is fetched and run."""
    for one in pick(evidence, "exec", "spawn"):
        if "network" in one.taints:
            message = "runs code or a command that it fetches from the network"
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, f"{message}: {shown(one.detail)}")
    for one in pick(evidence, "exec", when=USED):
        if "network" in one.taints:
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, "can run code that it fetches from the network")
    for written in pick(evidence, "write"):
        if "network" in written.taints:
            yield from started(evidence, written)
        elif "decoded" in written.taints:
            yield from unpacked(evidence, written)


def started(evidence: Evidence, written: Behaviour) -> Iterator[Finding]:
    """Yield a finding when a fetched file is started, as far as the code shows."""
    for spawn in pick(evidence, "spawn"):
        if not together(evidence, written, spawn):
            continue
        same = is_same(written.detail, spawn.detail)
        sure = same or bool(marks(written, *HIDING))
        if sure or (written.when in FIRST and spawn.detail.startswith(HOLE)):
            severity = Severity.HIGH if sure else Severity.MEDIUM
            confidence = Confidence.HIGH if same else Confidence.MEDIUM
            message = f"fetches {shown(written.detail)[:60]} and starts {shown(spawn.detail)[:60]}"
            yield say.of(written, severity, confidence, message)
            return


def unpacked(evidence: Evidence, written: Behaviour) -> Iterator[Finding]:
    """Yield a finding when a file that is decoded from the package's own text is started by its name."""
    for spawn in pick(evidence, "spawn"):
        if together(evidence, written, spawn) and is_same(written.detail, spawn.detail):
            message = f"decodes {shown(written.detail)[:60]} and starts {shown(spawn.detail)[:60]}"
            yield say.of(written, Severity.HIGH, Confidence.HIGH, message)
            return


def is_same(path: str, command: str) -> bool:
    """Say whether a command starts a written file."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return len(name) > 2 and HOLE not in name and name in command  # noqa: PLR2004 - a name, not a letter
