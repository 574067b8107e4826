"""Does the project say that a name belongs to an index which this client does not use?

Files for uv, Poetry and Pipenv may pin a name to an index. pip reads none of that, and takes the name from wherever it
looks. Where it does use that index, the name comes from there alone.

Remedy: give pip the index too (`--extra-index-url`), or name the owner in `[origins]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("declared-index", "acme-core belongs to the index corp"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each name that would come from another index than the project says."""
    sentences = {"declared-index": "the project's files name another index"}
    yield from from_notices(say, evidence, Severity.MEDIUM, sentences)
