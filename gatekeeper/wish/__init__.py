"""What a client would do with the person's words, in nouns that every client shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gatekeeper.wish.hosts import is_loopback, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatekeeper.model import Notice, Place, Release


@dataclass(frozen=True, slots=True)
class Source:
    """An index or a find-links place that the client would use, and where the person wrote it."""

    kind: str  # index, find-links; registry, registry:@scope
    location: str = field(repr=False)  # may hold credentials
    place: Place
    default: bool = False  # the client's own default, which nobody wrote

    @property
    def host(self) -> str:
        """The host and port, without credentials; empty for a folder."""
        return urlsplit(self.shown).netloc

    @property
    def hostname(self) -> str:
        """The host alone; empty for a folder."""
        return urlsplit(self.location).hostname or ""

    @property
    def shown(self) -> str:
        """The location without what may hold a secret."""
        return shown(self.location)

    @property
    def is_near(self) -> bool:
        """Whether it is a file or on this machine's loopback."""
        return urlsplit(self.location).scheme not in ("http", "https") or is_loopback(self.hostname)

    @property
    def is_open_to_change(self) -> bool:
        """Whether anybody on the way could change what it serves."""
        return urlsplit(self.location).scheme == "http" and not self.is_near


@dataclass(frozen=True, slots=True)
class Named:
    """A requirement by name, as the person wrote it."""

    name: str
    specifier: str
    place: Place
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Declared:
    """A name that the project's own files say belongs to an index; the client itself reads none of it."""

    name: str
    index: str  # what the project calls it
    address: str = field(repr=False)  # may hold credentials; empty when nothing says where it is
    place: Place


@dataclass(frozen=True, slots=True)
class Direct:
    """A requirement by address or path to an archive: the gate fetches or reads it, and serves what it judged."""

    number: int
    text: str = field(repr=False)
    name: str | None
    extras: tuple[str, ...]
    marker: str | None
    url: str | None = field(repr=False)  # None for a local file
    path: Path | None
    place: Place
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something asked for that no registry serves: with a waiver, the gate fetches it itself.

    Of an archive the `address` and its `path`, which is all that a client asks the gate for; of git the `commit` and
    the `remotes`, all that a client may call its repository, the likeliest first. Neither: nothing can open it.
    """

    name: str  # the release's, under which waivers name it
    text: str = field(repr=False)  # as it was written; may hold credentials
    notice: Notice
    address: str | None = field(default=None, repr=False)
    path: str = ""
    commit: str | None = None
    remotes: tuple[str, ...] = field(default=(), repr=False)
    asker: str | None = None  # the package that asks for it: it needs what the person asks for under the same name

    @property
    def is_named(self) -> bool:
        """Whether it goes by a name, and not by its address for want of one."""
        return self.name != shown(self.text)


@dataclass(frozen=True, slots=True)
class Opened:
    """A foreign source that the gate has fetched; `repository` holds its commit."""

    foreign: Foreign
    repository: Path | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the person's own that they want built and installed."""

    path: Path
    place: Place


@dataclass(frozen=True, slots=True)
class Filed:
    """One file of a release that a lock names: its name and address where it says them, and its digests."""

    name: str | None = None
    address: str | None = field(default=None, repr=False)  # may hold credentials
    digests: tuple[str, ...] = ()  # "sha256:0123..." in small hexadecimal letters; other algorithms in their own names


@dataclass(frozen=True, slots=True)
class Locked:
    """A release that a lock file settles on or a manifest asks for, and what it says about it."""

    release: Release
    place: Place
    address: str | None = field(default=None, repr=False)  # where the lock says that its file lies
    integrity: str | None = None  # a subresource integrity string (https://www.w3.org/TR/SRI)
    wanted_by: tuple[str, ...] = ()
    requires: tuple[tuple[str, str], ...] = ()  # names and specs
    key: str = ""  # its path in the tree
    groups: tuple[str, ...] = ()  # npm: of dev, optional, devOptional, peer; Python: groups and extras it belongs to
    platforms: tuple[tuple[str, tuple[str, ...]], ...] = ()  # which os, cpu and libc it is for, where it says so
    bins: tuple[tuple[str, str], ...] = ()  # the commands that it brings, and their files
    hooks: bool | None = None  # whether the registry says that it runs something when it is installed
    kind: str = "index"  # index, vcs, url or path: who serves it
    specifier: str = ""  # the versions that a manifest would take
    marker: str = ""  # the machines and extras that it is for
    source: str | None = field(default=None, repr=False)  # the index that the file names; may hold credentials
    files: tuple[Filed, ...] = ()
    asked: tuple[tuple[str, str], ...] = ()  # the names, and specs where the file keeps them, that it answers
    leads: tuple[str, ...] = ()  # the keys of the entries that it needs
    direct: bool | None = None  # whether the project itself asks for it; None where the file does not say
    dev: bool | None = None  # whether it is there for development only
    reached: bool | None = None  # whether anything that the project asks for leads to it


@dataclass(frozen=True, slots=True)
class Wish:
    """Everything that a client said it would use, before anything was fetched."""

    verb: str
    gated: bool
    sources: tuple[Source, ...] = ()
    defaults: tuple[str, ...] = ()  # addresses of the client's own: what it asks, and is sent to, unless told otherwise
    declared: tuple[Declared, ...] = ()
    named: tuple[Named, ...] = ()
    ahead: tuple[Named, ...] = ()  # of the named, those that the client will have to resolve
    settled: frozenset[tuple[str, str]] = frozenset()  # names and versions that a lock of the person's settles on
    starts: frozenset[str] = frozenset()  # names of packages whose commands run at once
    direct: tuple[Direct, ...] = ()
    folders: tuple[Folder, ...] = ()
    files: tuple[Folder, ...] = ()  # archives of the person's own that the client reads by itself
    locked_at: tuple[Locked, ...] = ()  # of what a lock names, the first on each host
    secrets: tuple[Place, ...] = ()  # where a file of the project holds one
    ungated: tuple[tuple[str, Notice], ...] = ()  # what no gate can see: the text and the fact
    foreign: tuple[Foreign, ...] = ()  # what a gate sees only where a waiver opens it
    opened: tuple[Opened, ...] = ()  # what of it was opened
    remarks: tuple[str, ...] = ()
    network: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fresh: bool = False  # there is nothing yet where the client installs to
    dry: bool = False  # the client is to say what it would install, and to install nothing
    elsewhere: bool = False  # for another interpreter or platform than the one that runs
    alone: bool = False  # without what they require
    tags: tuple[str, ...] = ()
    python: str = ""
    writable: tuple[Path, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ecosystem: str = "pypi"
    client: str = ""  # which client it is, with its version
