"""Several indexes as one view: every name has exactly one owner. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from gatekeeper.model import Notice
from gatekeeper.wish.hosts import is_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gatekeeper.registries.simple import IndexFile, Project

INTERNAL = "internal"  # the key of `[origins]` that means every index but the client's own
ABSENT = "absent"  # the status of a project that an index does not have
OLD = timedelta(days=365)  # a project that is public for so long was not made to take somebody's private name
FAR = 10  # times the number of a rival's versions, and no honest project has got that far ahead of its other self


@dataclass(frozen=True, slots=True)
class Merged:
    """The files of one project that the gate offers, and what is worth saying about where they come from."""

    name: str
    files: tuple[IndexFile, ...]
    owner: str | None
    remark: str | None = None
    notices: tuple[Notice, ...] = ()  # whatever version is taken
    equals: tuple[
        Project, ...
    ] = ()  # others that serve the name, and lost by the order alone in which they are written
    refused: Notice | None = None  # why nobody may serve it
    status: str = ""  # of the project, as its owner says (PEP 792)


@dataclass(frozen=True, slots=True)
class View:
    """What decides between indexes, beside their order.

    `bare` returns the file that the bare client would take; `default` is the label of its own index, to which nobody
    pointed; `now` is this moment, in UTC; `is_famous` says that a name is a much-used one of that index.
    """

    bare: Callable[[Sequence[IndexFile]], IndexFile | None]
    default: str | None = None
    now: datetime | None = None
    is_famous: Callable[[], bool] = lambda: False


def highest(files: Sequence[IndexFile]) -> IndexFile | None:
    """Return a file of the highest version."""
    return max(files, key=lambda file: _number(file.version) or Version("0.dev0"), default=None)


BY_ORDER = View(highest)


def owner_of(name: str, labels: Sequence[str], default: str | None, origins: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the labels of the indexes that may serve a name, by `[origins]`; all of them when no pattern matches."""
    for origin, patterns in origins.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            labels = [each for each in labels if (each != default if origin == INTERNAL else is_named(origin, each))]
    return list(labels)


def normal_patterns(origins: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return `[origins]` with its patterns spelt as names are (PEP 503)."""
    return {
        origin: tuple(re.sub(r"[-_.]+", "-", pattern).lower() for pattern in patterns)
        for origin, patterns in origins.items()
    }


def adds_nothing(owner: Project, other: Project, digest: Callable[[IndexFile], str | None]) -> bool:
    """Return whether all that an index serves under a name is what the owner serves too: then it is a mirror."""
    ours = {file.filename: file for file in owner.files}
    for file in other.files:
        same = ours.get(file.filename)
        if same is None or (known := digest(file)) is None or known != digest(same):
            return False
    return True


def merge(
    name: str, projects: Sequence[Project], digest: Callable[[IndexFile], str | None], view: View = BY_ORDER
) -> Merged:
    """Serve the owner's files (the first index that has any); whatever another one adds is left out, and said.

    An index that somebody configured goes before the client's own one, whichever is written first: names of a private
    index are its own. Only where the client's own index is known to be right, because everybody gets the name there,
    does the bare client's choice stand. One common file is not enough to trust the rest of an index: anybody can serve
    a copy of an honest release beside a 99.0 of their own.
    """
    holding = sorted((each for each in projects if each.files), key=lambda each: each.source == view.default)
    holding = _without_copies(holding, digest, view)
    if not holding:
        return Merged(name, (), projects[0].source if projects else None)
    owner, why = holding[0], "configured first"
    taken = view.bare([file for project in holding for file in project.files])
    rivals = [each for each in holding[1:] if not adds_nothing(owner, each, digest)]
    if any(project.source == view.default for project in rivals):
        why = "configured, and not the client's own index"
        if taken is not None and taken.source != owner.source and view.is_famous():
            owner, why = next(each for each in holding if each.source == taken.source), "a much-used name"
            rivals = [each for each in holding if each is not owner and not adds_nothing(owner, each, digest)]
    equals = [each for each in holding if each is not owner and view.default not in (owner.source, each.source)]
    notices = list(_unclaimed(name, owner, projects, view.default))
    remark = _remark(owner, rivals, why, taken) if rivals else None
    if remark:
        notices.append(Notice("two-indexes", remark))
    if younger := _younger(owner, [each for each in equals if each in rivals]):
        notices.append(Notice("younger-index", f"{name} {younger}"))
    return Merged(name, owner.files, owner.source, remark, tuple(notices), equals=tuple(equals), status=owner.status)


def _without_copies(holding: list[Project], digest: Callable[[IndexFile], str | None], view: View) -> list[Project]:
    """Leave out the indexes that only repeat a part of what everybody gets from the client's own index.

    Somebody who has a private file may publish a copy of it there beside a 99.0, so that holds only for a name that is
    much used or has been there for long.
    """
    own = next((project for project in holding if project.source == view.default), None)
    copies = [each for each in holding if own and each is not own and adds_nothing(own, each, digest)]
    if own is None or not copies or not (_is_old(own, view.now) or view.is_famous()):
        return holding
    return [each for each in holding if each not in copies]


def _is_old(project: Project, now: datetime | None) -> bool:
    began = first_published(project)
    return began is not None and now is not None and now - began > OLD


def _remark(owner: Project, rivals: Sequence[Project], why: str, taken: IndexFile | None) -> str:
    others = ", ".join(each.source for each in rivals)
    text = f"{owner.name} is taken from {owner.source} only ({why}); {others} serves other files under that name"
    if taken is not None and taken.source in {each.source for each in rivals}:
        text += f", and the bare client would take {taken.version or taken.filename} from {taken.source}"
    began = first_published(owner)
    for rival in rivals:
        since = first_published(rival)
        if began and since and since > began:
            text += f"; it was first published there on {since:%Y-%m-%d}, and here on {began:%Y-%m-%d}"
    return text


def _younger(owner: Project, rivals: Iterable[Project]) -> str:
    """Say that a name is younger on the index that would serve it than on another one; empty when it is not."""
    began = first_published(owner)
    for rival in rivals:
        since = first_published(rival)
        if began and since and since < began:
            return f"is on {rival.source} since {since:%Y-%m-%d}, and on {owner.source} only since {began:%Y-%m-%d}"
    return ""


def _unclaimed(name: str, owner: Project, asked: Sequence[Project], default: str | None) -> Iterable[Notice]:
    """Note a name that is free on the client's own index: it was asked, as the client would have asked it."""
    if "://" in owner.source and any(each.source == default and each.status == ABSENT for each in asked):
        yield Notice(
            "unclaimed-name", f"{name} comes from {owner.source}, and anybody may still register it on {default}"
        )


def first_published(project: Project) -> datetime | None:
    """Return when the first file of a project was uploaded; None unless its index tells it of all files."""
    times = [file.upload_time for file in project.files]
    return min((time for time in times if time), default=None) if all(times) else None


def against_version(merged: Merged, version: str | None) -> Iterable[Notice]:
    """Yield what speaks against one version: it is far above those of an index that lost by its place alone.

    A mirror that holds but the honest releases counts as such an index, too.
    """
    ours = _number(version)
    for other in merged.equals if ours else ():
        theirs = max((number for file in other.files if (number := _number(file.version))), default=None)
        if ours and theirs and ours.epoch == theirs.epoch and ours.major >= FAR * (theirs.major + 1):
            yield Notice(
                "version-confusion",
                f"{merged.name} {version} comes from {merged.owner}, and {other.source} serves the name up to {theirs}",
            )


def _number(version: str | None) -> Version | None:
    try:
        return Version(version) if version else None
    except InvalidVersion:
        return None
