"""The Python dialect of the gate: pages, core metadata and files of the Simple API (PEP 503, 658, 691, 700, 714)."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from gatekeeper.errors import GatekeeperError, NotFoundUpstreamError, UndecidedError
from gatekeeper.gate.cases import Case, Cases
from gatekeeper.gate.choosing import Target, is_wheel, likely, may_fit, version_of
from gatekeeper.gate.dialect import Asked, Fault, Page
from gatekeeper.gate.owners import Owners
from gatekeeper.gate.refusal import RefusedError, refuse
from gatekeeper.gate.requirements import requirements_in
from gatekeeper.gate.simple_pages import html_page, json_page
from gatekeeper.model import Known, Release, Ruling
from gatekeeper.policy import UNDECIDED
from gatekeeper.waivers import any_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.gate.merging import Merged
    from gatekeeper.gate.pypi_past import PypiPast
    from gatekeeper.gate.pypi_wanted import Wanted
    from gatekeeper.model import Notice
    from gatekeeper.registries.simple import IndexFile, Upstream

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"
EAGER_BYTES = 30_000_000  # a wrong guess may cost this much bandwidth, not more


class PypiDialect:
    """Answers of the Simple API, out of several upstreams and only with judged files."""

    ecosystem = "pypi"

    def __init__(self, base: str, upstreams: Sequence[Upstream], cases: Cases, wanted: Wanted, past: PypiPast) -> None:
        """Serve below `base` (an address without a slash at its end)."""
        self.past = past
        cases.history_of, cases.earlier_of = lambda case: past.history(case.release), self._earlier
        self.base, self.upstreams, self.cases, self.wanted = base, tuple(upstreams), cases, wanted
        self.by_label = {upstream.label: upstream for upstream in upstreams}
        self.faults: dict[str, Fault] = {}
        self.remarks: list[str] = []
        self.static: dict[str, bool] = {}  # case key of an sdist -> whether its metadata is static
        self._files: dict[str, IndexFile] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._merged: dict[str, Merged] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        # Two pools: a look ahead waits for answers of indexes, and must never hold the threads that bring them.
        self._askers = ThreadPoolExecutor(6, "gatekeeper-index")
        self._ahead = ThreadPoolExecutor(4, "gatekeeper-ahead")
        self.owners = Owners(upstreams, wanted, cases, self._askers)
        self._of_metadata, cases.notices_of = cases.notices_of, self._notices

    @property
    def asked(self) -> str:
        """Name the upstreams in a few words."""
        first, *more = self.by_label or ("any index: there is none (--no-index, and no find-links)",)
        return f"{first} and {len(more)} more" if more else first

    def answer(self, asked: Asked) -> Page | Case | None:
        """Serve project pages, metadata and files."""
        match asked.route if asked.method == "GET" else ():
            case ["simple", name, *rest] if name and rest in ([], [""]):
                return Page(*self.page(name, asked.headers.get("accept", "")))
            case ["files" | "direct", key, filename] if self.case_by(key) is not None:
                if filename.endswith(".metadata"):
                    return Page("binary/octet-stream", self.metadata(key))
                return self.cases.by_key[key]
        return None

    def requested(self) -> frozenset[str]:
        """Return the names that the person asked for."""
        return self.wanted.requested

    def case_of(self, release: Release, wanted: str) -> Case:
        """Return the case of the file that pip would choose; raise `UndecidedError` when there is none."""
        file = likely(self.project(release.name).files, [wanted], self.wanted.target)
        if file is None:
            raise UndecidedError(f"{release} was not found on {self.asked}, or not for this interpreter")
        return self.case(file)

    def _earlier(self, case: Case, version: str) -> Case | None:
        file = self.past.file_of(case.release.name, version, is_wheel(case.file.filename))
        return self.case(file) if file else None

    def close(self) -> None:
        """Stop asking indexes."""
        for pool in (self._ahead, self._askers):
            pool.shutdown(wait=False, cancel_futures=True)

    def project(self, name: str) -> Merged:
        """Return the merged view of one project; asks each upstream that may serve the name, once."""
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._merged:
                self._merged[name] = self.past.sifted(
                    self.owners.project(name), lambda: self.cases.specifiers.get(name, ())
                )
                if remark := self._merged[name].remark:
                    self.remarks.append(remark)
            return self._merged[name]

    def _notices(self, case: Case) -> tuple[Notice, ...]:
        return (*self.owners.notices(case, self._merged.get(case.release.name)), *self._of_metadata(case))

    def page(self, name: str, accept: str) -> tuple[str, bytes]:
        """Return content type and body of a project page; raise `GatekeeperError` when no index gave one."""
        name = canonicalize_name(name)
        try:
            merged = self.project(name)
        except GatekeeperError as problem:
            self.faults[name] = Fault(name, problem.message)
            raise
        if merged.refused:
            refuse(self.cases, Release("pypi", name), merged.refused)
        if not merged.files:
            self.faults[name] = Fault(name, f"{name} was not found on {self.asked}", missing=True)
            raise NotFoundUpstreamError(self.faults[name].message)
        self._look_ahead(merged)
        # pip would pass over what its interpreter cannot install, after parsing it: on long pages that is most of it.
        target = self.wanted.target if self.wanted.narrow else Target()
        entries = [self._entry(file) for file in merged.files if may_fit(file.filename, target)]
        if JSON in accept or "application/json" in accept:
            return JSON, json_page(name, entries)
        return HTML, html_page(name, entries)

    def prefetch(self, names: Iterable[str]) -> None:
        """Ask for project pages ahead of the client, which asks for them one after the other."""
        for name in names:
            self._ahead.submit(self._quietly, canonicalize_name(name))

    def unfit(self) -> list[Fault]:
        """Return a fault for each requested name of which no file fits what was asked for."""
        found = []
        for name in sorted(self.wanted.requested & self._merged.keys()):
            wanted, files = self.wanted.specifiers.get(name, ()), self._merged[name].files
            if files and likely(files, wanted, self.wanted.target) is None:
                what = f"{name}{','.join(wanted)}"
                found.append(Fault(name, f"{what}: {self.asked} has no such version for this interpreter"))
        return found

    def _quietly(self, name: str) -> None:
        try:
            self._look_ahead(self.project(name))
        except GatekeeperError:
            return  # the client will ask again, and hear it

    def _look_ahead(self, merged: Merged) -> None:
        """Begin with the file that the client will most likely want."""
        wanted = [*self.wanted.specifiers.get(merged.name, ()), *self.cases.specifiers.get(merged.name, ())]
        file = likely(merged.files, wanted, self.wanted.target)
        if file is None or (file.size or 0) > EAGER_BYTES:
            return
        case = self.case(file)
        if file.has_metadata and not self.cases.options.looks:  # where nothing is resolved, the file says it all
            with case.lock:
                if case.announcing is None:
                    case.announcing = self._askers.submit(self.by_label[file.source].metadata, file)
        self.cases.begin(case)
        if not is_wheel(file.filename) and case.key not in self.static:
            try:
                self.static[case.key] = isinstance(self.cases.metadata(case), Known)
            except GatekeeperError:
                self.static[case.key] = False

    def key_of(self, file: IndexFile) -> str:
        """Return the name under which the gate serves a file; it is remembered, and a case opened when it is wanted."""
        key = self._keys.get((file.source, file.url))
        if key is None:
            key = self._keys[file.source, file.url] = hashlib.blake2b(
                f"{file.source}\0{file.url}".encode(), digest_size=10
            ).hexdigest()
            self._files[key] = file
        return key

    def case(self, file: IndexFile, upstream: Upstream | None = None) -> Case:
        """Return the case of a file, opening it the first time."""
        key = self.key_of(file)
        if key in self.cases.by_key:
            return self.cases.by_key[key]
        release = release_of(file)
        upstream = upstream or self.by_label[file.source]
        return self.cases.open(Case(key, release, file, upstream, release.name in self.wanted.requested))

    def case_by(self, key: str) -> Case | None:
        """Return the case that a key names, opening it the first time; None for a key that was never given out."""
        file = self._files.get(key)
        return None if file is None else self.case(file)

    def address(self, file: IndexFile, kind: str = "files") -> str:
        """Return the gate's address of a file."""
        return f"{self.base}/{kind}/{self.key_of(file)}/{quote(file.filename)}"

    def _entry(self, file: IndexFile) -> dict[str, object]:
        address = self.address(file)
        entry: dict[str, object] = {
            "filename": file.filename,
            "url": address,
            "hashes": dict(file.hashes),
            "yanked": file.yanked,
        }
        if file.requires_python:
            entry["requires-python"] = file.requires_python
        if file.size is not None:
            entry["size"] = file.size
        if file.upload_time is not None:
            entry["upload-time"] = file.upload_time.isoformat().replace("+00:00", "Z")
        if file.has_metadata:
            entry["core-metadata"] = {"sha256": file.metadata_sha256} if file.metadata_sha256 else True
        elif self._reads(file) or (self.static and self.static.get(self.key_of(file))):
            entry["core-metadata"] = True
        return entry

    def _reads(self, file: IndexFile) -> bool:
        """Say whether we can read metadata out of a file for the client: not where a waiver lets it through unread."""
        return is_wheel(file.filename) and not any_for(release_of(file), UNDECIDED, self.cases.options.policy)

    def metadata(self, key: str) -> bytes:
        """Return the core metadata of a file, and begin with the file itself: the client has chosen it.

        Raises `RefusedError` when it asks for what no gate can see: the client would go and fetch that next.
        """
        case = self.cases.by_key[key]
        self.cases.begin(case)
        if case.file.has_metadata:
            ahead = case.announcing
            metadata = case.announced = ahead.result() if ahead else self.by_label[case.file.source].metadata(case.file)
        else:
            found = self.cases.metadata(case)
            if not isinstance(found, Known):
                if (verdict := self.cases.decide(case)).ruling is not Ruling.ALLOW:
                    raise RefusedError(verdict)  # and not a missing page, which says nothing in the report
                raise NotFoundUpstreamError(f"{case.file.filename} holds no metadata: {found.reason}")
            metadata = found.value
        if any(each.url and not each.marked for each in requirements_in(metadata)):
            raise RefusedError(self.cases.decide(case))
        wanting = self.cases.learn(case.release, metadata)
        if not self.wanted.alone and self.owners.may_guess(case.file.source):
            self.prefetch(name for name in wanting if name not in self._merged and name not in self.wanted.installed)
        return metadata

    def case_at(self, url: str) -> Case | None:
        """Return the case of a file by the gate's address for it, or by its own."""
        if url.startswith(self.base):
            key = url.removeprefix(self.base).lstrip("/").split("/")[1:2]
            return self.case_by(key[0]) if key else None
        return next((case for case in self.cases.by_key.values() if without_login(case.file.url) == url), None)

    def canonical(self, url: str) -> str | None:
        """Return the upstream address of a file that the gate serves at `url`, without credentials."""
        case = self.case_at(url)
        return without_login(case.file.url) if case else None


def release_of(file: IndexFile) -> Release:
    """Return the release that a file belongs to, by its name; a non-standard name gives what it can."""
    try:
        parse = parse_wheel_filename if is_wheel(file.filename) else parse_sdist_filename
        name = parse(file.filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        name = canonicalize_name(file.filename.partition("-")[0])
    version = file.version or version_of(file.filename)
    return Release("pypi", name, str(version) if version else None)


def without_login(url: str) -> str:
    """Take the user information out of an address, as pip does before it writes one down."""
    scheme, mark, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    return f"{scheme}{mark}{netloc.rpartition('@')[2]}{slash}{path}" if mark else url
