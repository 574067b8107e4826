"""Does the package read where browsers, chat clients or wallets keep their secrets?

Logins, cookies, cards, chat tokens and keys lie in known folders of the home directory. Hardly any library has business
there, and none has it while it is being imported.

Remedy: do not install. If you have, end all sessions, change passwords and move coins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, mark, marks, pick, shown, together
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1555.003", "T1539", "T1552.001")
STORE = mark("chromium-profile", "browser-store")
HOOK = mark("chat-webhook", "webhook")
hits = (
    example(does("read", "%LOCALAPPDATA%/Google/Chrome/User Data", When.IMPORT, "", STORE)),
    example(
        does("read", "~/.config/google-chrome", When.CALL, "", STORE),
        does("send", "https://hooks.example/a", When.CALL, "", HOOK),
    ),
)
misses = (
    example(does("read", "~/.config/google-chrome", When.CALL, "", STORE)),
    example(does("read", "~/.netrc", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each store that is read unasked, or on call together with a place to send it to."""
    for one in pick(evidence, "read"):
        for store in marks(one, "browser-store", "wallet-store"):
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, f"reads what {store.reason}: {shown(one.detail)}")
    senders = [
        one for one in pick(evidence, "send", "network", when=USED) if marks(one, "webhook", "oast", "file-drop")
    ]
    for one in pick(evidence, "read", when=USED):
        for store in marks(one, "browser-store", "wallet-store"):
            if any(together(evidence, one, other) for other in senders):
                message = f"can read what {store.reason}, and send it away: {shown(one.detail)}"
                yield say.of(one, Severity.CRITICAL, Confidence.MEDIUM, message)
