"""Does the release do something unasked that the release before it did not?

A hijacked package is an honest one with something new in it: an install script, a host, a program. The earlier release
is fetched and compared where this one raises a question, or gains an install script. A patch release that gains what
raises the question is refused.

Remedy: read what is new; take the earlier version; wait some days; write a waiver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, cut
from gatekeeper.model import Change, Confidence, Evidence, Finding, Release, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1204.005")
ACTS = frozenset({"behaviour", "host"})
RUNS = frozenset({"hook", "startup"})
SMALL = "patch"
WORDS = {
    "hook": "runs {} at install",
    "startup": "runs {} at startup",
    "behaviour": "{}",
    "host": "names the host {}",
    "binary": "ships the native program {}",
    "dependency": "requires {}, which its own code never names",
}


def _example(*changes: Change) -> Evidence:
    return Evidence(Release("npm", "example", "1.2.4"), changes=changes)


HOOK = Change("hook", "setup.js", "1.2.3", "patch", "setup.js")
HOST = Change("host", "collect.example", "1.2.3", "patch", "setup.js", 3)
hits = (
    _example(HOOK, HOST),
    _example(HOST),
    _example(Change("dependency", "plain-crypto", "1.2.3", "patch", "package.json")),
)
misses = (_example(),)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield one finding that lists what is new: worse where a small step brings something that runs and acts."""
    changes = evidence.changes
    if not changes:
        return
    kinds = {change.kind for change in changes}
    acts, runs = bool(kinds & ACTS), bool(kinds & RUNS)
    small = changes[0].step == SMALL
    severity = Severity.NOTE
    if acts and (small or runs):
        severity = Severity.HIGH if small and runs else Severity.MEDIUM
    what = "; ".join(dict.fromkeys(WORDS[change.kind].format(change.detail) for change in changes))
    first = next((change for change in changes if change.kind in RUNS), changes[0])
    yield Finding(
        say.check, severity, Confidence.MEDIUM, cut(f"new since {changes[0].since}: {what}"),
        When.INSTALL if runs else When.IMPORT, first.file, first.line, None, ATTACK,
    )  # fmt: skip
