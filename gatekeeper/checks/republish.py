"""Does the package publish packages by itself?

A worm takes the logins that it finds and publishes itself into everything that they open. No package has to publish
another one while it is installed or imported.

Remedy: do not install. If you have, revoke the machine's publishing tokens and look at what was released with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, npm_example, pick, shown, together
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.002", "T1078")
PUBLISH = mark("publish", "publish")
LOGIN = mark("publishing-credentials", "credential-store")
hits = (
    npm_example(does("spawn", "npm publish --tag latest", When.INSTALL, "", PUBLISH)),
    npm_example(
        does("spawn", "npm publish", When.IMPORT, "", PUBLISH), does("read", "~/.npmrc", When.IMPORT, "", LOGIN)
    ),
)
misses = (
    example(does("spawn", "twine upload dist/*", When.INSTALL, "", PUBLISH)),
    npm_example(does("spawn", "npm publish", When.CALL, "", PUBLISH)),
    npm_example(does("spawn", "npm pack", When.INSTALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each publication that runs unasked."""
    for one in pick(evidence, "spawn"):
        if marks(one, "publish") and is_spreading(evidence, one):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"publishes packages: {shown(one.detail)}")


def is_spreading(evidence: Evidence, behaviour: Behaviour) -> bool:
    """Say whether this is no shortcut for the author, which setup.py files of old have, and which reads no login."""
    stolen = any(
        marks(other, "credential-store") and together(evidence, behaviour, other)
        for other in pick(evidence, "read", "write", "send", "network")
    )
    spread = any(other.detail.endswith("package.json") for other in pick(evidence, "write"))
    return stolen or spread or (evidence.release.ecosystem == "npm" and behaviour.when in FIRST)
