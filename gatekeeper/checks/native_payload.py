"""Does the package write machine code into memory, or run a native file where there should be none?

A wheel for every platform says that it holds no native code. A program or library in it that runs on import is a
payload that nobody can read.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import Artifact, Confidence, Evidence, Finding, Release, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1055", "T1620")
BRINGS = (does("bundled-binary", "example/a.bin", When.IMPORT),)
hits = (
    example(does("native-memory", "VirtualAlloc", When.IMPORT)),
    Evidence(
        Release("pypi", "example"), Artifact("example-1.0-py3-none-any.whl", "0" * 64, 1), "wheel", behaviours=BRINGS
    ),
)
misses = (
    example(does("native-memory", "VirtualAlloc", When.CALL)),
    example(does("bundled-binary", "example/a.bin", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such call, and each native file of the package, that runs unasked."""
    for one in pick(evidence, "native-memory"):
        yield say.of(one, Severity.HIGH, Confidence.HIGH, f"writes machine code into memory: {shown(one.detail)}")
    for one in pick(evidence, "bundled-binary"):
        severity = Severity.HIGH if is_pure(evidence) else Severity.LOW
        yield say.of(one, severity, Confidence.MEDIUM, f"runs a native file that it brings: {shown(one.detail)}")


def is_pure(evidence: Evidence) -> bool:
    """Say whether a wheel claims to hold no native code."""
    return evidence.artifact is not None and evidence.artifact.filename.endswith("-none-any.whl")
