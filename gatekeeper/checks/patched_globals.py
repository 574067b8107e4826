"""Does the package replace what all other code uses to reach the network or a wallet?

Code that puts its own function in the place of fetch, of XMLHttpRequest or of a wallet sees and can change every
request of the whole program: which is how payments are sent to somebody else.

Remedy: do not install, unless intercepting requests is what the package says it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1565.002", "T1557")
WALLETS = ("ethereum", "solana", "tron", "wallet", "phantom")
hits = (
    npm_example(does("patches", "window.ethereum.request", When.IMPORT)),
    npm_example(does("patches", "window.fetch", When.IMPORT), does("wallet-pattern", "0x[a-fA-F0-9]{40}", When.IMPORT)),
)
misses = (
    npm_example(does("patches", "window.fetch", When.IMPORT)),
    npm_example(does("wallet-pattern", "0x[a-fA-F0-9]{40}", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where a wallet is patched, or a request function beside patterns of wallet addresses."""
    addresses = {one.file for one in pick(evidence, "wallet-pattern", when=When)}
    for one in pick(evidence, "patches", when=When):
        wallet = any(word in one.detail.lower() for word in WALLETS)
        if wallet or one.file in addresses:
            yield say.of(one, Severity.HIGH, confidence_of(one), f"takes the place of {shown(one.detail)}")


def confidence_of(behaviour: Behaviour) -> Confidence:
    """Return how sure we are: code that nobody calls may wait for its caller."""
    return Confidence.HIGH if behaviour.when in UNASKED else Confidence.MEDIUM
