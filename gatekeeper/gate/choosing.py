"""Guess which file of a project the client will want, so that fetching and reading can begin early. Pure.

A wrong guess costs bandwidth, never safety: what the client asks for is judged whatever was guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.tags import Tag

    from gatekeeper.registries.simple import IndexFile


@dataclass(frozen=True, slots=True)
class Target:
    """What the target interpreter accepts: wheel tags with their rank (0 is best) and its version."""

    tags: Mapping[str, int] = field(default_factory=dict)
    python: str = ""


def is_wheel(filename: str) -> bool:
    """Return whether a file name is a wheel's."""
    return filename.endswith(".whl")


def version_of(filename: str) -> Version | None:
    """Return the version that a file name states, or None when it is not a standard one."""
    return _read(filename)[0]


def _read(filename: str) -> tuple[Version | None, Iterable[Tag]]:
    try:
        if is_wheel(filename):
            _, version, _, tags = parse_wheel_filename(filename)
            return version, tags
        return parse_sdist_filename(filename)[1], ()
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None, ()


def specifiers(texts: Iterable[str]) -> SpecifierSet:
    """Combine version specifiers, leaving out those that do not parse."""
    found = SpecifierSet()
    for text in texts:
        try:
            found &= SpecifierSet(text)
        except InvalidSpecifier:
            continue
    return found


def likely(files: Iterable[IndexFile], wanted: Iterable[str], target: Target) -> IndexFile | None:
    """Return the file of the newest fitting version that pip would rank first, or None."""
    allowed = specifiers(wanted)
    best: tuple[tuple[bool, Version, int], IndexFile] | None = None
    for file in files:
        rank = _rank(file, allowed, target)
        if rank is not None and (best is None or rank > best[0]):
            best = (rank, file)
    return best[1] if best else None


def _rank(file: IndexFile, allowed: SpecifierSet, target: Target) -> tuple[bool, Version, int] | None:
    version, tags = _read(file.filename)
    if version is None or file.yanked or not allowed.contains(version, prereleases=True):
        return None
    if file.requires_python and target.python and not _accepts(file.requires_python, target.python):
        return None
    place = -len(target.tags) - 1
    if is_wheel(file.filename):
        ranks = [target.tags[str(tag)] for tag in tags if str(tag) in target.tags]
        if not ranks:
            return None
        place = -min(ranks)
    return (not version.is_prerelease, version, place)


def _accepts(requires_python: str, python: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(python)
    except InvalidSpecifier:
        return True
