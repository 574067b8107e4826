"""What is odd about where a lock would have things fetched, and about what it says they are. Nothing is asked for it.

The kinds of notice, beside those that installing knows too (plain-http, foreign-host, vcs-source):
url-source, local-source      no index serves it
address-credentials           the file holds a password
name-mismatch                 the address is another package's, or another version's
alias                         another name, openly
missing-digest, weak-digest   another file may stand in
unexplained-entry             nothing that the project asks for leads to it
unlocked-requirement          asked for, and not in the lock
not-judged                    of another ecosystem
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gatekeeper.errors import UpstreamError
from gatekeeper.lockfiles._digests import WEAK, algorithm_of
from gatekeeper.lockfiles._graph import asked_in, explained
from gatekeeper.lockfiles._nouns import JUDGED, LOCK
from gatekeeper.model import Notice
from gatekeeper.registries.addresses import has_userinfo, is_remote, parse_address, printable, redact
from gatekeeper.wish.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gatekeeper.lockfiles._nouns import LockFile
    from gatekeeper.model import Place
    from gatekeeper.wish import Locked

AWAY = {"vcs": "vcs-source", "url": "url-source", "path": "local-source"}
SEPARATOR = re.compile(r"[-_.]+")
# In a requirements file people may pin without digests, and nothing is missing; Bundler's are younger than its locks.
BARE = frozenset({"requirements", "gemfile_lock"})
# Formats that may be for some groups and one platform only; requirements that name no project need not be its lock.
PARTIAL = frozenset({"requirements", "pylock", "pdm_lock"})
LOOSE = frozenset({"peer", "build"})  # groups of which no lock holds anything for sure
NPM_FILE = re.compile(r"/((?:@[^/]+/)?([^/]+))/-/(?:@[^/]+/)?([^/]+)\.tgz$")
WHEEL = re.compile(r"([^-]+)-([^-]+)(?:-\d[^-]*)?-[^-]+-[^-]+-[^-]+\.whl")
SDIST = re.compile(r"(.+)-([^-]+)\.(?:tar\.gz|zip|tgz|tar\.bz2)")
VCS = re.compile(r"[a-z]+\+(?=https?://)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Concern:
    """Something odd: about one entry, or about the file as such."""

    notice: Notice
    locked: Locked | None = None


def concerns(lock: LockFile, manifests: Sequence[LockFile], hosts: Collection[str]) -> Iterator[Concern]:
    """Yield what is odd about a lock; `hosts` (with the port where it is not the scheme's own) need no remark."""
    yield from (Concern(notice) for notice in lock.problems)
    for source in lock.sources:
        yield from (Concern(notice) for notice in _of_address(source.location, source.kind, source.place, hosts))
    lock = explained(lock, manifests)
    digested = lock.kind == LOCK and (lock.format not in BARE or any(each.files for each in lock.releases))
    for each in lock.releases:
        yield from (Concern(notice, each) for notice in _of_source(each, hosts))
        yield from (Concern(notice, each) for notice in _of_name(each))
        yield from (Concern(notice, each) for notice in (_undigested(each) if digested else ()))
        if lock.kind == LOCK and each.reached is False:
            why = f"{each.release}: nothing that the project asks for leads to it"
            yield Concern(Notice("unexplained-entry", why, each.place), each)
    yield from _unlocked(lock, manifests)


def _addresses(each: Locked) -> Iterator[str]:
    """Yield where the files of an entry would be fetched from, each address once."""
    found = dict.fromkeys([each.address, *(file.address for file in each.files)])
    return (address for address in found if address)


def _of_source(each: Locked, hosts: Collection[str]) -> Iterator[Notice]:
    if each.kind in AWAY:
        yield Notice(AWAY[each.kind], f"{each.release}: {redact(each.address or '')}", each.place)
    for address in _addresses(each):
        # Whoever asks for an address by itself has named its host, and is told of the address as such.
        yield from _of_address(address, str(each.release), each.place, hosts if each.kind == "index" else None)


def _of_address(address: str, what: str, place: Place, hosts: Collection[str] | None) -> Iterator[Notice]:
    """Yield what is odd about an address by itself; None for `hosts` means that any will do."""
    plain = VCS.sub("", address)
    if not is_remote(plain):
        return
    try:
        origin = parse_address(plain).origin
    except UpstreamError:
        yield Notice("foreign-host", f"{what}: an address that parsers would disagree about", place)
        return
    if origin.scheme == "http" and not is_loopback(origin.host):
        yield Notice("plain-http", f"{what}: {redact(plain)}", place)
    if has_userinfo(plain) and "${" not in plain:
        yield Notice("address-credentials", f"{what}: the file holds credentials for {origin.netloc}", place)
    if hosts is not None and origin.netloc not in hosts:
        yield Notice("foreign-host", f"{what}: {origin.netloc}", place)


def _of_name(each: Locked) -> Iterator[Notice]:
    if each.release.ecosystem not in JUDGED:
        yield Notice("not-judged", f"{each.release}: of {each.release.ecosystem}, and not judged yet", each.place)
    for name, _ in each.asked if each.release.ecosystem == "npm" and each.kind == "index" else ():
        if name != each.release.name:
            yield Notice("alias", f"what is called {printable(name)} here is {each.release}", each.place)
    for address in _addresses(each) if each.kind == "index" else ():
        yield from _misnamed(each, address)


def _misnamed(each: Locked, address: str) -> Iterator[Notice]:
    """Yield a notice when the address of an index's file spells another package or another version."""
    path = unquote(re.split(r"[?#]", address)[0])
    named = _named(path, each.release.ecosystem)
    if named is None or not is_remote(address):
        return
    name, version = (_plain(part) for part in named)
    wanted = _plain(each.release.version or "").partition("+")[0]
    if name != _plain(each.release.name) or not version.startswith(wanted):
        said = printable(" ".join(named))
        yield Notice("name-mismatch", f"{each.release} would be fetched as {said} from {redact(address)}", each.place)


def _named(path: str, ecosystem: str) -> tuple[str, str] | None:
    """Return the name and version that the path of a file spells; None where it is laid out as neither client does."""
    if ecosystem != "npm":
        file = path.rpartition("/")[2]
        match = WHEEL.fullmatch(file) or SDIST.fullmatch(file)
        return (match[1], match[2]) if match else None
    match = NPM_FILE.search(path)
    if match is None:
        return None
    rest = match[3].removeprefix(f"{match[2]}-")
    return (match[1], rest) if rest != match[3] else (match[1], match[3])


def _plain(text: str) -> str:
    return SEPARATOR.sub("-", text).lower()


def _undigested(each: Locked) -> Iterator[Notice]:
    """Yield a notice when another file may be put in the place of the one that was locked."""
    if each.kind not in ("index", "url"):
        return
    bare = [file for file in each.files if not file.digests]
    digests = [digest for file in each.files for digest in file.digests]
    if bare or not digests:
        yield Notice("missing-digest", f"{each.release}: another file may be put in its place", each.place)
    elif all(algorithm_of(digest) in WEAK for digest in digests):
        yield Notice("weak-digest", f"{each.release}: {algorithm_of(digests[0])} can be forged", each.place)


def _unlocked(lock: LockFile, manifests: Sequence[LockFile]) -> Iterator[Concern]:
    """Yield what manifests ask for that the lock does not answer, or answers with no version that was asked for."""
    if lock.kind != LOCK or (lock.format in PARTIAL and not lock.rooted):
        return
    answers: dict[str, list[str | None]] = {each.release.name: [None] for each in lock.own}
    for each in lock.releases:
        for name in {each.release.name, *(name for name, _ in each.asked)}:
            answers.setdefault(name, []).append(each.release.version)
    for wanted in asked_in(manifests):
        meant = wanted.release.ecosystem == lock.ecosystem and wanted.kind != "path" and not LOOSE & set(wanted.groups)
        if not meant or (lock.format in PARTIAL and (wanted.groups or wanted.marker)):
            continue
        name = printable(wanted.asked[0][0])
        versions = [version for asked, _ in wanted.asked for version in answers.get(asked, ())]
        if not versions:
            yield Concern(
                Notice("unlocked-requirement", f"{name}: asked for, and not in {lock.file}", wanted.place), wanted
            )
        elif wanted.kind == "index" and not any(_answered(wanted, version) for version in versions):
            why = f"{name}{wanted.specifier}: asked for, and {lock.file} holds {versions[0]}"
            yield Concern(Notice("unlocked-requirement", why, wanted.place), wanted)


def _answered(wanted: Locked, version: str | None) -> bool:
    """Say whether a version is one that was asked for; of ranges that are not Python's nobody here can tell."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    if version is None or wanted.release.ecosystem != "pypi":
        return True
    try:
        return SpecifierSet(wanted.specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True
