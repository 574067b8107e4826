"""Requirements and constraints files, by hand or from pip-tools and uv, with hashes.

https://pip.pypa.io/en/stable/reference/requirements-file-format
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name, parse_sdist_filename
from packaging.utils import parse_wheel_filename as parse_wheel
from packaging.version import InvalidVersion

from gatekeeper.lockfiles._digests import from_pair
from gatekeeper.lockfiles._nouns import LOCK, MANIFEST, Include, LockFile
from gatekeeper.lockfiles._python import VCS, at_address, file_name, release, requirement
from gatekeeper.lockfiles._requirement_lines import Line, lines_in
from gatekeeper.model import Place
from gatekeeper.wish import Filed, Locked, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATTERNS = ("*requirements*.txt", "*requirements*.in", "*constraints*.txt", "requirements/*.txt", "requirements/*.in")
CONSTRAINTS = re.compile(r"constraints[^/]*$")
DEV = re.compile(r"(?:^|[-_./])(?:dev|develop|test|tests|lint|docs?|typing|ci)(?:[-_./]|$)")
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|file:", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:whl|zip|tgz|tbz|txz|tar|tar\.(?:gz|bz2|xz|lzma|lz))$", re.IGNORECASE)
EGG = re.compile(r"[#&]egg=([A-Za-z0-9][\w.-]*)")
SOURCES = {"index": "index", "extra": "index", "links": "find-links"}
OWN = re.compile(r"-r\s|.*\((?:pyproject\.toml|setup\.(?:py|cfg))\)$")  # what pip-tools calls the project's own file


def parse(text: str, file: str) -> LockFile:
    """Return what a file names; raise `UndecidedError` naming the line that pip would not take."""
    return parse_lines(enumerate(text.removeprefix("\ufeff").splitlines(), 1), file)


def parse_lines(lines: Iterable[tuple[int, str]], file: str) -> LockFile:
    """Read numbered lines, which may stand in a file of another format."""
    read = list(lines_in(lines, file))
    constraints = bool(CONSTRAINTS.search(file.rpartition("/")[2]))
    told = any(line.via for line in read)
    dev = True if DEV.search(file) else None
    found = [_told(each, line, told, constraints) for line in read for each in _asked(line, file)]
    pinned = bool(found) and all(each.release.version or each.address for each in found)
    return LockFile(
        file, "pypi", LOCK if pinned and not constraints else MANIFEST,
        tuple(replace(each, dev=dev) for each in found),
        sources=tuple(source for line in read for source in _sources(line, file)),
        includes=tuple(include for line in read for include in _includes(line, file)),
        rooted=told,
    )  # fmt: skip


def _told(locked: Locked, line: Line, told: bool, constraint: bool) -> Locked:
    """Say what the comments of pip-tools tell about who wants it; without them everything is asked for."""
    via = [each for each in line.via if each and not each.startswith("-c ")]
    return replace(
        locked,
        wanted_by=tuple(canonicalize_name(each) for each in via if not OWN.match(each)),
        direct=not constraint and (not told or not via or any(map(OWN.match, via))),
        groups=("constraint",) if constraint else (),
    )


def _asked(line: Line, file: str) -> Iterator[Locked]:
    place = Place(file, line.number)
    if line.wanted:
        locked = _one(line.wanted, place)
        digests = tuple(digest for text in line.options.get("hash", ()) if (digest := from_pair(text)))
        yield replace(locked, files=(*locked.files, *(Filed(digests=(digest,)) for digest in digests)))
    yield from (_one(text, place) for text in line.options.get("editable", ()))


def _one(text: str, place: Place) -> Locked:
    """Read a requirement, an address or a path."""
    named = re.match(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\]\s*)?(?:@|$)", text)
    if named and not ARCHIVE.search(text.partition(";")[0].strip() if "@" not in text else ""):
        return requirement(text, place)
    if ADDRESS.match(text) or VCS.match(text):
        address, _, marker = text.partition("; ")
    else:
        address, _, marker = text.partition(";")
        if not re.search(r"[/\\]", address) and not address.startswith(".") and not ARCHIVE.search(address.strip()):
            return requirement(text, place)
    return replace(_at(address.strip(), place), marker=marker.strip())


def _at(address: str, place: Place) -> Locked:
    """Name what an address or a path leads to as well as can be."""
    egg, name = EGG.search(address), re.sub(r"\[[^\]]*\]$", "", file_name(address) or ".")
    version = None
    try:
        if name.endswith(".whl"):
            name, version = (str(part) for part in parse_wheel(name)[:2])
        elif ARCHIVE.search(name):
            name, version = (str(part) for part in parse_sdist_filename(name))
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        version = None
    named = release(egg[1] if egg else name, version)
    return at_address(Locked(named, place, asked=((named.name, ""),), direct=True), address)


def _sources(line: Line, file: str) -> Iterator[Source]:
    for name, kind in SOURCES.items():
        yield from (Source(kind, text, Place(file, line.number)) for text in line.options.get(name, ()))


def _includes(line: Line, file: str) -> Iterator[Include]:
    for name in ("required", "constrained"):
        for text in line.options.get(name, ()):
            yield Include(text, Place(file, line.number), name == "constrained")
