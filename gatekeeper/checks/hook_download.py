"""Must the package download something from elsewhere while it is installed?

Hooks of npm packages that fetch a program or a browser are common, and what they fetch is in no lock file and was never
judged: it can be another thing tomorrow. The hosts are named as far as the code shows them.

Remedy: install with the hook left out, or allow the named hosts for this release if the project is known to need them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, declared_lines, does, host_is_free, mark, npm_example, pick, shown
from gatekeeper.model import FIRST, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1105")
HOST = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@?#]*@)?([^/:?#\s]+)|^([\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:[/\s]|$)", re.IGNORECASE
)
MOST_HOSTS = 5
DECLARED = mark("declared-package", "declared-package", Severity.NOTE)
hits = (
    npm_example(does("network", "https://files.example/tool.zip")),
    npm_example(does("network", f"{HOLE}/tool.zip")),
)
misses = (
    npm_example(does("network", "https://files.example/tool.zip", When.CALL)),
    npm_example(does("spawn", "node-gyp rebuild")),
    npm_example(does("network", "https://registry.example/a/-/a-1.tgz", When.INSTALL, "", DECLARED)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for the first download of an install hook, with all hosts."""
    if evidence.release.ecosystem != "npm":
        return
    free = declared_lines(evidence)
    found = [
        one
        for one in pick(evidence, "network", when=FIRST)
        if (one.file, one.line) not in free or not host_is_free(one)
    ]
    if not found:
        return
    hosts = dict.fromkeys(host_of(one.detail) for one in found)
    known = [host for host in hosts if host is not None][:MOST_HOSTS]
    words = " and ".join(shown(host) for host in known) or "a host that is only known when it runs"
    if known and None in hosts:
        words += ", and a host that is only known when it runs"
    yield say.of(found[0], Severity.MEDIUM, Confidence.HIGH, f"downloads while it is installed, from {words}")


def host_of(detail: str) -> str | None:
    """Return the host of an address as far as it is known."""
    match = HOST.match(detail)
    host = None if match is None else match.group(1) or match.group(2)
    return None if host is None or HOLE in host or "%" in host or "$" in host else host.lower()
