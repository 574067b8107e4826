"""Do two indexes serve this name, with different files?

The release comes from the name's owner, and from nobody else: whom `[origins]` or the project's files name, else an
index that somebody configured before the client's own, else the one that is configured first. The bare client would
take the highest version, whoever serves it. Where the owner is the younger of two that somebody configured, that is a
question. The same files with the same digests make a mirror, which is not worth a word.

Remedy: name the owner in `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("two-indexes", "first and second"), noticed("younger-index", "only since 2026-03-01"))
misses = (noticed("plain-http", "http://index.example/"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for each name that two indexes serve, and a question when the wrong one may have come first."""
    yield from from_notices(say, evidence, Severity.NOTE, {"two-indexes": "two indexes serve this name"})
    yield from from_notices(
        say, evidence, Severity.MEDIUM, {"younger-index": "another index had this name before its owner"}
    )
