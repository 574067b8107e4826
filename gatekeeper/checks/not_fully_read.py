"""Was everything read that runs?

A file that is too large, nested too deeply or broken may hide what it does. Where such a file runs, nobody can say that
the package is clean; where it never runs, or is large and was read function by function until nothing that can act was
left, this is only mentioned. Compiled Python is not read at all, and code behind a link out of a person's own folder is
not looked at: both count as running.

Remedy: look at the file that is named, or install another version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, cut
from gatekeeper.model import Confidence, Evidence, Finding, Release, Severity, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.model import Verdict

ATTACK = ("T1027",)
RUNS = frozenset({When.INSTALL, When.BUILD, When.STARTUP, When.IMPORT})
CANNOT_RUN = "does not parse"  # such a file stops its own importer; in an install it still deserves a look
LEADS_NOWHERE = "a link to nothing"  # an editor's lock, or a file that is gone
PYTHON_OUTSIDE = "a link to a folder outside that may hold Python"
PYTHON = (".py", ".pyw", ".pyc", ".pth")
PACKAGING = frozenset({"setup.cfg", "pyproject.toml"})
NPM_FILES = frozenset({"package.json", ".npmrc", "binding.gyp"})  # what npm acts on in a person's own folder
NOT_CALLED = "functions that nothing calls"
NOT_DEEP = "not read deeper"  # the fast pass read it and could not settle it; the deep pass did not get through it
COMPILED = "compiled Python, of which only names and texts are read"  # what they tell is a finding of its own
PIECEWISE = "read function by function"  # every function was read by itself, and only what ties them together was not
hits = (
    Evidence(
        Release("pypi", "example"),
        surfaces=(Surface("setup.py", When.INSTALL, "runs"),),
        unread=(Unread("setup.py", "too large to parse"),),
    ),
    Evidence(Release("pypi", "example"), unread=(Unread("example/table.bin", "larger than we read"),)),
    Evidence(
        Release("pypi", "example"),
        kind="folder",
        unread=(Unread("setup.py", "a link that leads out of the folder"),),
    ),
)
misses = (Evidence(Release("pypi", "example")), Evidence(Release("npm", "example")))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each file that was not read to the end."""
    surfaces = {surface.path: surface for surface in evidence.surfaces}
    for unread in evidence.unread:
        surface = surfaces.get(unread.path)
        when = surface.when if surface is not None else moment_of(unread, evidence)
        severity = severity_of(when, unread.reason)
        message = cut(f"was not read to the end: {unread.path}: {unread.reason}")
        yield Finding(say.check, severity, Confidence.HIGH, message, when, cut(unread.path), None, None, ATTACK)


def moment_of(unread: Unread, evidence: Evidence) -> When:
    """Return when something runs that could not even be opened: in a person's own folder, code counts as installing.

    An archive with a link that leads out of it is refused before, so nothing unseen lies behind such a path there.
    """
    name = unread.path.rpartition("/")[2].lower()
    if evidence.kind != "folder" or unread.reason == LEADS_NOWHERE:
        return When.NEVER
    if evidence.release.ecosystem == "npm":
        return When.INSTALL if name in NPM_FILES else When.NEVER
    runs = name.endswith(PYTHON) or name in PACKAGING or unread.reason == PYTHON_OUTSIDE
    return When.INSTALL if runs else When.NEVER


def lost_depth(verdicts: Iterable[Verdict]) -> list[str]:
    """Return one line for each way in which the engine as a whole failed: it is never missing silently."""
    reasons: dict[str, int] = {}
    for finding in (finding for verdict in verdicts for finding in verdict.findings):
        why = finding.message.rpartition(f"{NOT_DEEP}: ")[2]
        if finding.check == say.check and f"{NOT_DEEP}: semgrep" in finding.message:
            reasons[why] = reasons.get(why, 0) + 1
    return [f"read by the fast pass alone ({count} suspect files): {why}" for why, count in reasons.items()]


def severity_of(when: When, reason: str) -> Severity:
    """Return how much it matters: a question where the file runs, a note where it never does or cannot."""
    if when not in RUNS or reason.startswith(NOT_CALLED):
        return Severity.NOTE
    if when is When.IMPORT and reason.startswith(NOT_DEEP):
        return Severity.LOW
    if when is When.IMPORT and reason == COMPILED:
        return Severity.NOTE
    if when is When.IMPORT and (reason.startswith(CANNOT_RUN) or PIECEWISE in reason):
        return Severity.NOTE
    return Severity.MEDIUM
