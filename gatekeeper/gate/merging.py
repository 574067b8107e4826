"""Several indexes as one view: every name has exactly one owner. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gatekeeper.registries.simple import IndexFile, Project


@dataclass(frozen=True, slots=True)
class Merged:
    """The files of one project that the gate offers, and what is worth saying about where they come from."""

    name: str
    files: tuple[IndexFile, ...]
    owner: str | None
    remark: str | None = None


def owner_of(name: str, labels: Sequence[str], default: str | None, origins: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the labels of the indexes that may serve a name, by `[origins]`; all of them when no pattern matches."""
    for origin, patterns in origins.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            if origin == "internal":
                return [label for label in labels if label != default]
            return [label for label in labels if origin in label]
    return list(labels)


def adds_nothing(owner: Project, other: Project, digest: Callable[[IndexFile], str | None]) -> bool:
    """Return whether all that an index serves under a name is what the owner serves too: then it is a mirror."""
    ours = {file.filename: file for file in owner.files}
    for file in other.files:
        same = ours.get(file.filename)
        if same is None or (known := digest(file)) is None or known != digest(same):
            return False
    return True


def merge(name: str, projects: Sequence[Project], digest: Callable[[IndexFile], str | None]) -> Merged:
    """Serve the owner's files (the first index that has any); whatever another one adds is left out, and said.

    One common file is not enough to trust the rest of an index: anybody can serve a copy of an honest release beside
    a 99.0 of their own.
    """
    holding = [project for project in projects if project.files]
    if not holding:
        return Merged(name, (), projects[0].source if projects else None)
    owner, *others = holding
    strangers = [other.source for other in others if not adds_nothing(owner, other, digest)]
    remark = None
    if strangers:
        remark = (
            f"{name} is taken from {owner.source} only (configured first); "
            f"{', '.join(strangers)} serves other files under that name"
        )
    return Merged(name, owner.files, owner.source, remark)
