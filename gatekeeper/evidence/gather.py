"""Gather all facts about one artifact: which code runs when, what it does, and what was not read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError
from gatekeeper.evidence._base import Ledger
from gatekeeper.evidence._layout import Layout
from gatekeeper.evidence._python import read_python
from gatekeeper.evidence.names import lookalikes
from gatekeeper.model import Artifact, Evidence, Notice, Release, Surface, Unread, When

if TYPE_CHECKING:
    from gatekeeper.artifacts.opening import Opened

COMPILED = (".pyc", ".pyo")
MOST_COMPILED = 20  # files that are named: the rest says nothing new
MOST_BYTES = 256 << 20  # of source files read from one artifact


class Reading:
    """Reads members once, within a budget; what cannot be read is written down and never taken for empty."""

    def __init__(self, opened: Opened, ledger: Ledger) -> None:
        """Read from an opened artifact."""
        self.opened = opened
        self.ledger = ledger
        self.left = MOST_BYTES
        self.kept: dict[str, bytes] = {}

    def read(self, path: str) -> bytes | None:
        """Return a member's bytes, or None (and a line in the ledger) when they cannot be had."""
        if path in self.kept:
            return self.kept[path]
        member = self.opened.members.get(path)
        if member is None:
            return None
        self.left -= member.size
        if self.left < 0:
            self.ledger.unread.setdefault(path, Unread(path, "the artifact holds more than is read"))
            return None
        try:
            content = self.opened.read(path)
        except UnreadableError as error:
            self.ledger.unread.setdefault(path, Unread(path, error.message))
            return None
        if len(self.kept) < 64 and len(content) < 1 << 16:  # noqa: PLR2004 - only what setup.py and __init__ ask for twice
            self.kept[path] = content
        return content


def gather(opened: Opened, release: Release, artifact: Artifact | None, *, requested: bool = False) -> Evidence:
    """Return all facts about an opened artifact of a release."""
    ledger = Ledger()
    for unread in opened.unread:
        ledger.unread[unread.path] = unread
    if release.ecosystem == "pypi":
        _note_compiled(opened, ledger)
        read_python(opened.kind, Layout(opened.members), Reading(opened, ledger).read, ledger)
    notices: tuple[Notice, ...] = ()
    if release.ecosystem == "npm":
        from gatekeeper.evidence._npm import read_npm

        notices = read_npm(opened.kind, opened.members, Reading(opened, ledger).read, ledger)
    return Evidence(
        release=release,
        artifact=artifact,
        kind=opened.kind,
        requested=requested,
        surfaces=tuple(ledger.surfaces.values()),
        behaviours=tuple(ledger.behaviours.values()),
        unread=tuple(ledger.unread.values()),
        lookalikes=lookalikes(release.ecosystem, release.name),
        notices=notices,
    )


def _is_cache(opened: Opened, path: str) -> bool:
    """Say whether a file is a cached compilation in an sdist: builds are told to keep their caches elsewhere.

    (PYTHONPYCACHEPREFIX, set for everything that the client starts.) A wheel's are installed beside their sources.
    """
    return opened.kind == "sdist" and "/__pycache__/" in f"/{path}"


def _note_compiled(opened: Opened, ledger: Ledger) -> None:
    """Note compiled Python: it is not read, and it runs wherever its path can be imported, or before its source."""
    found = (path for path in opened.members if path.lower().endswith(COMPILED) and not _is_cache(opened, path))
    if opened.kind == "folder":
        # Old Pythons left these beside their source in a person's own tree; the source is imported before them.
        found = (path for path in found if path[:-1] not in opened.members)
    for path in islice(found, MOST_COMPILED):
        ledger.unread.setdefault(path, Unread(path, "compiled Python, which may say something else than any source"))
        ledger.surfaces.setdefault(path, Surface(path, When.IMPORT, "compiled Python that may be imported"))


def gather_name(release: Release, *, requested: bool = False) -> Evidence:
    """Return what the name alone tells."""
    return Evidence(release, requested=requested, lookalikes=lookalikes(release.ecosystem, release.name))
