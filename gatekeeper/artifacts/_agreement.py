"""Where an artifact contradicts itself. What every client takes for equal is equal."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import shown
from gatekeeper.artifacts.metadata import declared, dist_info_folders
from gatekeeper.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.artifacts.opening import Opened

_ARCHIVE_SUFFIX = re.compile(r"(?:\.tar(?:\.(?:gz|bz2|xz))?|\.tgz|\.tbz|\.txz|\.zip)$", re.IGNORECASE)
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")  # PEP 427: they cannot be in the RECORD they sign
_RECORD_COLUMNS = 3


def disagreements(opened: Opened) -> tuple[str, ...]:
    """Collect what contradicts itself, at most MAX_PROBLEMS lines and one that counts the rest."""
    try:
        found = (
            [*_of_wheel(opened)] if opened.kind == "wheel" else [*_of_sdist(opened)] if opened.kind == "sdist" else []
        )
    except UnreadableError as error:
        return (error.message,)
    rest = len(found) - limits.MAX_PROBLEMS
    return tuple(found[: limits.MAX_PROBLEMS] + ([f"and {rest} more"] if rest > 0 else []))


def _of_wheel(opened: Opened) -> Iterator[str]:
    folders = dist_info_folders(opened)
    if len(folders) != 1:
        yield f"the wheel holds {len(folders)} .dist-info folders instead of one"
        return
    (folder,) = folders
    parts = opened.filename[: -len(".whl")].split("-")
    name, _, version = folder[: -len(".dist-info")].partition("-")
    if len(parts) >= 2 and not same_release((parts[0], parts[1]), (name, version)):  # noqa: PLR2004 - name, version
        yield f"the file name says {shown('-'.join(parts[:2]))}, the wheel holds {shown(folder)}"
    for file in ("METADATA", "WHEEL", "RECORD"):
        if f"{folder}/{file}" not in opened.members:
            yield f"the wheel holds no {file}"
    if f"{folder}/METADATA" in opened.members:
        says = declared(opened.read(f"{folder}/METADATA"))
        if says and len(parts) >= 2 and not same_release((parts[0], parts[1]), says):  # noqa: PLR2004 - name, version
            yield f"the file name says {shown('-'.join(parts[:2]))}, METADATA says {shown('-'.join(says))}"
    if f"{folder}/RECORD" in opened.members:
        yield from _of_record(opened, folder)


def _of_record(opened: Opened, folder: str) -> Iterator[str]:
    try:
        text = opened.read(f"{folder}/RECORD").decode("utf-8")
        rows = [row for row in csv.reader(text.splitlines()) if row]
    except (UnicodeDecodeError, csv.Error):
        yield "RECORD is not UTF-8 text in three columns"
        return
    listed = {
        row[0].replace("\\", "/").removeprefix("./"): row[2] if len(row) >= _RECORD_COLUMNS else "" for row in rows
    }
    unlisted = {f"{folder}/{name}" for name in ("RECORD", *_SIGNATURES)}
    for path, member in opened.members.items():
        size = listed.pop(path, None)
        if size is None:
            if path not in unlisted:
                yield f"RECORD lists no entry for {shown(path)}"
        elif size.isdecimal() and int(size) != member.size and path not in unlisted:
            yield f"RECORD gives {shown(path)} {size} bytes, the wheel {member.size}"
    yield from (
        f"RECORD lists {shown(path)}, which the wheel does not hold" for path in listed if not path.endswith("/")
    )


def _of_sdist(opened: Opened) -> Iterator[str]:
    if "PKG-INFO" not in opened.members:
        return
    says = declared(opened.read("PKG-INFO"))
    stem = _ARCHIVE_SUFFIX.sub("", opened.filename)
    if says and not any(same_release((name, version), says) for name, version in splits(stem)):
        yield f"the file name says {shown(stem)}, PKG-INFO says {shown('-'.join(says))}"


def splits(stem: str) -> Iterator[tuple[str, str]]:
    """Split `name-version` at every dash: old names and versions hold dashes of their own."""
    for match in re.finditer("-", stem):
        yield stem[: match.start()], stem[match.end() :]


def same_release(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two names and versions are the same once normalised (PEP 503, PEP 440)."""
    return _name(one[0]) == _name(other[0]) and (one[1] == other[1] or bool(_versions(one[1]) & _versions(other[1])))


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _versions(version: str) -> set[str]:
    # File names spell a dash, and the plus of a local version, as an underscore.
    return {_version(version), _version(version.replace("_", "+", 1)), _version(version.replace("_", "-"))}


def _version(version: str) -> str:
    from packaging.utils import canonicalize_version
    from packaging.version import InvalidVersion, Version

    try:
        return canonicalize_version(Version(version))
    except InvalidVersion:
        return re.sub(r"[^0-9a-z]+", "-", version.lower())
