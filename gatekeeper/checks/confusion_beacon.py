"""Does the package report to somebody that it was installed here?

Packages under the names of companies' internal ones tell their author whom he reached: the names of the user, the
machine and the folder, looked up as part of a host name or sent to a request bin. That it calls itself research makes
no difference: nobody agreed to it.

Remedy: do not install. Find out which of your projects asked for this name, and claim or pin it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, does, example, mark, marks, pick, shown
from gatekeeper.model import FIRST, UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1071.004", "T1082")
BIN = mark("request-bin", "oast")
TELLING = frozenset({"fingerprint", "weak-fingerprint", "environment-all", "command-output"})
hits = (
    example(does("lookup", f"{HOLE}.names.example", When.INSTALL, "fingerprint")),
    example(does("network", "https://a.bin.example/", When.IMPORT, "weak-fingerprint", BIN)),
    example(does("network", "https://files.example/a"), does("claims-research", "for security research")),
)
misses = (
    example(does("lookup", "names.example", When.INSTALL)),
    example(does("lookup", HOLE, When.IMPORT, "fingerprint")),
    example(does("network", "https://files.example/", When.CALL, "fingerprint")),
    example(does("claims-research", "for security research", When.NEVER)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each message to somebody who waits for it."""
    claims = any(pick(evidence, "claims-research", when=When))
    for one in pick(evidence, "lookup", "network", "send"):
        if is_beacon(one) and (not TELLING.isdisjoint(one.taints) or one.when in FIRST):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"reports where it was installed: {shown(one.detail)}")
        elif claims and one.when in UNASKED and (one.when in FIRST or not TELLING.isdisjoint(one.taints)):
            message = f"reports in the name of research that nobody agreed to: {shown(one.detail)}"
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, message)


def is_beacon(behaviour: Behaviour) -> bool:
    """Say whether somebody waits for a message: a request bin, or a name server that hears the parts of a name."""
    if marks(behaviour, "oast"):
        return True
    asks = behaviour.kind == "lookup" and not TELLING.isdisjoint(behaviour.taints)
    return asks and behaviour.detail != HOLE and "." in behaviour.detail
