"""Files as they are beside what they were: what has to be judged, and what is odd about it."""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.errors import UpstreamError
from gatekeeper.lockfiles._difference import Changed, difference
from gatekeeper.lockfiles._discovery import format_of
from gatekeeper.lockfiles._graph import explained
from gatekeeper.lockfiles._integrity import concerns
from gatekeeper.lockfiles._loading import load
from gatekeeper.lockfiles._nouns import LOCK, MANIFEST, LockFile
from gatekeeper.model import Notice, Place
from gatekeeper.registries.addresses import is_remote, parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from gatekeeper.wish import Locked


@dataclass(frozen=True, slots=True)
class Pair:
    """One file now, what it was before (None: it was not there, or nothing is compared), and its manifests."""

    now: LockFile
    then: LockFile | None = None
    manifests: tuple[LockFile, ...] = ()
    locked: bool = False  # a manifest whose releases a lock beside it settles

    def changed(self) -> list[Changed]:
        """Return the entries that are new or changed; all of them where nothing is compared."""
        return list(difference(self.now, self.then))

    def usual_host(self) -> str | None:
        """Return the host that most entries come from, as the file itself says."""
        named = Counter(host for each in self.now.releases if each.kind == "index" and (host := host_of(each.address)))
        host, count = next(iter(named.most_common(1)), (None, 0))
        return host if count * 2 > sum(named.values()) else None

    def odd(self, hosts: Collection[str]) -> tuple[list[Notice], Mapping[tuple[str, object], list[Notice]]]:
        """Return what is odd about the file as such, and about its entries, by file and line of the entry."""
        about_file: list[Notice] = []
        about: dict[tuple[str, object], list[Notice]] = {}
        if (usual := self.usual_host()) is not None and usual not in hosts:  # one question, not one for each entry
            about_file.append(
                Notice("foreign-host", f"the registry of {self.now.file} is {usual}", Place(self.now.file))
            )
            hosts = {*hosts, usual}
        for each in concerns(self.now, self.manifests, hosts):
            if each.locked is None:
                about_file.append(each.notice)
            else:
                about.setdefault(key_of(each.locked), []).append(each.notice)
        return about_file, about


def key_of(locked: Locked) -> tuple[str, object]:
    """Return what tells an entry from the others of its file."""
    return str(locked.place), (locked.release, locked.key)


def host_of(address: str | None) -> str | None:
    """Return the host of an address; None for what has none."""
    try:
        return parse_address(address).origin.netloc if address and is_remote(address) else None
    except UpstreamError:
        return None


def pairs(
    files: Iterable[str],
    opened: Callable[[str], bytes],
    before: Callable[[str], bytes | None] | None,
    beside: Callable[[str], Iterable[str]],
) -> Iterator[Pair]:
    """Read files by their paths with slashes; raise `UndecidedError` naming the line that cannot be read.

    `before` returns what a file was, None where it was not there; `beside` names the files in a folder.
    """
    read: dict[str, LockFile] = {}
    for file in files:
        for one in load(file, opened):
            read.setdefault(one.file, one)
    for lock in list(read.values()):
        manifests = tuple(_manifests(lock, opened, beside))
        then = _before(lock.file, before) if before else None
        ours = explained(lock, manifests)
        yield Pair(ours, then, manifests, lock.kind == MANIFEST and _is_settled(lock, beside))


def _manifests(
    lock: LockFile, opened: Callable[[str], bytes], beside: Callable[[str], Iterable[str]]
) -> Iterator[LockFile]:
    """Yield the manifests that lie beside a lock and speak for the same ecosystem."""
    if lock.kind != LOCK:
        return
    for path in beside(posixpath.dirname(lock.file)):
        if path != lock.file and format_of(path) in MANIFESTS.get(lock.ecosystem, ()):
            yield from (one for one in load(path, opened) if one.kind == MANIFEST and one.ecosystem == lock.ecosystem)


def _is_settled(manifest: LockFile, beside: Callable[[str], Iterable[str]]) -> bool:
    """Say whether a lock beside a manifest settles which releases are taken."""
    locks = LOCKS.get(manifest.ecosystem, ())
    return any(format_of(path) in locks for path in beside(posixpath.dirname(manifest.file)))


def _before(file: str, before: Callable[[str], bytes | None]) -> LockFile | None:
    content = before(file)
    if content is None:
        return None
    return load(file, lambda path: content if path == file else (before(path) or b""))[0]


MANIFESTS = {"pypi": ("pyproject", "pipfile", "setup_cfg"), "npm": ("package_json",)}
LOCKS = {
    "pypi": ("uv_lock", "poetry_lock", "pdm_lock", "pipfile_lock", "pylock"),
    "npm": ("package_lock", "yarn", "pnpm_lock", "bun_lock"),
}
