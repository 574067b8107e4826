"""A Python project's releases as the Simple API tells about them. Pure.

Upload times are of PEP 700, yanks of PEP 592, provenance of PEP 740, the project's status of PEP 792.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from gatekeeper.history._telling import telling
from gatekeeper.model import Dated, History

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gatekeeper.registries.listing import IndexFile


def dated(files: Iterable[IndexFile]) -> tuple[Dated, ...]:
    """Return the versions that some files belong to, lowest first; a version is as old as its first file."""
    by_version: dict[str, list[IndexFile]] = {}
    for file in files:
        if file.version:
            by_version.setdefault(file.version, []).append(file)
    known = sorted((version, text) for text in by_version if (version := _parsed(text)) is not None)
    return tuple(_release(text, by_version[text]) for _, text in known)


def history_of(
    releases: Iterable[Dated], version: str | None, now: datetime, *, status: str = "", pinned: bool = False
) -> History | None:
    """Return one version among the others of its project; None when the index does not list it."""
    releases = tuple(releases)
    at = next((number for number, each in enumerate(releases) if each.version == version), None)
    if at is None:
        return None
    own = _parsed(releases[at].version)
    settled = own is None or not own.is_prerelease
    before = [
        each
        for each in releases[:at]
        if not each.withdrawn
        and not (settled and (number := _parsed(each.version)) is not None and number.is_prerelease)
    ]
    return History(now, releases[at], telling(releases, at), before[-1] if before else None, status, pinned)


def _release(version: str, files: list[IndexFile]) -> Dated:
    times = [file.upload_time for file in files if file.upload_time is not None]
    yanked = [file.yanked for file in files]
    reason = next((one for one in yanked if isinstance(one, str) and one), "no reason given")
    told = [file.attested for file in files if file.attested is not None]
    return Dated(
        version,
        published=min(times) if len(times) == len(files) else None,
        withdrawn=f"yanked: {reason}" if yanked and all(yanked) else "",
        attested=any(told) if told else None,
    )


def _is_early(version: str) -> bool:
    number = _parsed(version)
    return number is not None and number.is_prerelease


@lru_cache(maxsize=1 << 14)
def _parsed(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None
