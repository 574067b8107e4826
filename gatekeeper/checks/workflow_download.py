"""Does a change to a workflow run what it fetches, or go where anybody may put or fetch anything?

To pipe an installer into a shell is common and a question every time it is new: what is fetched can be another thing
tomorrow. Without encryption, from a bare address, or to request bins, paste sites, tunnels and the like it is no habit
of honest builds.

Remedy: fetch a fixed version and compare its digest, or use an action that is pinned to a commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1105", "T1059", "T1102")
GRAVE = {
    "fetched-code-openly": "runs what it fetches without encryption, or from a bare address",
    "odd-host": "goes to a host that anybody may use",
}
ASKED = {"fetched-code": "runs what it fetches"}
hits = (
    noticed("fetched-code", "curl -sSf https://files.example/setup.sh | sh"),
    noticed("fetched-code-openly", "curl http://files.example/setup.sh | sh"),
)
misses = (noticed("unpinned-action", "owner/action@v1"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such line."""
    yield from from_notices(say, evidence, Severity.HIGH, GRAVE)
    yield from from_notices(say, evidence, Severity.MEDIUM, ASKED)
