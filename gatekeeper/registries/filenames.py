"""Names and versions in file names, read as pip reads them."""

from __future__ import annotations

import re
from functools import lru_cache

_SDISTS = (
    *(".tar.gz", ".tgz", ".tar", ".zip"),
    *(".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)
_WHEEL_PARTS = {5, 6}  # name, version, perhaps a build number, three tags
_PYTHON_SUFFIX = re.compile(r"-py[123]\.?[0-9]?$")
_PROJECT = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_LONGEST = 255  # bytes that file systems take


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """Spell a project name as indexes do (PEP 503)."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def is_project_name(name: str) -> bool:
    """Say whether a project can be called that (PEP 508)."""
    return _PROJECT.fullmatch(name) is not None


def is_safe_filename(filename: str) -> bool:
    """Say whether a name is one printable path component."""
    return (
        filename not in {"", ".", ".."}
        and filename.isprintable()
        and not set(filename) & set('/\\:*?"<>|')
        and len(filename.encode()) <= _LONGEST
    )


def is_archive(filename: str) -> bool:
    """Say whether pip takes files of that kind."""
    return filename.lower().endswith((".whl", *_SDISTS))


def version_in(filename: str, project: str) -> str | None:
    """Read the version of a file of `project` (a normalised name), in normal form; None when it is not one of it."""
    stem = _stem(filename)
    if stem is None:
        return None
    if filename.endswith(".whl"):
        parts = stem.split("-")
        ours = len(parts) in _WHEEL_PARTS and normalise(parts[0]) == project
        return _normal(parts[1].replace("_", "-")) if ours else None
    # A legacy sdist may have dashes in its name: the one that ends the project's name ends it here too.
    for place, letter in enumerate(stem):
        if letter == "-" and normalise(stem[:place]) == project:
            return _normal(_PYTHON_SUFFIX.sub("", stem[place + 1 :]))
    return None


def parse_filename(filename: str) -> tuple[str, str] | None:
    """Read the normalised name and the version of an archive of an unknown project; None when it has none."""
    stem = _stem(filename)
    if stem is None:
        return None
    name = stem.partition("-")[0] if filename.endswith(".whl") else stem.rpartition("-")[0]
    version = version_in(filename, normalise(name)) if is_project_name(name) else None
    return (normalise(name), version) if version else None


def _stem(filename: str) -> str | None:
    if filename.endswith(".whl"):
        return filename[:-4]
    ending = next((ending for ending in _SDISTS if filename.lower().endswith(ending)), None)
    return filename[: -len(ending)] if ending else None


@lru_cache(maxsize=4096)
def _normal(version: str) -> str | None:
    """Spell a version as PEP 440 does; None when it is none, as in `foo-bar-1.0` read as a file of `foo`."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return None
