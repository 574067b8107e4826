"""From a list of entries to a tree: one top folder stripped, collisions refused, links followed inside only."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import file_system_key, safe_path, step_through
from gatekeeper.model import Unread

if TYPE_CHECKING:
    from collections.abc import Callable


class What(Enum):
    """What an entry of an archive or folder is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"


@dataclass(slots=True)
class Entry:
    """One entry as its archive spells it; `where` is the archive's own note of where the bytes are."""

    path: str
    what: What
    size: int = 0
    executable: bool = False
    target: str = ""
    where: object = None


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside an artifact: its size in bytes, and the member it stands for when it is reached through a link."""

    path: str
    size: int
    executable: bool
    link: str | None = None


@dataclass(slots=True)
class Tree:
    """The members of an artifact, where their bytes are, and what could not be read."""

    members: dict[str, Member] = field(default_factory=dict)
    places: dict[str, object] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    root: str = ""


def plant(
    entries: list[Entry], same: Callable[[Entry, Entry], bool] | None = None, *, case_matters: bool = False
) -> Tree:
    """Build the tree; `same` says whether two files hold the same bytes, so that naming one twice does no harm.

    `case_matters` is for what already lies on a file system: names there do not collide.
    """
    if len(entries) > limits.MAX_MEMBERS:
        raise Fault(f"it holds more than {limits.MAX_MEMBERS} members")
    kept = entries if case_matters else _without_collisions(entries, same)
    tree = Tree()
    for entry in kept:
        if entry.what is What.FILE:
            tree.members[entry.path] = Member(entry.path, entry.size, entry.executable)
            tree.places[entry.path] = entry.where
    _follow_links(tree, [entry for entry in kept if entry.what in {What.SYMLINK, What.HARDLINK}])
    return tree


def strip_top_folder(entries: list[Entry]) -> str:
    """Take the single top folder off every path, as pip does, and return its name ("" when there is none)."""
    tops = {entry.path.partition("/")[0] for entry in entries}
    if len(tops) != 1 or any("/" not in entry.path and entry.what is not What.FOLDER for entry in entries):
        return ""
    (top,) = tops
    strip_first_part(entries)
    return top


def strip_first_part(entries: list[Entry]) -> None:
    """Take the first folder off every path, whatever it is called, and forget what lies beside it, as npm does."""
    for entry in entries:
        entry.path = safe_path(entry.path.partition("/")[2])
        if entry.what is What.HARDLINK:
            entry.target = entry.target.partition("/")[2]
    entries[:] = [entry for entry in entries if entry.path]


def _without_collisions(entries: list[Entry], same: Callable[[Entry, Entry], bool] | None) -> list[Entry]:
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    for entry in entries:
        if not entry.path:
            continue
        key = file_system_key(entry.path)
        parent = key.rpartition("/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
        if entry.what is What.FOLDER:
            folders.add(key)
            continue
        other = files.setdefault(key, entry)
        if other is not entry and not _harmless_twin(other, entry, same):
            raise Fault("another member has the same name" + _spelled(other, entry), entry.path)
    for key in files.keys() & folders:
        raise Fault("it is a file and a folder", files[key].path)
    return list(files.values())


def _harmless_twin(one: Entry, other: Entry, same: Callable[[Entry, Entry], bool] | None) -> bool:
    if one.what is not other.what or one.size != other.size or one.path != other.path:
        return False
    return one.target == other.target if one.what is not What.FILE else same is not None and same(one, other)


def _spelled(one: Entry, other: Entry) -> str:
    return "" if one.path == other.path else f" where case and Unicode form do not count: {one.path!a}"


def _follow_links(tree: Tree, entries: list[Entry]) -> None:
    """Give each link to a file the file's bytes, and each link to a folder the files below it."""
    if len(entries) > limits.MAX_LINKS:
        raise Fault(f"it holds more than {limits.MAX_LINKS} links")
    links = {entry.path: _target_from_link(entry) for entry in entries}
    paths = sorted(tree.members)
    folders: dict[str, str] = {}
    for entry in entries:
        target = _followed(entry, links)
        if target is not None and target in tree.places:
            _alias(tree, entry.path, target)
        elif entry.what is What.HARDLINK:
            raise Fault("it is a hard link to nothing", entry.path)
        elif target is None or f"{entry.path}/".startswith(f"{target}/" if target else ""):
            tree.unread.append(Unread(entry.path, "a link to itself or to a folder that holds it"))
        elif below := _below(paths, target):
            folders[entry.path] = target
            for path in below:
                _alias(tree, entry.path + path[len(target) :], path)
        else:
            tree.unread.append(Unread(entry.path, "a link to something that is not in the archive"))
    _name_nested(tree, folders)


def _followed(entry: Entry, links: dict[str, str]) -> str | None:
    try:
        return step_through(entry.path.rpartition("/")[0], links[entry.path], links)
    except Fault as fault:
        raise Fault(fault.why, entry.path) from None


def _target_from_link(entry: Entry) -> str:
    """Return the target as seen from the link's own folder; a hard link's is written as seen from the root."""
    if entry.what is What.SYMLINK:
        return entry.target
    return "../" * entry.path.count("/") + entry.target


def _alias(tree: Tree, path: str, target: str) -> None:
    if len(tree.members) >= limits.MAX_MEMBERS:
        raise Fault(f"its links make more than {limits.MAX_MEMBERS} members", path)
    tree.members[path] = Member(path, tree.members[target].size, tree.members[target].executable, target)
    tree.places[path] = tree.places[target]


def _below(paths: list[str], folder: str) -> list[str]:
    """Return the paths below a folder, which are neighbours in sorted order."""
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}/\U0010ffff")]


def _name_nested(tree: Tree, folders: dict[str, str]) -> None:
    """Say that a linked folder below another linked folder is not followed a second time."""
    if len(folders) > limits.MAX_FOLDER_LINKS:
        raise Fault(f"it holds more than {limits.MAX_FOLDER_LINKS} links to folders")
    for link, target in folders.items():
        for inner in folders:
            if inner.startswith(f"{target}/"):
                tree.unread.append(Unread(link + inner[len(target) :], "a linked folder inside a linked folder"))
