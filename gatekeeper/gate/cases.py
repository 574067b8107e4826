"""Every file that the client may want: fetched once, judged once, in the background, and remembered."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatekeeper.errors import GatekeeperError
from gatekeeper.gate.answers import answered, joined, said_yes, started
from gatekeeper.gate.comparing import Comparing, pays
from gatekeeper.gate.malware import KnownMalware
from gatekeeper.gate.requirements import essence_of, requirements_in
from gatekeeper.model import Known, Notice, Ruling, Unknown, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gatekeeper.gate.blobs import Blobs
    from gatekeeper.gate.options import Options
    from gatekeeper.gate.reader import Reader
    from gatekeeper.model import History, Release, Watcher
    from gatekeeper.registries.listing import Fetches, IndexFile

FETCHERS = 8
READERS = 3  # threads that wait for the reading processes: one more than there are, so that none is idle


@dataclass(slots=True)
class Case:
    """One file: where it comes from, and what has been found out about it so far."""

    key: str
    release: Release
    file: IndexFile
    upstream: Fetches
    requested: bool
    path_typed: str | None = None
    fetched: Future[tuple[str, Path]] | None = None
    verdict: Future[Verdict] | None = None
    metadata: Known[bytes] | Unknown | None = None  # None: not read yet
    announcing: Future[bytes] | None = None
    announced: bytes | None = None  # the metadata that the index served for it
    deepened: Verdict | None = None  # after the deep pass, where the fast one left something to it
    settled: Verdict | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Cases:
    """The cases of one run. Thread-safe: the client's requests and the background share it."""

    def __init__(self, reader: Reader, blobs: Blobs, watcher: Watcher, options: Options) -> None:
        """Start with no case; the pools start threads only when needed."""
        self.reader, self.blobs, self.watcher, self.options = reader, blobs, watcher, options
        self.malware = KnownMalware(reader, options)
        self.by_key: dict[str, Case] = {}
        self.verdicts: dict[str, Verdict] = {}  # what the client asked for, in its order
        self.wanted_by: dict[str, list[str]] = {}
        self.specifiers: dict[str, list[str]] = {}
        self.conditional: list[Notice] = []  # sources that no gate can see, under a marker
        self.notices_of: Callable[[Case], tuple[Notice, ...]] = self._notices  # as the dialect has it
        self.history_of: Callable[[Case], History | None] = lambda _case: None  # as the dialect has it
        self.earlier_of: Callable[[Case, str], Case | None] = lambda _case, _version: None
        self.starts: frozenset[str] = frozenset()  # names of packages whose commands run at once
        self.bytes = 0
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._deepening = threading.Lock()
        self._fetchers = ThreadPoolExecutor(FETCHERS, "gatekeeper-fetch")
        self._readers = ThreadPoolExecutor(READERS, "gatekeeper-read")

    def close(self) -> None:
        """Drop what has not begun; wait for nothing."""
        for pool in (self._fetchers, self._readers):
            pool.shutdown(wait=False, cancel_futures=True)

    def open(self, case: Case) -> Case:
        """Return the case for this key, registering it the first time."""
        with self._lock:
            return self.by_key.setdefault(case.key, case)

    def begin(self, case: Case) -> None:
        """Start fetching and judging in the background, once."""
        with case.lock:
            if case.fetched is None:
                self.malware.begin(case.release, case.upstream.label)
                case.fetched = self._fetchers.submit(self.fetch, case)
                case.verdict = Future()
                case.fetched.add_done_callback(lambda done: self._then_judge(case, done))

    def fetch(self, case: Case) -> tuple[str, Path]:
        """Fetch a file, unless it is here; return its SHA-256 and where it lies. Raises GatekeeperError, OSError."""
        self.watcher.started(case.release, case.file.filename)
        known = self.blobs.find(case.file.sha256)
        if known is not None and case.file.sha256:
            return case.file.sha256, known
        if case.file.local is not None:
            return self.blobs.adopt(case.file.local)
        incoming = self.blobs.incoming()
        sha256, size = case.upstream.fetch(case.file, incoming)
        with self._lock:
            self.bytes += size
        return sha256, self.blobs.keep(incoming, sha256)

    def _then_judge(self, case: Case, done: Future[tuple[str, Path]]) -> None:
        verdict = case.verdict
        assert verdict is not None
        if done.cancelled():
            verdict.cancel()
            return
        try:
            self._readers.submit(self._judge, case).add_done_callback(lambda read: _copy(read, verdict))
        except RuntimeError:  # the pool closed: the run is over
            verdict.cancel()

    def _judge(self, case: Case) -> Verdict:
        label = case.upstream.label
        public = self.malware.is_public(case.release, label)
        return replace(self.malware.accused(self._read(case), label), public=public)

    def _read(self, case: Case) -> Verdict:
        assert case.fetched is not None
        blank = Verdict(case.release, Ruling.ERROR, requested=case.requested, source=case.upstream.label)
        try:
            sha256, path = case.fetched.result()
        except (GatekeeperError, OSError) as problem:
            return replace(blank, error=str(problem))
        past = self.history_of(case)
        verdict, case.metadata = self.reader.judge_artifact(
            path, blank, case.file.filename, sha256, history=past, later=True
        )
        if past is not None and past.previous is not None and pays(verdict, past):
            earlier = self.earlier_of(case, past.previous.version)
            verdict = Comparing(self.reader, self.fetch).compared(verdict, path, past, earlier)
        try:
            notices = self.notices_of(case)
        except GatekeeperError as problem:  # what it ships, or what was said about it, cannot be read
            return replace(verdict, ruling=max(verdict.ruling, Ruling.ERROR), error=problem.message)
        if notices:
            more = self.reader.judge_notices(case.release, notices)
            verdict = joined(verdict, more, self.options.policy)
        if case.release.name in self.starts:
            verdict = replace(verdict, ruling=max(verdict.ruling, started(verdict.findings, self.options.policy)))
        return replace(verdict, path=case.path_typed)

    def _notices(self, case: Case) -> tuple[Notice, ...]:
        found: list[Notice] = []
        metadata = case.metadata
        if not isinstance(metadata, Known):
            return ()
        self.learn(case.release, metadata.value)
        for each in requirements_in(metadata.value):
            if each.url:
                what = f"{case.release} requires {each.name} from {each.url}, which no gate can see"
                # Under a marker it may not apply; if it does, the fence refuses, and this says who asked.
                (self.conditional if each.marked else found).append(Notice("path-source", what))
        return tuple(found)

    def learn(self, release: Release, metadata: bytes) -> list[str]:
        """Remember who wants whom, in which versions; return the names that it wants without further ado."""
        names = []
        with self._lock:
            for each in requirements_in(metadata):
                wanting = self.wanted_by.setdefault(each.name, [])
                if release.name not in wanting:
                    wanting.append(release.name)
                    self.specifiers.setdefault(each.name, []).extend([] if each.marked else [each.specifier])
                if not each.marked:
                    names.append(each.name)
        return names

    def metadata(self, case: Case) -> Known[bytes] | Unknown:
        """Wait for the file and read its metadata from it."""
        self.begin(case)
        assert case.verdict is not None
        case.verdict.result()
        return case.metadata or Unknown("it could not be read")

    def first_look(self, case: Case) -> Verdict:
        """Wait for what the fast pass says; where it leaves something to the deep one, `found` may say more."""
        self.begin(case)
        assert case.verdict is not None
        return case.verdict.result()

    def found(self, case: Case) -> Verdict:
        """Wait for the verdict that the file deserves, before anybody is asked."""
        verdict = self.first_look(case)
        if verdict.pending is None:
            return verdict
        with self._deepening:
            if case.deepened is None:
                self._deepen(case)
        assert case.deepened is not None
        return case.deepened

    def is_allowed(self, case: Case) -> bool:
        """Wait for the fast pass and say whether it allows a file by itself, leaving nothing to the deep one."""
        verdict = self.first_look(case)
        return verdict.ruling is Ruling.ALLOW and verdict.pending is None

    def all_found(self, cases: Iterable[Case]) -> list[Verdict]:
        """Wait for the verdicts of a whole set, which costs one deep pass at most."""
        cases = list(cases)
        for case in cases:
            self.begin(case)
        for case in cases:
            self.first_look(case)
        return [self.found(case) for case in cases]

    def _deepen(self, wanted: Case) -> None:
        """Read deeper whatever waits for it by now: one call for many costs little more than for one."""
        with self._lock:
            known = list(self.by_key.values())
        waiting = [case for case in known if case is wanted or _waits(case)]
        waiting = waiting if wanted in waiting else [*waiting, wanted]
        told = self.reader.deepen([self.first_look(case) for case in waiting])
        for case, verdict in zip(waiting, told, strict=True):
            starts = case.release.name in self.starts
            ruling = started(verdict.findings, self.options.policy) if starts else Ruling.ALLOW
            case.deepened = replace(verdict, ruling=max(verdict.ruling, ruling))

    def decide(self, case: Case, *, ask: bool = True) -> Verdict:
        """Wait for the verdict, ask the person when it is a question, and remember what was decided."""
        verdict = self.found(case)
        with self._asking:
            if case.settled is None:
                verdict = self._compared(case, verdict)
                settled = replace(self._answered(verdict) if ask else verdict, via=self._via(case))
                self.watcher.judged(settled)  # before anything comes of it: it may have to be written down
                self.verdicts[case.key] = case.settled = settled
        return case.settled

    def _compared(self, case: Case, verdict: Verdict) -> Verdict:
        """Hold what the index announced, by now surely known, against what the file says."""
        if case.announced is None or not isinstance(case.metadata, Known):
            return verdict
        if essence_of(case.announced) == essence_of(case.metadata.value):
            return verdict
        what = f"the index announces other requirements than {case.file.filename} holds"
        more = self.reader.judge_notices(case.release, (Notice("metadata-mismatch", what),))
        return joined(verdict, more, self.options.policy)

    def _via(self, case: Case) -> tuple[str, ...]:
        """Name the releases that want this one; what nobody's metadata names is asked for by a build."""
        wanting = tuple(self.wanted_by.get(case.release.name, ()))
        if case.release.ecosystem == "pypi" and not wanting and not case.requested:
            return ("a build",)
        return wanting

    def _answered(self, verdict: Verdict) -> Verdict:
        if verdict.artifact is not None and verdict.artifact.sha256 in self.options.approved:
            return said_yes(verdict)
        return verdict if self.options.rehearsal else answered(verdict, self.watcher, self.options.policy)

    def bytes_of(self, case: Case) -> Path:
        """Return the judged file; only after `decide`."""
        assert case.fetched is not None
        return case.fetched.result()[1]


def _waits(case: Case) -> bool:
    """Say whether a file was judged and waits for the deep pass."""
    done = case.verdict
    if case.deepened is not None or done is None or not done.done() or done.cancelled() or done.exception():
        return False
    return done.result().pending is not None


def _copy(done: Future[Verdict], to: Future[Verdict]) -> None:
    """Hand a finished reading on; a bug in it stays loud."""
    if done.cancelled():
        to.cancel()
    elif (problem := done.exception()) is not None:
        to.set_exception(problem)
    else:
        to.set_result(done.result())
