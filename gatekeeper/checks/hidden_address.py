"""Does the package hide where it connects to?

An address that is written in base64, hex or another encoding is hidden from readers, and from nothing else.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027", "T1071.001")
hits = (
    example(does("hidden-address", "http://files.example/a", When.IMPORT)),
    example(does("network", "http://files.example/a", When.INSTALL, "decoded")),
)
misses = (
    example(does("hidden-address", "http://files.example/a", When.CALL)),
    example(does("network", "http://a.example", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each hidden address in code that runs unasked."""
    for one in pick(evidence, "hidden-address"):
        yield say.of(one, Severity.HIGH, Confidence.HIGH, f"hides an address: {shown(one.detail)}")
    for one in pick(evidence, "network", "send", "lookup"):
        if "decoded" in one.taints and "network" not in one.taints and "." in one.detail:
            yield say.of(
                one, Severity.HIGH, Confidence.MEDIUM, f"goes to an address that it decodes: {shown(one.detail)}"
            )
