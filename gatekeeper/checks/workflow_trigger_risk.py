"""Does a change to a workflow let strangers' code run with rights, or on a machine, that they should not have?

`pull_request_target` and its like run with the repository's secrets; to check out what a stranger proposes there is to
hand them over. A runner of one's own keeps what a run leaves behind. `write-all` lets a run change everything.

Remedy: use `pull_request`, hosted runners and single permissions, or look closely at who may cause such a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1078")
SENTENCES = {
    "strange-checkout": "checks out what strangers propose, with the repository's secrets at hand",
    "own-runner": "runs on a runner of one's own",
    "write-all": "may change everything in the repository",
}
hits = tuple(noticed(kind, "what the file says") for kind in SENTENCES)
misses = (noticed("unpinned-action", "owner/action@v1"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each of these that is new."""
    yield from from_notices(say, evidence, Severity.MEDIUM, SENTENCES)
