"""Does the package send a private key, or the words that one is made of, to an address that it chose itself?

A wallet's or signer's library is trusted with keys so that it signs with them. It may send what it signed; the key
itself, its seed or its recovery phrase belong on no wire, unless the caller says where to.

Remedy: do not install. If you have used it, move what the keys guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, pick, shown
from gatekeeper.model import UNASKED, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1552.004", "T1041")
hits = (
    example(does("network", "https://files.example/", When.CALL, "private-key")),
    example(does("send", "https://files.example/", When.IMPORT, "private-key")),
)
misses = (
    example(does("send", "https://files.example/", When.CALL, "environment secret")),
    example(does("send", "\N{HORIZONTAL ELLIPSIS}", When.CALL, "private-key")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each key that is sent."""
    for one in pick(evidence, "send", "network", "lookup", when=UNASKED | USED):
        if "private-key" in one.taints and "." in one.detail:
            word = "sends" if one.when in UNASKED else "can send"
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"{word} a private key away: {shown(one.detail)}")
