"""Gather all facts about one artifact: which code runs when, what it does, and what was not read."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError
from gatekeeper.evidence._base import Ledger
from gatekeeper.evidence._claims import note_claims
from gatekeeper.evidence._compiled_facts import note_compiled
from gatekeeper.evidence._compiled_places import compiled_surfaces
from gatekeeper.evidence._homes import mark_homes
from gatekeeper.evidence._layout import Layout
from gatekeeper.evidence._python import read_python
from gatekeeper.evidence.names import lookalikes
from gatekeeper.model import Artifact, Evidence, Notice, Release, Unread

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.artifacts.opening import Opened

MOST_COMPILED = 20  # files that are named: the rest says nothing new
MOST_BYTES = 256 << 20  # of source files read from one artifact


class Reading:
    """Reads members once, within a budget; what cannot be read is written down and never taken for empty."""

    def __init__(self, opened: Opened, ledger: Ledger) -> None:
        """Read from an opened artifact."""
        self.opened = opened
        self.ledger = ledger
        self.left = MOST_BYTES
        self.left_again = MOST_BYTES  # for what is read more than once
        self.seen: set[str] = set()
        self.kept: dict[str, bytes] = {}
        self.last: tuple[str, bytes] = ("", b"")

    def read(self, path: str) -> bytes | None:
        """Return a member's bytes, or None (and a line in the ledger) when they cannot be had."""
        if path in self.kept:
            return self.kept[path]
        if path == self.last[0]:
            return self.last[1]
        member = self.opened.members.get(path)
        if member is None:
            return None
        if not self._pays(path, member.size):
            self.ledger.unread.setdefault(path, Unread(path, "the artifact holds more than is read"))
            return None
        try:
            content = self.opened.read(path)
        except UnreadableError as error:
            self.ledger.unread.setdefault(path, Unread(path, error.message))
            return None
        if len(self.kept) < 64 and len(content) < 1 << 16:  # noqa: PLR2004 - only what setup.py and __init__ ask for twice
            self.kept[path] = content
        self.last = (path, content)
        return content

    def _pays(self, path: str, size: int) -> bool:
        """Take a file's size from the budget, or from that for files that were read before."""
        if path in self.seen:
            self.left_again -= size
            return self.left_again >= 0
        self.seen.add(path)
        self.left -= size
        return self.left >= 0


def gather(opened: Opened, release: Release, artifact: Artifact | None, *, requested: bool = False) -> Evidence:
    """Return all facts about an opened artifact of a release."""
    ledger = Ledger()
    for unread in opened.unread:
        ledger.unread[unread.path] = unread
    if release.ecosystem == "pypi":
        read = Reading(opened, ledger).read
        _note_compiled(opened, read, ledger)
        read_python(opened.kind, Layout(opened.members), read, ledger)
        if "PKG-INFO" in opened.members:
            mark_homes(ledger, read)
    notices: tuple[Notice, ...] = ()
    if release.ecosystem == "npm":
        from gatekeeper.evidence._npm import read_npm

        notices = read_npm(opened.kind, opened.members, Reading(opened, ledger).read, ledger)
    note_claims(ledger, opened.members, Reading(opened, ledger).read)
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


def _note_compiled(opened: Opened, read: Callable[[str], bytes | None], ledger: Ledger) -> None:
    """Note what compiled Python holds that is imported: it may say something else than any source."""
    for surface in islice(compiled_surfaces(opened, read), MOST_COMPILED):
        note_compiled(surface, read, ledger)
        ledger.surfaces.setdefault(surface.path, surface)


def gather_name(release: Release, *, requested: bool = False) -> Evidence:
    """Return what the name alone tells."""
    return Evidence(release, requested=requested, lookalikes=lookalikes(release.ecosystem, release.name))
