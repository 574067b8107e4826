"""Does the package read secrets or watch the person, and send what it sees, without being asked to?

Keys, credentials, logins, wallets, the clipboard, the screen, the keyboard: none of them belongs on the network because
somebody imported a library.

Remedy: do not install. If you have, renew every credential on the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, marks, pick, shown, together
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1552", "T1041", "T1056", "T1113", "T1115")
hits = (
    example(does("send", "https://files.example/", When.IMPORT, "file secret")),
    example(does("capture", "pyperclip.paste", When.IMPORT), does("send", "https://files.example/", When.IMPORT)),
)
misses = (
    example(does("send", "https://files.example/", When.CALL, "environment secret")),
    example(does("capture", "pyperclip.paste", When.CALL), does("send", "https://files.example/", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each secret that is sent."""
    for one in pick(evidence, "send", "network", "lookup"):
        if {"secret", "capture"} & set(one.taints):
            severity, confidence = weight(one)
            yield say.of(one, severity, confidence, f"sends secrets away: {shown(one.detail)}")
    for watched in pick(evidence, "capture"):
        if any(together(evidence, watched, other) for other in pick(evidence, "send", "network")):
            message = f"watches the person ({shown(watched.detail)}) and talks to the network"
            yield say.of(watched, Severity.HIGH, Confidence.HIGH, message)
    for one in pick(evidence, "send", when=USED):
        if {"secret", "capture"} & set(one.taints) and marks(one, "webhook", "oast"):
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"can send secrets away: {shown(one.detail)}")


def weight(behaviour: Behaviour) -> tuple[Severity, Confidence]:
    """Return how much a message with a secret weighs: less when nobody can say where it goes or what it is."""
    if "." not in behaviour.detail:
        return Severity.MEDIUM, Confidence.MEDIUM if behaviour.when in FIRST else Confidence.LOW
    if certain(behaviour):
        return Severity.CRITICAL, Confidence.HIGH
    return Severity.HIGH, Confidence.HIGH if behaviour.when in FIRST else Confidence.LOW


def certain(behaviour: Behaviour) -> bool:
    """Say whether what is sent is more than one variable of the environment, which may be meant for the service."""
    return "capture" in behaviour.taints or ("secret" in behaviour.taints and "environment" not in behaviour.taints)
