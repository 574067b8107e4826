"""Does the package send the environment or the machine's identity somewhere, without being asked to?

The whole environment holds tokens; user and host names tell an attacker whom he has.

Remedy: do not install. If you have, renew what the environment held.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, does, example, npm_example, pick, shown
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1082", "T1041", "T1048", "T1552.007")
TELLING = {
    "environment-all": "the whole environment",
    "fingerprint": "who and where this is",
    "command-output": "what a command printed",
}
SENDERS = re.compile(
    r"(?:^|[\s/\\\"';&|])(?:curl|wget|dig|nslookup|ping|host|nc|ncat)(?:\.exe)?\s.*\w\.\w", re.IGNORECASE
)
hits = (
    example(does("spawn", f"nslookup {HOLE}.names.example", When.INSTALL, "fingerprint")),
    example(does("send", "https://files.example/", When.IMPORT, "environment-all")),
    example(does("network", "https://files.example/", When.INSTALL, "fingerprint")),
)
misses = (
    example(does("spawn", f"curl -o {HOLE} https://files.example/a.tar", When.INSTALL, "environment")),
    example(does("send", "https://files.example/", When.CALL, "environment-all")),
    npm_example(does("network", "https://files.example/linux", When.INSTALL, "weak-fingerprint")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such message."""
    yield from by_command(evidence)
    for one in pick(evidence, "send", "network"):
        told = [words for taint, words in TELLING.items() if taint in one.taints]
        if told:
            message = f"sends {' and '.join(told)}: {shown(one.detail)}"
            yield say.of(one, severity_of(one), confidence_of(one), message)
        elif one.when in FIRST and "weak-fingerprint" in one.taints and not asked_already(evidence, one):
            yield say.of(one, Severity.MEDIUM, Confidence.MEDIUM, f"sends what platform this is: {shown(one.detail)}")


def by_command(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each command that carries what it tells in its own words."""
    for one in pick(evidence, "spawn"):
        told = [words for taint, words in TELLING.items() if taint in one.taints]
        if told and SENDERS.search(one.detail) and HOLE in one.detail:
            message = f"sends {' and '.join(told)} with a command: {shown(one.detail)}"
            yield say.of(one, Severity.HIGH, Confidence.HIGH, message)


def asked_already(evidence: Evidence, behaviour: Behaviour) -> bool:
    """Say whether this is a download of an npm hook, which `hook-download` asks about: it needs the platform."""
    return evidence.release.ecosystem == "npm" and behaviour.kind == "network"


def severity_of(behaviour: Behaviour) -> Severity:
    """Return how bad it is: a socket to nobody knows where, once imported, is often a pipe to a process of its own."""
    piped = behaviour.when is When.IMPORT and behaviour.detail == f"{HOLE}:{HOLE} raw"
    return Severity.MEDIUM if piped else Severity.HIGH


def confidence_of(behaviour: Behaviour) -> Confidence:
    """Return how sure we are: very, when somebody is told outright or during an install."""
    return Confidence.HIGH if behaviour.kind == "send" or behaviour.when in FIRST else Confidence.MEDIUM
