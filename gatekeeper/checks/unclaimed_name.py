"""Could anybody register this private name where the client also looks?

The client asks its own index for this name too, and there is none yet. Whoever registers it there first is asked from
then on, and a bare client takes the higher version. Known only from what the client asks anyway: no index is asked for
the sake of this.

Remedy: add the name to `[origins] internal`, which keeps it from being asked for outside; or register it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (noticed("unclaimed-name", "acme-core"),)
misses = (noticed("two-indexes", "first and second"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for each private name that is free outside."""
    yield from from_notices(say, evidence, Severity.NOTE, {"unclaimed-name": "nobody has claimed this name outside"})
