"""Does the package install other packages by itself, past the installer and its judge?

What setup.py or an import installs through a package manager of its own is in no plan, no lock file and no report.

Remedy: install those packages yourself first, or ask the project to declare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1072")
PIP = mark("package-install", "nested-install", Severity.MEDIUM)
hits = (example(does("spawn", "python -m pip install example", When.IMPORT, "", PIP)),)
misses = (
    example(does("spawn", "python -m pip install example", When.CALL, "", PIP)),
    example(does("spawn", "pip --version", When.INSTALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each installation that runs unasked."""
    for one in pick(evidence, "spawn"):
        if marks(one, "nested-install"):
            yield say.of(one, Severity.MEDIUM, Confidence.HIGH, f"installs something by itself: {shown(one.detail)}")
