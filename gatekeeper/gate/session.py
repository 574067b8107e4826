"""One run of the gate: its stores, its cases, its dialect, and what came of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import platformdirs
from packaging.utils import canonicalize_name

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.gate import npm_wanted
from gatekeeper.gate.answers import answered
from gatekeeper.gate.blobs import Blobs, sha256_of
from gatekeeper.gate.cases import Case, Cases
from gatekeeper.gate.holding import Hold
from gatekeeper.gate.hooks import Apart, apart, may_run_apart
from gatekeeper.gate.keeping import demand_apart, kept_in
from gatekeeper.gate.malware import data_beside
from gatekeeper.gate.npm import NpmDialect
from gatekeeper.gate.npm_agreement import accused
from gatekeeper.gate.npm_registries import registries_of
from gatekeeper.gate.pypi import PypiDialect, release_of
from gatekeeper.gate.pypi_past import PypiPast
from gatekeeper.gate.pypi_wanted import wanted_of
from gatekeeper.gate.upstreams import label_of_default, transport_of, upstreams_of
from gatekeeper.gate.waiting import Waiting
from gatekeeper.model import Notice, Outcome, Release, Ruling, Verdict
from gatekeeper.registries.direct import DirectFile
from gatekeeper.registries.listing import IndexFile
from gatekeeper.wish.hosts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from gatekeeper.gate.dialect import Dialect
    from gatekeeper.gate.options import Options
    from gatekeeper.gate.reader import Reader
    from gatekeeper.gate.server import Gate
    from gatekeeper.model import Watcher
    from gatekeeper.registries.http import Transport
    from gatekeeper.wish import Direct, Locked, Wish


MOST_INNER_LOCKS = 5  # locks in packages that locks in packages name


@dataclass(slots=True)
class Session:
    """A context manager: on leaving, background work is dropped and stores are closed."""

    gate: Gate
    reader: Reader
    options: Options
    private: Path
    watcher: Watcher
    addresses: dict[int, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    protected: tuple[Path, ...] = ()
    cases: Cases = field(init=False)
    dialect: Dialect | None = None
    waiting: Waiting | None = None
    accused: list[Verdict] = field(default_factory=list)
    apart: Apart = field(default_factory=Apart)
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Open the stores."""
        keeping = kept_in(self.private, store=self.options.store, tell=self.remarks.append)
        home = self._closing.enter_context(keeping)
        self.protected = (home, platformdirs.user_config_path("gatekeeper", appauthor=False))
        self.cases = Cases(self.reader, Blobs(home / "files"), self.watcher, self.options)
        self._closing.callback(self.cases.malware.close)
        self._closing.callback(self.cases.close)
        import requests  # noqa: F401 - it takes a while, and the client is still loading itself

        return self

    def __exit__(self, *_: object) -> None:
        """Drop background work."""
        self._closing.close()

    def answered(self, verdict: Verdict) -> Verdict:
        """Put a question to the person, if it is one."""
        return answered(verdict, self.watcher, self.options.policy)

    def open(self, wish: Wish) -> None:
        """Give the gate its dialect: from now on it serves."""
        self.cases.starts = wish.starts
        avoid = wish.writable[0] if wish.writable else None
        transport = transport_of(wish.network, avoid)
        self._closing.callback(transport.close)
        self.cases.malware.open(wish, transport)
        self.protected += data_beside(wish.writable)
        demand_apart(self.options, wish.writable)
        dialect = self._npm(wish, transport) if wish.ecosystem == "npm" else self._python(wish, transport)
        self._closing.callback(dialect.close)
        self.remarks += wish.remarks
        self.dialect = dialect
        self.gate.control.canonical = dialect.canonical
        self.gate.dialect = dialect

    def _npm(self, wish: Wish, transport: Transport) -> NpmDialect:
        registries = registries_of(wish, transport, self.protected[0] / "pages", self.options.policy)
        if self.options.offline and not all(source.is_near for source in wish.sources):
            raise UndecidedError("--offline: a configured registry is on another machine", hint="leave --offline out")
        self.gate.proxy = wish.network["transport"]["proxy"] or None
        wanted = npm_wanted.wanted_of(wish, offline=self.options.offline)
        return NpmDialect(registries, self.cases, wanted, self._waiting("npm", transport))

    def _python(self, wish: Wish, transport: Transport) -> PypiDialect:
        upstreams = upstreams_of(wish, transport, self.protected[0] / "pages", self.options)
        wanted = wanted_of(wish, label_of_default(wish, upstreams), self.options.policy)
        past = PypiPast(self._waiting("pypi", transport), wanted)
        dialect = PypiDialect(self.gate.address, upstreams, self.cases, wanted, past)
        for each in wish.direct:
            self.addresses[each.number] = self._serve(dialect, each, transport)
        dialect.prefetch(sorted({named.name for named in wish.named if not named.constraint}))
        return dialect

    def _waiting(self, ecosystem: str, transport: Transport) -> Waiting:
        self.waiting = Waiting(ecosystem, self.reader, self.watcher, self.options, transport.clock)
        return self.waiting

    def _serve(self, dialect: PypiDialect, direct: Direct, transport: Transport) -> str:
        """Open the case of a requirement by address or path, and return the gate's address for it."""
        if direct.path is not None and not direct.path.is_file():
            raise UsageError(f"{direct.place}: {direct.text} does not exist")
        location = direct.url or (direct.path.as_uri() if direct.path else "")
        upstream = DirectFile(location, transport, local=direct.path)
        case = dialect.case(upstream.file, upstream)
        case.path_typed, case.requested = shown(direct.text), not direct.constraint
        if case.release.version is None and direct.name:
            case.release = replace(case.release, name=canonicalize_name(direct.name))
        self.cases.begin(case)
        return dialect.address(upstream.file, "direct")

    def judge_release(self, release: Release, wanted: str) -> Verdict:
        """Judge the file that the client would choose, for `Reader.deepen`; raise `UndecidedError` for none."""
        assert self.dialect is not None
        return self.cases.first_look(self.dialect.case_of(release, wanted))

    def judge_file(self, path: Path) -> Verdict:
        """Judge an archive where it lies, for `Reader.deepen`; raise `UndecidedError` when it cannot be read at all."""
        try:
            sha256 = sha256_of(path)
        except OSError as problem:
            raise UndecidedError(f"{path} cannot be read: {problem.strerror}") from problem
        release = self.reader.npm_release_in(path, path.name) or release_of(IndexFile(path.name, ""))
        verdict = self.reader.judge_artifact(path, Verdict(release, Ruling.ERROR), path.name, sha256, later=True)[0]
        return replace(self.cases.malware.accused(verdict), path=str(path))

    def decide_planned(self, locked: Iterable[Locked] | None, complaint: str = "") -> dict[str, Any]:
        """Judge the whole set that a client settled on; say whether it may go on, and whose hooks run apart.

        None: it could not settle, and complained; whoever asked for something that no gate can see is named.
        """
        dialect = self.dialect
        assert isinstance(dialect, NpmDialect)
        if locked is None:
            self.accused += [
                self.reader.judge_notices(release, (notice,))
                for release, notice in accused(dialect.packuments, [*self.gate.foreign, complaint])
            ]
            return {"run": not self.accused and not dialect.faults}
        settled = [*(own := list(locked))]  # inner locks speak of folders inside of packages
        cases = list(dialect.plan(settled))
        for _ in range(MOST_INNER_LOCKS):
            inner = [each for each in dialect.inner_locks(self._readable(cases)) if each not in settled]
            if not inner:
                break
            settled += inner
            cases = list(dialect.plan(settled))
        verdicts = self._decided(cases)
        run = not self._is_at_fault() and all(verdict.ruling is Ruling.ALLOW for verdict in verdicts)
        hooked = {each.key: verdict for verdict, each in zip(verdicts, own, strict=False) if each.hooks and run}
        self.apart = apart(hooked, self.options.policy)
        self.remarks += self.apart.remarks
        return {"run": run and not self.options.rehearsal, **self.apart.told}

    def begin(self, settled: Callable[[], Iterable[Locked] | None]) -> None:
        """Begin with what a lock settles on, without waiting for it: the client starts meanwhile."""
        dialect, hold = self.dialect, self.gate.hold
        assert isinstance(dialect, NpmDialect)
        assert hold is not None
        hold.meanwhile(lambda: dialect.needed(list(dialect.plan(settled() or ()))))

    def _decided(self, cases: Iterable[Case]) -> list[Verdict]:
        """Decide a set: the person is asked only where nothing in it is refused anyway."""
        cases = list(cases)
        refused = self._is_at_fault() or any(each.ruling > Ruling.ASK for each in self.cases.all_found(cases))
        return [self.cases.decide(case, ask=not refused) for case in cases]

    def _is_at_fault(self) -> bool:
        """Say whether an upstream failed us; a name that nobody has counts only when the client fails over it."""
        return any(not fault.missing for fault in self.dialect.faults.values()) if self.dialect else False

    def hold(self, wish: Wish) -> bool:
        """Let the client settle and fetch in one run, where nothing can be lost by it; every file waits for all."""
        dialect, alone = self.dialect, may_run_apart(self.options.policy)
        if not wish.fresh or alone or self.options.rehearsal or not isinstance(dialect, NpmDialect):
            return False
        self.gate.hold = Hold(
            lambda cases: next((each for each in self._decided(cases) if each.ruling is not Ruling.ALLOW), None),
            dialect.is_all,
            self.cases.is_allowed,
        )
        return True

    def is_refused(self) -> bool:
        """Say whether anything that the client asked for was not allowed."""
        return bool(self.accused) or any(v.ruling is not Ruling.ALLOW for v in self.cases.verdicts.values())

    def _readable(self, cases: Iterable[Case]) -> list[Case]:
        return [case for case in cases if self.cases.first_look(case).ruling < Ruling.ERROR]

    def open_for(self, name: str | None) -> None:
        """Open the hosts that waivers name for a release's hook, and no others; None closes them again."""
        self.gate.opened = frozenset(self.apart.alone.get(name or "", ()))
        if name and self.gate.opened:
            whose = name.rpartition("node_modules/")[2]
            self.remarks.append(f"opened for the install hook of {whose}: {', '.join(sorted(self.gate.opened))}")

    def decide_all(self, addresses: Iterable[str]) -> None:
        """Wait for the verdicts on what a rehearsal would have installed."""
        dialect = self.dialect
        for address in addresses if dialect else ():
            assert dialect is not None
            if (case := dialect.case_at(address)) is not None:
                self.cases.decide(case)

    def outcome(self, code: int | None, before: Iterable[Verdict]) -> Outcome:
        """Put together what became of this run; raise what was a bug of ours."""
        bugs = [*self.gate.bugs, *(self.gate.hold.bugs if self.gate.hold else ())]
        if bugs:
            raise bugs[0]
        verdicts = [*before, *self.cases.verdicts.values(), *self.accused, *self._ungated()]
        if code != 0:
            verdicts += [v for v in self._unasked() if v not in verdicts]
            verdicts += self.waiting.emptied() if self.waiting else []
            verdicts += self._faults({verdict.release.name for verdict in verdicts})
        hosts = [f"refused: {host} (only the gate can be reached)" for host in dict.fromkeys(self.gate.foreign)]
        own = [
            *(self.dialect.remarks if self.dialect else ()),
            *self.cases.malware.tampered(),
            *self.cases.malware.remarks(),
            *(self.waiting.remarks(verdicts) if self.waiting else ()),
        ]
        return Outcome(
            ruling=max((verdict.ruling for verdict in verdicts), default=Ruling.ALLOW),
            verdicts=tuple(verdicts),
            remarks=(*self.remarks, *own, *hosts),
            client_exit=code,
            bytes=self.cases.bytes,
            ruleset=self.reader.ruleset,
        )

    def _ungated(self) -> Iterator[Verdict]:
        """Yield a verdict on each release that asked for something by path or address."""
        for wanted_by, url in dict.fromkeys(self.gate.control.ungated):
            name, _, version = wanted_by.partition(" ")[0].partition("==")
            notice = Notice("path-source", f"{wanted_by} requires {shown(url)}, which no gate can see")
            yield self.reader.judge_notices(Release("pypi", name, version or None), (notice,))

    def _unasked(self) -> list[Verdict]:
        """Return what is known against files that the client chose but, having failed, never asked for."""
        found = []
        for case in self.cases.by_key.values():
            if case.announced is not None and case.verdict is not None and case.verdict.done() and case.settled is None:
                verdict = case.verdict.result()
                if verdict.ruling is not Ruling.ALLOW:
                    found.append(verdict)
        return found + [
            self.reader.judge_notices(Release("pypi", notice.detail.partition(" ")[0]), (notice,))
            for notice in self.cases.conditional
            if any(host.partition(":")[0] in notice.detail for host in self.gate.foreign)
        ]

    def _faults(self, known: set[str]) -> list[Verdict]:
        """Return what indexes failed to answer, as verdicts: could not decide."""
        if self.dialect is None:
            return []
        faults = [*self.dialect.faults.values(), *self.dialect.unfit()]
        requested, ecosystem = self.dialect.requested(), self.dialect.ecosystem
        return [
            Verdict(
                Release(ecosystem, fault.name),
                Ruling.ERROR,
                error=fault.message + (f"; did you mean {meant}?" if meant else ""),
                requested=fault.name in requested,
                instead=meant,
            )
            for fault in faults
            if fault.name not in known
            for meant in [self.reader.closest_name(Release(ecosystem, fault.name)) if fault.missing else None]
        ]
