"""Several indexes as one view: mirrors are united, any other name has exactly one owner. Pure."""

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


def is_mirror(owner: Project, other: Project, digest: Callable[[IndexFile], str | None]) -> bool:
    """Return whether two indexes serve the same project: a common file, and no common file that differs."""
    theirs = {file.filename: file for file in other.files}
    common = [(file, theirs[file.filename]) for file in owner.files if file.filename in theirs]
    known = [(digest(a), digest(b)) for a, b in common]
    return bool(known) and all(a is not None and a == b for a, b in known)


def merge(name: str, projects: Sequence[Project], digest: Callable[[IndexFile], str | None]) -> Merged:
    """Unite an owner (the first) with its mirrors; leave out every other index that serves the name, and say so."""
    holding = [project for project in projects if project.files]
    if not holding:
        return Merged(name, (), projects[0].source if projects else None)
    owner, *others = holding
    files = {file.filename: file for file in owner.files}
    strangers = []
    for other in others:
        if is_mirror(owner, other, digest):
            for file in other.files:
                files.setdefault(file.filename, file)
        else:
            strangers.append(other.source)
    remark = None
    if strangers:
        remark = (
            f"{name} is taken from {owner.source} only (configured first); "
            f"{', '.join(strangers)} serves other files under that name"
        )
    return Merged(name, tuple(files.values()), owner.source, remark)
