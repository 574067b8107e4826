"""Does a file of the project hold a password or token for an index?

In an address of a requirements file or a lock, or in the project's .npmrc, everybody who gets the project reads it. The
gate uses it for its own host alone and shows it to nobody; that does not make it a secret again.

Remedy: change it, and keep the new one in the environment (`${NAME}`), a netrc file, a keyring or your own settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._notices import from_notices, noticed
from gatekeeper.model import Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1552.001",)
WHAT = "a secret in a file of the project"
SENTENCES = {"written-secret": WHAT, "address-credentials": WHAT}
hits = (noticed("written-secret", "holds a password"),)
misses = (noticed("plain-http", "http://index.example/"),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for each line that holds one."""
    yield from from_notices(say, evidence, Severity.NOTE, SENTENCES)
