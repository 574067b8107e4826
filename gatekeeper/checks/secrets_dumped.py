"""Does a change to a workflow hand out the repository's secrets?

All secrets at once, or the whole environment, are never what a step needs: worms put them into one variable and send it
off. A secret that is encoded first is hidden from whoever would blot it out of the log. One named secret in a message
to some host may be meant for it, and is worth a question.

Remedy: give each step the one secret that it needs, by name. If this has run already, renew every secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1552", "T1041", "T1195.001")
GRAVE = {
    "secrets-dumped": "all secrets, or the whole environment, are handed out",
    "secrets-hidden": "a secret is sent away, encoded or out of a file",
    "secrets-masked": "secrets are encoded, so that the log shows them",
}
ASKED = {
    "secrets-handed": "an action is given all secrets at once",
    "secret-sent": "a secret is sent in a message",
}
hits = (noticed("secrets-dumped", "${{ toJSON(secrets) }}"), noticed("secret-sent", "https://files.example/"))
misses = (noticed("unpinned-action", "owner/action@v1"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such place."""
    yield from from_notices(say, evidence, Severity.HIGH, GRAVE)
    yield from from_notices(say, evidence, Severity.MEDIUM, ASKED)
