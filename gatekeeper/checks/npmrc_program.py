"""Does the folder's .npmrc make npm start a program, or load a file, from the folder itself?

npm reads .npmrc in whatever folder it is started, and `script-shell`, `node-options` or `git` there decide what runs
with every script. A folder that somebody sent brings its own.

Remedy: look at the file that is named, and take the line out unless you wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1574.007")
hits = (npm_example(does("npmrc-program", "script-shell = ./run.sh")),)
misses = (npm_example(does("spawn", "node ./run.js")),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each such setting."""
    for one in pick(evidence, "npmrc-program", when={When.INSTALL}):
        message = f"makes npm run something from the folder: {shown(one.detail)}"
        yield say.of(one, Severity.MEDIUM, Confidence.HIGH, message)
