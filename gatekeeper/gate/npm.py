"""The npm dialect of the gate: packuments as they come, tarballs after their verdict, everything else not at all.

A tarball's address stays the registry's own, so that no lock file ever names the gate. npm asks us for its path alone;
which file that is follows from the packuments and locks that were seen.
"""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gatekeeper.errors import GatekeeperError, NotFoundUpstreamError, UndecidedError
from gatekeeper.gate.cases import Case, Cases
from gatekeeper.gate.dialect import Asked, Fault, Page
from gatekeeper.gate.npm_agreement import differences, hook_differences, object_in, unbound_hooks, ungated_in
from gatekeeper.gate.npm_ahead import Ahead
from gatekeeper.gate.npm_packuments import Packuments
from gatekeeper.gate.npm_past import NpmPast
from gatekeeper.gate.refusal import RefusedError, refuse
from gatekeeper.lockfiles import package_lock
from gatekeeper.model import Known, Notice, Release
from gatekeeper.registries.addresses import parse_address
from gatekeeper.registries.listing import IndexFile
from gatekeeper.registries.npm import ABBREVIATED, STRONGEST, digests_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gatekeeper.gate.npm_registries import NpmRegistries
    from gatekeeper.gate.npm_wanted import NpmWanted
    from gatekeeper.gate.waiting import Waiting
    from gatekeeper.model import History
    from gatekeeper.wish import Locked

NAME = re.compile(r"(?:@[^/@\s]+/)?[^/@\s]+")
# What a client asks a registry beside packages: nothing of it is code. POSTs are audits.
SERVICES = re.compile(
    rf"-/(?:package/({NAME.pattern})/dist-tags|npm/v1/(?:keys|attestations/({NAME.pattern}))|ping|v1/search|whoami)"
)
OPTIONAL = frozenset({"optional", "devOptional", "peer"})
ASKERS = 16  # packuments that are asked for at a time, as many as npm would
AUDITS = re.compile(r"-/npm/v1/security/(?:advisories/bulk|audits(?:/quick)?)")


class NpmDialect:
    """Answers of the registry API, from the person's registries and only with judged tarballs."""

    ecosystem = "npm"

    def __init__(self, registries: NpmRegistries, cases: Cases, wanted: NpmWanted, waiting: Waiting) -> None:
        """Serve names from their registries, but nothing that has to wait."""
        self.registries, self.cases, self.wanted = registries, cases, wanted.names
        self.faults: dict[str, Fault] = {}
        self.remarks: list[str] = []
        self.packuments = Packuments(registries)
        self.packuments.past = NpmPast(waiting, wanted.pinned, self._specs, self.packuments.full, registries.is_private)
        self.sources: dict[str, Case] = {}  # by path and key: what a waiver opened, judged already as to its origin
        self.excused: frozenset[tuple[str, str]] = frozenset()  # names and specs that a waiver opened
        self._paths: dict[str, Case] = {}
        self._promised: dict[str, Locked] = {}  # case key -> what the lock or the registry says about it
        self._read: set[str] = set()  # names whose packument's files are in `_paths`
        cases.notices_of = self.notices_of
        cases.history_of, cases.earlier_of = self._history, self._earlier
        self._ahead = Ahead(self.packuments.versions, self._begin, wanted.platform, registries.is_one_for)
        for named in wanted.ahead:
            self._ahead.want(named.name, named.specifier)

    def _specs(self, name: str) -> list[str]:
        return self._ahead.specs(name)

    def _history(self, case: Case) -> History | None:
        return None if case.key in self.sources else self.packuments.history(case.release)

    def _earlier(self, case: Case, version: str) -> Case | None:
        manifest = self.packuments.every(case.release.name).get(version)
        return self._case_of_manifest(case.release.name, version, manifest)

    def close(self) -> None:
        """Stop looking ahead."""
        self._ahead.close()

    def _begin(self, name: str, version: str, manifest: object) -> None:
        if (case := self._case_of_manifest(name, version, manifest)) is not None:
            self.cases.begin(case)

    def requested(self) -> frozenset[str]:
        """Return the names that the person asked for."""
        return self.wanted

    def is_all(self, keys: set[str]) -> bool:
        """Say whether these are all the files that we expect npm to ask for."""
        begun = {case.key for case in list(self.cases.by_key.values()) if case.fetched is not None}
        return self._ahead.is_done and begun <= keys

    def unfit(self) -> Iterable[Fault]:
        """Npm itself says which version it misses."""
        return ()

    def answer(self, asked: Asked) -> Page | Case | None:
        """Serve packuments, tarballs, and the questions about packages that run nothing."""
        path = "/".join(asked.route).lstrip("/")
        if asked.method == "POST":
            return self._audit(path, asked) if AUDITS.fullmatch(path) else None
        if (case := self.sources.get(path) or self._paths.get(path)) is not None:
            return case
        if not {".", ".."}.isdisjoint(path.split("/")):
            return None
        if service := SERVICES.fullmatch(path):
            return self._service(path, service[1] or service[2] or "", asked)
        if NAME.fullmatch(path):
            return self._page(path, asked.headers.get("accept", ""))
        return self._by_path(path)

    def _service(self, path: str, name: str, asked: Asked) -> Page | None:
        if self.registries.refusal(name):
            return None
        reply = self.registries.of(name).ask(path, asked.headers.get("accept", "*/*"))
        return Page(reply.headers.get("content-type", ""), reply.body)

    def _audit(self, path: str, asked: Asked) -> Page:
        headers = {name: value for name, value in asked.headers.items() if name.startswith(("content-", "npm-"))}
        headers.pop("content-length", None)
        try:
            reply = self.registries.default.tell(path, asked.body, headers)
        except GatekeeperError:
            return Page("application/json", b"{}", 404)  # npm goes on without, as it does when a registry has no audit
        return Page(reply.headers.get("content-type", "application/json"), reply.body)

    def _page(self, name: str, accept: str) -> Page:
        if why := self.registries.refusal(name):
            refuse(self.cases, Release("npm", name), why)
        try:
            found = self.packuments.get(name, abbreviated=ABBREVIATED in accept)
            self._ahead.arrived(name)
            self._check_scripts(name)
        except GatekeeperError as problem:
            self.faults[name] = Fault(name, problem.message, missing=isinstance(problem, NotFoundUpstreamError))
            raise
        return Page(found.content_type, found.body)

    def _check_scripts(self, name: str) -> None:
        """Raise `RefusedError` when npm is about to hear of other install scripts than those that were judged."""
        for case in list(self.cases.by_key.values()) if self.packuments.is_full(name) else ():
            if case.release.name == name and isinstance(case.metadata, Known) and case.key not in self.sources:
                said = object_in(case.metadata.value.partition(b"\0")[0])
                for each in hook_differences(said, self.packuments.announced(case.release)):
                    notice = Notice("metadata-mismatch", f"{case.release}: {each}")
                    verdict = self.cases.reader.judge_notices(case.release, (notice,))
                    self.cases.verdicts[f"scripts of {case.key}"] = verdict
                    raise RefusedError(verdict)

    def _by_path(self, path: str) -> Case | None:
        """Find the file that a path means among the packuments that were served: first that of the name in it."""
        name = path.partition("/-/")[0]
        inside = name if NAME.fullmatch(name) else ""
        seen = set(self.packuments.names)
        if "/-/" in path and inside and inside not in seen:
            seen.add(inside)
        for each in sorted(seen - self._read, key=lambda one: one != inside):
            self._learn(each)
            if path in self._paths:
                return self._paths[path]
        return None

    def _learn(self, name: str) -> None:
        self._read.add(name)
        for version, manifest in self.packuments.versions(name)[0].items():
            with suppress(GatekeeperError):  # an address that is none leads nowhere
                if (case := self._case_of_manifest(name, version, manifest)) is not None:
                    self._paths.setdefault(path_of(case.file.url), case)

    def _case_of_manifest(self, name: str, version: str, manifest: object) -> Case | None:
        dist = manifest.get("dist") if isinstance(manifest, dict) else None
        tarball = dist.get("tarball") if isinstance(dist, dict) else None
        if not isinstance(dist, dict) or not isinstance(tarball, str):
            return None
        return self._open(Release("npm", name, version), tarball, digests_in(dist.get("integrity"), dist.get("shasum")))

    def _open(self, release: Release, url: str, hashes: Mapping[str, str]) -> Case:
        """Open the case of a tarball; two promises about one address are two cases, and the bytes decide."""
        parse_address(url)  # raises UpstreamError for what is none
        registry = self.registries.of(release.name)
        strongest = next((f"{name}:{hashes[name]}" for name in STRONGEST if name in hashes), "")
        key = hashlib.blake2b(f"{url}\0{strongest}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        filename = unquote(urlsplit(url).path.rpartition("/")[2]) or "package.tgz"
        file = IndexFile(filename, url, release.version, hashes, source=registry.label)
        return self.cases.open(Case(key, release, file, registry, release.name in self.wanted))

    def case_of(self, release: Release, wanted: str) -> Case:
        """Return the case of the tarball of one version or dist-tag; the tag `latest` when none is wanted."""
        versions, tags = self.packuments.versions(release.name)
        wanted = wanted.removeprefix("==") or "latest"
        version = wanted if wanted in versions else str(tags.get(wanted, ""))
        case = self._case_of_manifest(release.name, version, versions.get(version))
        if case is None:
            raise UndecidedError(
                f"{release.name}@{wanted} was not found on {self.registries.of(release.name).label}: "
                "name one version, or a tag"
            )
        return case

    def plan(self, locked: Iterable[Locked]) -> Iterator[Case]:
        """Open the cases of what a lock settles on, and begin with all of them."""
        locked = list(locked)
        unknown = {each.release.name for each in locked if each.address is None}
        with ThreadPoolExecutor(ASKERS, "gatekeeper-lock") as pool:  # locks may leave addresses out
            list(pool.map(self._ask_quietly, unknown))
        for each in locked:
            case = self._expected(each)
            if case is not None:
                self.cases.begin(case)
                yield case

    def needed(self, cases: Iterable[Case]) -> str | None:
        """Return the key of a file that npm cannot do without, whatever the platform; None when there is none."""
        promised = ((case.key, self._promised.get(case.key)) for case in cases)
        return next((key for key, locked in promised if locked and not OPTIONAL.intersection(locked.groups)), None)

    def _ask_quietly(self, name: str) -> None:
        with suppress(GatekeeperError):  # whoever needs it asks again, and hears why
            self.packuments.versions(name)

    def _expected(self, locked: Locked) -> Case | None:
        """Open the case of what a lock names, and remember that npm will ask for it by its path."""
        try:
            case = self._planned(locked)
        except GatekeeperError as problem:
            self.faults[locked.release.name] = Fault(locked.release.name, f"{locked.place}: {problem.message}")
            return None
        self.cases.wanted_by[locked.release.name] = list(locked.wanted_by)
        self._promised[case.key] = locked
        for address in (case.file.url, locked.address):
            if address:
                self._paths[path_of(address)] = case
        return case

    def _planned(self, locked: Locked) -> Case:
        release = locked.release
        if locked.address is None:
            case = self.case_of(release, release.version or "")
            if (promised := digests_in(locked.integrity)) and promised.items() - case.file.hashes.items():
                return self._open(release, case.file.url, {**case.file.hashes, **promised})
            return case
        parse_address(locked.address)
        if (source := self.sources.get(path_of(locked.address))) is not None:
            return source
        url = self.registries.address(release.name, locked.address)
        return self._open(release, url, digests_in(locked.integrity))

    def inner_locks(self, cases: Iterable[Case]) -> list[Locked]:
        """Return what the locks inside of judged packages settle on: npm follows a published shrinkwrap."""
        found: list[Locked] = []
        for case in cases:
            lock = case.metadata.value.partition(b"\0")[2] if isinstance(case.metadata, Known) else b""
            if lock:
                found += package_lock.read(lock.decode("utf-8", "replace"), f"{case.release}: {package_lock.FILES[0]}")
        return found

    def notices_of(self, case: Case) -> tuple[Notice, ...]:
        """Return what stands against where a file comes from, and against what was said about it beforehand."""
        locked = self._promised.get(case.key)
        place = locked.place if locked else None
        found: list[Notice] = []
        for each in self.inner_locks([case]):  # npm follows them at once
            self._expected(each)
        is_source = case.key in self.sources  # which no registry has announced
        found += () if is_source else self.registries.against(case.release, case.file.url, place)
        if isinstance(case.metadata, Known):
            said = object_in(case.metadata.value.partition(b"\0")[0])
            announced = {} if is_source else self.packuments.announced(case.release)
            hooks = unbound_hooks(case.release, said, announced, self.cases.options.policy)
            found += [
                Notice("metadata-mismatch", f"{case.release}: {each}", place)
                for each in (*differences(case.release, said, announced, locked), *hooks)
            ]
            found += [
                Notice("vcs-source" if each.is_git else "path-source", f"{case.release} requires {each}", place)
                for each in dict.fromkeys((*ungated_in(said), *ungated_in(announced)))
                if (each.name, each.spec) not in self.excused
            ]
        return tuple(found)

    def case_at(self, url: str) -> Case | None:
        """Return the case of a file by its path."""
        return self._paths.get(path_of(url))

    def canonical(self, url: str) -> str | None:  # noqa: ARG002 - npm never sees another address
        """Return nothing: addresses are the registry's own."""
        return None


def path_of(url: str) -> str:
    """Return the decoded path of an address without the slash in front: all that npm keeps of it."""
    return unquote(urlsplit(url).path).lstrip("/")
