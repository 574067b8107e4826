"""Does an entry of a lock lead to something else than it says?

Nobody reads the hundreds of lines that change in a lock file. An entry under an honest name may lead to another
package's file, and the digest of a version that is out never changes.

Remedy: make the lock anew from the manifest, and look at what the change did to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1565.001")
GRAVE = {
    "name-mismatch": "its address is another package's",
    "changed-digest": "the same version has other bytes than before",
}
ODD = {
    "unknown-digest": "the index serves other bytes than the lock expects",
    "two-answers": "the file says two things about it",
    "repeated-key": "the file says something twice, and tools take different ones",
}
hits = (noticed("name-mismatch", "a leads to b"), noticed("unknown-digest", "a 1.0"))
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such entry."""
    yield from from_notices(say, evidence, Severity.HIGH, GRAVE)
    yield from from_notices(say, evidence, Severity.MEDIUM, ODD)
