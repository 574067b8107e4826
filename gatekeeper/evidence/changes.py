"""What a release has or does unasked that the release before it did not: the strongest sign of a hijacked one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gatekeeper.errors import UnreadableError
from gatekeeper.evidence._native import MAGICS
from gatekeeper.evidence._npm_manifest import MANIFEST, manifest_in
from gatekeeper.model import UNASKED, Change, When

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.artifacts.opening import Opened
    from gatekeeper.model import Behaviour, Evidence

EARLY = {When.INSTALL: "hook", When.BUILD: "hook", When.STARTUP: "startup"}
TELLING = {
    "network": "reaches the network",
    "send": "sends something",
    "spawn": "starts a program",
    "exec": "runs code that it computes",
    "read": "reads a place that holds secrets",
    "write": "writes outside of its own files",
    "delete": "deletes files",
    "socket-shell": "ties a shell to a socket",
    "capture": "watches what the person does",
    "clipboard-write": "writes the clipboard",
    "patches": "replaces functions of others",
}
ADDRESS = re.compile(r"(?:https?|wss?|ftp)://[^\s\"'`<>]+")
VERSION = re.compile(r"\d+(?:[._-]\d+)*")
SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx")
MOST_SCRIPT = 4 << 20  # bytes of a file that is searched for names
MOST_BINARY = 256 << 20  # bytes of a file whose beginning is looked at
MOST = 12  # changes of one kind: the rest says nothing new


class Trait(NamedTuple):
    """Something that a release has or does, comparable between releases, and where it was seen."""

    kind: str
    detail: str
    file: str | None = None
    line: int | None = None


def changes_between(
    now: tuple[Evidence, Opened], then: tuple[Evidence, Opened], since: str, step: str
) -> tuple[Change, ...]:
    """Return what is new in a release against an earlier one; both as facts and opened artifacts."""
    known = {(trait.kind, trait.detail) for trait in traits_of(*then)}
    fresh: dict[tuple[str, str], Trait] = {}
    for trait in traits_of(*now):
        if (trait.kind, trait.detail) not in known:
            fresh.setdefault((trait.kind, trait.detail), trait)
    counted: dict[str, int] = {}
    found = []
    for trait in fresh.values():
        counted[trait.kind] = counted.get(trait.kind, 0) + 1
        if counted[trait.kind] <= MOST:
            found.append(Change(trait.kind, trait.detail, since, step, trait.file, trait.line))
    return tuple(found)


def traits_of(evidence: Evidence, opened: Opened) -> Iterator[Trait]:
    """Yield what a release has or does unasked; version numbers in names of files are left out."""
    for surface in evidence.surfaces:
        if surface.when in EARLY:
            yield Trait(EARLY[surface.when], _plain(surface.path), surface.path)
    for one in evidence.behaviours:
        if one.when in UNASKED and one.kind in TELLING:
            yield Trait("behaviour", f"{TELLING[one.kind]} ({_moment(one)})", one.file, one.line)
            for host in _hosts(one):
                yield Trait("host", host, one.file, one.line)
    for path, member in opened.members.items():
        if member.size <= MOST_BINARY and _content(opened, path).startswith(MAGICS):
            yield Trait("binary", _plain(path), path)
    yield from _unused(opened)


def _unused(opened: Opened) -> Iterator[Trait]:
    """Yield the packages that an npm package requires and that none of its own files names."""
    manifest = manifest_in("", opened.members, lambda path: _content(opened, path))
    required = set(manifest.mapping("dependencies")) if manifest else set()
    if not required:
        return
    named = {name.encode() for name in required}
    for path, member in opened.members.items():
        if path != MANIFEST and path.endswith(SCRIPTS) and member.size <= MOST_SCRIPT:
            content = _content(opened, path)
            named = {name for name in named if name not in content}
    yield from (Trait("dependency", name.decode(), MANIFEST) for name in sorted(named))


def _content(opened: Opened, path: str) -> bytes:
    try:
        return opened.read(path)
    except UnreadableError:
        return b""  # the reading of the release says so


def _hosts(one: Behaviour) -> Iterator[str]:
    for text in (one.detail, one.snippet):
        for address in ADDRESS.findall(text):
            try:
                host = urlsplit(address).hostname
            except ValueError:
                continue
            if host:
                yield host


def _plain(path: str) -> str:
    """Return a path without version numbers, so that the same file of two releases is the same."""
    return VERSION.sub("N", path)


def _moment(one: Behaviour) -> str:
    return "on import" if one.when is When.IMPORT else f"at {one.when.word}"
