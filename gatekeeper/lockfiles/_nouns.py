"""What a file of any format is read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.model import Notice, Place
    from gatekeeper.wish import Locked, Source

LOCK, MANIFEST = "lock", "manifest"
JUDGED = frozenset({"pypi", "npm"})


@dataclass(frozen=True, slots=True)
class Include:
    """Another file that a file names, relative to itself, as pip's `-r` and `-c` do."""

    path: str
    place: Place
    constraint: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class LockFile:
    """A lock or manifest: every release that it names, in its order, and where it would have them fetched."""

    file: str
    ecosystem: str
    kind: str  # LOCK or MANIFEST
    releases: tuple[Locked, ...] = ()
    own: tuple[Locked, ...] = ()  # the project's own packages, which no index serves
    sources: tuple[Source, ...] = ()
    problems: tuple[Notice, ...] = ()  # what is readable, and odd
    includes: tuple[Include, ...] = ()
    rooted: bool = False  # whether the file itself says what the project asks for
    linked: bool = False  # whether it says which entry needs which
    format: str = field(default="", compare=False)  # the name of the module that read it
