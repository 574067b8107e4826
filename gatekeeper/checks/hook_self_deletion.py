"""Does an install hook wipe its traces: delete itself, or put another package.json in place?

Whoever looks at an installed package afterwards should find what ran. A hook that removes its own file, or swaps the
manifest that named it, does so that nobody finds it.

Remedy: do not install. If you have, treat the machine as taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import FIRST, Confidence, Evidence, Finding, Severity, Surface, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1070.004", "T1195.001")
MANIFEST = "package.json"
OWN = ("", "./", "__dirname/", "%INIT_CWD%/")
HOOK = Surface("setup.js", When.INSTALL, "runs")
hits = (
    npm_example(does("delete", "setup.js"), surfaces=(HOOK,)),
    npm_example(does("delete", "__filename")),
    npm_example(does("write", "package.json"), does("delete", "package.md")),
)
misses = (
    npm_example(does("delete", "build/tmp.o"), surfaces=(HOOK,)),
    npm_example(does("delete", "setup.js", When.CALL), surfaces=(HOOK,)),
    npm_example(does("read", "package.json")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each trace that is wiped."""
    hooks = {surface.path for surface in evidence.surfaces if surface.when in FIRST} - {MANIFEST}
    for one in pick(evidence, "delete", when=FIRST):
        if is_own(one.detail, hooks):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"deletes its own hook: {shown(one.detail)}")
    acts = any(pick(evidence, "network", "send", "exec", when=FIRST))
    made = {one.detail for one in pick(evidence, "write", when=FIRST)} - {MANIFEST}  # temporary files of its own
    acts = acts or any(one.detail not in made for one in pick(evidence, "delete", when=FIRST))
    for one in pick(evidence, "write", when=FIRST):
        if plain(one.detail) == MANIFEST:
            severity = Severity.HIGH if acts else Severity.MEDIUM
            yield say.of(one, severity, Confidence.HIGH, "writes its own package.json while it is installed")


def is_own(path: str, hooks: set[str]) -> bool:
    """Say whether a path is a file that runs while the package is installed."""
    name = plain(path)
    return name == "__filename" or name in hooks


def plain(path: str) -> str:
    """Return a path as seen from the package's own folder."""
    for start in sorted(OWN, key=len, reverse=True):
        if start and path.startswith(start):
            return path.removeprefix(start)
    return path
