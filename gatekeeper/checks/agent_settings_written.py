"""Does the package write the settings of an editor or coding agent, without being asked to?

Such settings hold commands that run when a folder is opened or a session starts, and words that steer an agent. Writing
them is a way to run again, with the person's own rights.

Remedy: do not install. If you have, look at the file that is named and take out what you did not put there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, about_written, does, example, mark
from gatekeeper.model import Evidence, Finding, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1546", "T1195.001")
SETTINGS = mark("agent-settings", "agent-settings")
hits = (
    example(does("write", "~/.claude/settings.json", When.INSTALL, "", SETTINGS)),
    example(does("write", ".vscode/tasks.json", When.IMPORT, "", SETTINGS)),
)
misses = (
    example(does("write", ".vscode/settings.json", When.CALL, "", SETTINGS)),
    example(does("read", "~/.claude/settings.json", When.IMPORT, "", SETTINGS)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such file."""
    yield from about_written(say, evidence, "agent-settings")
