"""What Python's formats share: requirements, pins, file lists, and what a requirement points to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gatekeeper.lockfiles._digests import from_pair
from gatekeeper.lockfiles._values import broken
from gatekeeper.model import Place, Release
from gatekeeper.wish import Filed, Locked, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.specifiers import SpecifierSet

    from gatekeeper.lockfiles._values import Table

NOT_A_REQUIREMENT = "not a requirement (PEP 508)"
VCS = re.compile(r"(?:git|hg|svn|bzr)(?:\+|:)", re.IGNORECASE)
LONGEST = 4000  # letters of a requirement: what is longer takes long to take apart
PIN = re.compile(r"\s*={2,3}\s*([^\s,;*]+)\s*")


def release(name: str, version: str | None = None) -> Release:
    """Return a release of Python's, its name as indexes compare it."""
    return Release("pypi", canonicalize_name(name), version)


def pinned(specifier: SpecifierSet | str) -> str | None:
    """Return the one version that a specifier takes; None when it takes others."""
    pin = PIN.fullmatch(str(specifier))
    return pin[1] if pin else None


def requirement(text: str, place: Place, groups: tuple[str, ...] = ()) -> Locked:
    """Read one requirement as PEP 508 writes it; raise the error that names its line when it is none."""
    try:
        wanted = Requirement(text if len(text) <= LONGEST else "")
    except (InvalidRequirement, RecursionError):
        broken(
            place.file, place.line, NOT_A_REQUIREMENT, "write it as `name>=1.0`, `name==1.0` or `name @ https://...`"
        )
    locked = Locked(
        release(wanted.name, pinned(wanted.specifier)),
        place,
        groups=groups,
        specifier=str(wanted.specifier),
        marker=str(wanted.marker or ""),
        asked=((canonicalize_name(wanted.name), ""),),
        direct=True,
        dev=None,
    )
    return at_address(locked, wanted.url) if wanted.url else locked


def at_address(locked: Locked, address: str) -> Locked:
    """Say of a requirement that it is fetched from an address or a path, not from an index."""
    fragment = re.split(r"[#&]", address)[1:]
    digests = tuple(digest for part in fragment if (digest := from_pair(part)))
    return replace(locked, address=address, kind=kind_of(address), files=(Filed(file_name(address), address, digests),))


def kind_of(address: str) -> str:
    """Tell what an address points to."""
    if VCS.match(address):
        return "vcs"
    return "url" if address[:8].lower().startswith(("http://", "https://")) else "path"


def file_name(address: str) -> str | None:
    """Return the name of the file that an address ends in."""
    return unquote(re.split(r"[?#]", address)[0].rstrip("/").rpartition("/")[2]) or None


def index(location: str | None, place: Place) -> tuple[Source, ...]:
    """Return the index that a file names, if it names one."""
    return () if not location else (Source("index", location, place),)


def filed(entries: Iterable[Table], name: str = "file") -> Iterator[Filed]:
    """Read tables that name a file, or its address, and its hash."""
    for entry in entries:
        digest, address = from_pair(entry.text("hash") or ""), entry.text("url")
        yield Filed(entry.text(name) or (file_name(address) if address else None), address, (digest,) if digest else ())


def hashed(texts: Iterable[tuple[str, Place]]) -> Iterator[Filed]:
    """Read digests of files that have no name."""
    return (Filed(digests=(digest,)) for text, _ in texts if (digest := from_pair(text)))
