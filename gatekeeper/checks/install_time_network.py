"""Does installing the package talk to the network?

An sdist's build may run code, but what it needs is declared and fetched by the installer. A setup.py that talks to the
network by itself fetches what nobody judged, or tells somebody that it ran. Hooks of npm packages fetch programs more
often: there `hook-download` asks about fetching, and only sending is meant here.

Remedy: install a wheel, or build one where the network is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, does, example, marks, npm_example, pick, shown
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1071.001")
ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip", ".whl", ".egg", ".gz")
hits = (
    example(does("network", "http://files.example/")),
    example(does("send", "https://files.example/a", When.STARTUP)),
)
misses = (
    npm_example(does("network", "http://files.example/")),
    example(does("network", "http://files.example/", When.IMPORT)),
    example(does("lookup", "localhost", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each connection during an install."""
    kinds = ("send",) if evidence.release.ecosystem == "npm" else ("network", "send")
    for one in pick(evidence, *kinds, when=FIRST):
        yield say.of(
            one, severity_of(one), Confidence.HIGH, f"talks to the network while it is installed: {shown(one.detail)}"
        )


def severity_of(behaviour: Behaviour) -> Severity:
    """Return how bad it is: source archives, code hosts, a project's own site and unknown places are a question."""
    place = behaviour.detail.split("?")[0].split()[0] if behaviour.detail.split() else HOLE
    raw = behaviour.detail.endswith(" raw")
    host = place.partition(":")[0] if raw else place.partition("://")[2].partition("/")[0]
    if behaviour.kind == "send" and host:
        return Severity.HIGH
    if marks(behaviour, "code-host", "own-site") or place.endswith(ARCHIVES) or not host or HOLE in host or "%" in host:
        return Severity.MEDIUM
    return Severity.HIGH
