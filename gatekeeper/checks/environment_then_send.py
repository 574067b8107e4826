"""Does the package send the environment or the machine's identity somewhere, without being asked to?

The whole environment holds tokens; user and host names tell an attacker whom he has. Looking up a name that contains
them sends them too.

Remedy: do not install. If you have, renew what the environment held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import FIRST, Says, does, example, npm_example, pick, shown
from gatekeeper.model import Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1082", "T1041", "T1048", "T1552.007")
TELLING = {
    "environment-all": "the whole environment",
    "fingerprint": "who and where this is",
    "command-output": "what a command printed",
}
hits = (
    example(does("send", "https://files.example/", When.IMPORT, "environment-all")),
    example(does("lookup", "\N{HORIZONTAL ELLIPSIS}.names.example", When.INSTALL, "fingerprint")),
)
misses = (
    example(does("send", "https://files.example/", When.CALL, "environment-all")),
    example(does("lookup", "\N{HORIZONTAL ELLIPSIS}", When.IMPORT, "fingerprint")),
    npm_example(does("network", "https://files.example/linux", When.INSTALL, "weak-fingerprint")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such message."""
    for one in pick(evidence, "send", "network", "lookup"):
        told = [words for taint, words in TELLING.items() if taint in one.taints]
        if told and (one.kind != "lookup" or "." in one.detail):
            message = f"sends {' and '.join(told)}: {shown(one.detail)}"
            yield say.of(one, Severity.HIGH, confidence_of(one), message)
        elif one.when in FIRST and "weak-fingerprint" in one.taints and not asked_already(evidence, one):
            yield say.of(one, Severity.MEDIUM, Confidence.MEDIUM, f"sends what platform this is: {shown(one.detail)}")


def asked_already(evidence: Evidence, behaviour: Behaviour) -> bool:
    """Say whether this is a download of an npm hook, which `hook-download` asks about: it needs the platform."""
    return evidence.release.ecosystem == "npm" and behaviour.kind == "network"


def confidence_of(behaviour: Behaviour) -> Confidence:
    """Return how sure we are: very, when somebody is told outright or during an install."""
    return Confidence.HIGH if behaviour.kind == "send" or behaviour.when in FIRST else Confidence.MEDIUM
