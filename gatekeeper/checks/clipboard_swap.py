"""Does the package watch the clipboard for wallet addresses, to put another one in their place?

Whoever copies an address pastes the attacker's. Reading the clipboard beside a pattern of addresses, and writing it, is
what such code consists of.

Remedy: do not install. If you have, compare every address that you paste.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, pick, shown
from gatekeeper.model import UNASKED, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1115", "T1565.002")
PATTERN = does("wallet-pattern", "bc1[a-z0-9]{39}", When.IMPORT)
hits = (
    example(PATTERN, does("capture", "pyperclip.paste", When.IMPORT), does("clipboard-write", "copy", When.IMPORT)),
    example(PATTERN, does("capture", "pyperclip.paste", When.CALL), does("clipboard-write", "copy", When.CALL)),
)
misses = (
    example(PATTERN, does("clipboard-write", "pyperclip.copy", When.CALL)),
    example(does("capture", "pyperclip.paste", When.CALL), does("clipboard-write", "pyperclip.copy", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each file that reads and writes the clipboard and knows wallet addresses."""
    files = {
        kind: {one.file for one in pick(evidence, kind, when=When)} for kind in ("wallet-pattern", "clipboard-write")
    }
    for one in pick(evidence, "capture", when=When):
        if any(word in one.detail.lower() for word in ("clip", "paste")) and all(
            one.file in had for had in files.values()
        ):
            confidence = Confidence.HIGH if one.when in UNASKED else Confidence.MEDIUM
            yield say.of(
                one, Severity.CRITICAL, confidence, f"swaps wallet addresses in the clipboard: {shown(one.detail)}"
            )
