"""Does a lock name a file by its address, so that no index answers for it?

What lies there was not judged by this check: an install that the gate guards fetches and judges it.

Remedy: name a release on an index, or install it through the gate and write a waiver for what was judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
SENTENCES = {"url-source": "comes from an address that no index answers for"}
hits = (noticed("url-source", "https://files.example/a.tgz"),)
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such entry."""
    yield from from_notices(say, evidence, Severity.MEDIUM, SENTENCES)
