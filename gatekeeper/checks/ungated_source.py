"""Does something come from where no gate can look before it runs?

Version control addresses, requirement files on the network, and paths or addresses that a package asks for are fetched
by the installer itself. Nobody has judged what arrives.

Remedy: name a release on an index instead, or fetch it yourself, look at it, and install the folder or file. For npm,
pin the full commit (or take the file's SHA-256) and write a waiver that names it: the gate judges just that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
SENTENCES = {
    "vcs-source": "comes from version control, where no gate can look first",
    "remote-requirements": "is listed in a requirements file on the network",
    "path-source": "comes from a path or address that a package asks for",
}
hits = (noticed("vcs-source", "git+https://code.example/a.git"),)
misses = (noticed("two-indexes", "a and b"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such source."""
    yield from from_notices(say, evidence, Severity.HIGH, SENTENCES)
