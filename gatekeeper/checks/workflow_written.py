"""Does the package write a continuous integration workflow, without being asked to?

A workflow runs with a repository's secrets. A package that writes one while it is installed or imported takes them, or
spreads itself.

Remedy: do not install. If you have, look at the repository's workflows and renew its secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1543")
hits = (example(does("write", ".github/workflows/a.yml", When.INSTALL, "", mark("ci-workflow", "workflow"))),)
misses = (example(does("write", ".github/workflows/a.yml", When.CALL, "", mark("ci-workflow", "workflow"))),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each workflow that is written unasked."""
    for one in pick(evidence, "write"):
        for place in marks(one, "workflow"):
            yield say.of(
                one, place.severity, Confidence.HIGH, f"writes a file that {place.reason}: {shown(one.detail)}"
            )
