"""Does the package put a program where programs hide?

Programs and scripts that are written into Windows' temporary, system or application folders, or that come straight from
the network or out of an encoding, are the second stage of an attack.

A program that an npm hook fetches into its own folder is asked about only: many hooks fetch the tool they are for.

Remedy: do not install. If you have, look for the file that is named and remove it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, fetches_only_declared, mark, marks, pick, shown
from gatekeeper.model import FIRST, UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1105", "T1036.005")
PROGRAM, FOLDER = mark("windows-program", "executable"), mark("system-folder", "drop-folder")
FOREIGN = frozenset({"network", "decoded"})
hits = (
    example(does("write", "%TEMP%/a.exe", When.IMPORT, "", PROGRAM, FOLDER)),
    example(does("write", "a.exe", When.IMPORT, "network", PROGRAM)),
)
misses = (
    example(does("write", "build/run.bat", When.INSTALL, "", PROGRAM)),
    example(does("write", "%TEMP%/a.txt", When.IMPORT, "", FOLDER)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each program that is dropped."""
    for one in pick(evidence, "write", when=UNASKED | USED):
        if not marks(one, "executable"):
            continue
        foreign = FOREIGN & set(one.taints)
        if one.when in UNASKED and (foreign or marks(one, "drop-folder")):
            origin = f" that comes from {'the network' if 'network' in foreign else 'an encoding'}" if foreign else ""
            message = f"writes a program{origin}: {shown(one.detail)}"
            yield say.of(one, severity_of(evidence, one), Confidence.HIGH, message)
        elif foreign and marks(one, "drop-folder"):
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"can fetch a program and hide it: {shown(one.detail)}")


def severity_of(evidence: Evidence, behaviour: Behaviour) -> Severity:
    """Return how bad a program is: an npm hook's own tool less, and least when it comes as a declared package."""
    hook = evidence.release.ecosystem == "npm" and behaviour.when in FIRST
    if not hook or marks(behaviour, "drop-folder") or "network" not in behaviour.taints:
        return Severity.HIGH
    return Severity.LOW if fetches_only_declared(evidence, behaviour.file) else Severity.MEDIUM
