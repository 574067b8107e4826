"""Guess which file of a project the client will want, so that fetching and reading can begin early. Pure.

A wrong guess costs bandwidth, never safety: what the client asks for is judged whatever was guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gatekeeper.registries.simple import IndexFile


DASHES = 4  # at least, in the name of a wheel


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
    try:
        return parse_wheel_filename(filename)[1] if is_wheel(filename) else parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return None


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
    """Return the file of the newest fitting version that pip would rank first, or None.

    A page may list thousands of files: only those of the newest versions are looked at closely.
    """
    by_version: dict[str, list[IndexFile]] = {}
    for file in files:
        by_version.setdefault(file.version or str(version_of(file.filename)), []).append(file)
    for version in _newest_first(by_version, specifiers(wanted)):
        ranked = [(rank, file) for file in by_version[version] if (rank := _rank(file, target)) is not None]
        if ranked:
            return min(ranked, key=itemgetter(0))[1]
    return None


def _newest_first(texts: Iterable[str], allowed: SpecifierSet) -> list[str]:
    """Order versions as pip prefers them: final releases first, then by number, the newest first."""
    found = []
    for text in texts:
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        if allowed.contains(version, prereleases=True):
            found.append((not version.is_prerelease, version, text))
    return [text for _, _, text in sorted(found, reverse=True)]


def _rank(file: IndexFile, target: Target) -> int | None:
    """Return how far down pip's list of tags a file stands (an sdist last of all), or None when it does not fit."""
    if file.yanked or (file.requires_python and target.python and not _accepts(file.requires_python, target.python)):
        return None
    if not is_wheel(file.filename):
        return len(target.tags) + 1
    ranks = (target.tags.get("-".join(tag)) for tag in tags_of(file.filename))
    return min((rank for rank in ranks if rank is not None), default=None)


def tags_of(filename: str) -> Iterable[tuple[str, ...]]:
    """Return the tags that a wheel's name states, as triples of interpreter, ABI and platform (PEP 425)."""
    return product(*(part.split(".") for part in filename[: -len(".whl")].lower().rsplit("-", 3)[1:]))


def may_fit(filename: str, target: Target) -> bool:
    """Return whether a client for this target would look twice at a file; unknown targets and names get the benefit."""
    if not target.tags or not is_wheel(filename) or filename.count("-") < DASHES:
        return True
    return any("-".join(tag) in target.tags for tag in tags_of(filename))


def _accepts(requires_python: str, python: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(python)
    except InvalidSpecifier:
        return True
