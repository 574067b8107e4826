"""One run of the gate: its stores, its cases, its dialect, and what came of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import platformdirs
from packaging.utils import canonicalize_name

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.gate.blobs import Blobs, folder_of_stores
from gatekeeper.gate.cases import Cases, answered
from gatekeeper.gate.choosing import Target, likely
from gatekeeper.gate.pypi import PypiDialect, Wanted, release_of, without_login
from gatekeeper.gate.upstreams import label_of_default, transport_of, upstreams_of
from gatekeeper.model import Notice, Outcome, Release, Ruling, Verdict
from gatekeeper.registries.direct import DirectFile
from gatekeeper.registries.listing import IndexFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from gatekeeper.gate.options import Options
    from gatekeeper.gate.reader import Reader
    from gatekeeper.gate.server import Gate
    from gatekeeper.model import Watcher
    from gatekeeper.registries.http import Transport
    from gatekeeper.wish import Direct, Source, Wish


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
    dialect: PypiDialect | None = None
    _closing: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Open the stores."""
        home = folder_of_stores() if self.options.store else self.private / "store"
        self.protected = (home, platformdirs.user_config_path("gatekeeper", appauthor=False))
        self.cases = Cases(self.reader, Blobs(home / "files"), self.watcher, self.options)
        self._closing.callback(self.cases.close)
        import requests  # noqa: F401 - it takes a while, and the client is still loading itself

        return self

    def __exit__(self, *_: object) -> None:
        """Drop background work."""
        self._closing.close()

    def answered(self, verdict: Verdict) -> Verdict:
        """Put a question to the person, if it is one."""
        return answered(verdict, self.watcher)

    def open(self, wish: Wish) -> None:
        """Give the gate its dialect: from now on it serves."""
        home = self.protected[0]
        avoid = wish.writable[0] if wish.writable else None
        transport = transport_of(wish.network, avoid)
        self._closing.callback(transport.close)
        upstreams = upstreams_of(wish, transport, home / "pages", offline=self.options.offline)
        wanted = self._wanted(wish, label_of_default(wish, upstreams))
        dialect = PypiDialect(self.gate.address, upstreams, self.cases, wanted)
        self._closing.callback(dialect.close)
        for each in wish.direct:
            self.addresses[each.number] = self._serve(dialect, each, transport)
        self.remarks += wish.remarks
        self.dialect = dialect
        self.gate.control.canonical = dialect.canonical
        self.gate.dialect = dialect
        dialect.prefetch(sorted({named.name for named in wish.named if not named.constraint}))

    def _wanted(self, wish: Wish, default: str | None) -> Wanted:
        specifiers: dict[str, list[str]] = {}
        for named in wish.named:
            specifiers.setdefault(named.name, []).append(named.specifier)
        target = Target({tag: rank for rank, tag in reversed(list(enumerate(wish.tags)))}, wish.python)
        requested = frozenset(named.name for named in wish.named if not named.constraint)
        origins = self.options.policy.origins
        return Wanted(
            specifiers, requested, target, default, origins, wish.alone, installed_in(wish.writable), not wish.elsewhere
        )

    def _serve(self, dialect: PypiDialect, direct: Direct, transport: Transport) -> str:
        """Open the case of a requirement by address or path, and return the gate's address for it."""
        if direct.path is not None and not direct.path.is_file():
            raise UsageError(f"{direct.place}: {direct.text} does not exist")
        location = direct.url or (direct.path.as_uri() if direct.path else "")
        upstream = DirectFile(location, transport, local=direct.path)
        case = dialect.case(upstream.file, upstream)
        case.path_typed, case.requested = direct.text, not direct.constraint
        if case.release.version is None and direct.name:
            case.release = replace(case.release, name=canonicalize_name(direct.name))
        self.cases.begin(case)
        return dialect.address(upstream.file, "direct")

    def owns_by_policy(self, source: Source) -> bool:
        """Return whether the policy's `[origins]` names a source, and so answers for it."""
        return any(origin in source.shown for origin in self.options.policy.origins if origin != "internal")

    def judge_release(self, release: Release, specifier: str) -> Verdict:
        """Judge the file of a release that the client would choose; raise `UndecidedError` when there is none."""
        assert self.dialect is not None
        merged = self.dialect.project(release.name)
        file = likely(merged.files, [specifier], self.dialect.wanted.target)
        if file is None:
            raise UndecidedError(f"{release} was not found on {self.dialect.asked}, or not for this interpreter")
        case = self.dialect.case(file)
        self.cases.begin(case)
        assert case.verdict is not None
        return case.verdict.result()

    def release_in(self, filename: str) -> Release:
        """Return the release that a file name states; the version is None when it states none."""
        return release_of(IndexFile(filename, ""))

    def decide_all(self, addresses: Iterable[str]) -> None:
        """Wait for the verdicts on what a rehearsal would have installed."""
        dialect = self.dialect
        for address in addresses if dialect else ():
            assert dialect is not None
            if (case := dialect.case_at(address)) is not None:
                self.cases.decide(case)

    def outcome(self, code: int | None, before: Iterable[Verdict]) -> Outcome:
        """Put together what became of this run; raise what was a bug of ours."""
        if self.gate.bugs:
            raise self.gate.bugs[0]
        verdicts = [*before, *self.cases.verdicts.values(), *self._ungated()]
        if code != 0:
            verdicts += [v for v in self._unasked() if v not in verdicts]
            verdicts += self._faults({verdict.release.name for verdict in verdicts})
        hosts = [f"refused: {host} (only the gate can be reached)" for host in dict.fromkeys(self.gate.foreign)]
        own = self.dialect.remarks if self.dialect else []
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
            notice = Notice("path-source", f"{wanted_by} requires {without_login(url)}, which no gate can see")
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
        return [
            Verdict(
                Release("pypi", fault.name),
                Ruling.ERROR,
                error=fault.message,
                requested=fault.name in self._requested(),
            )
            for fault in faults
            if fault.name not in known
        ]

    def _requested(self) -> frozenset[str]:
        return self.dialect.wanted.requested if self.dialect else frozenset()


def installed_in(folders: Iterable[Path]) -> frozenset[str]:
    """Return the names of what lies installed in some folders, by the names of its metadata folders."""
    found = (path.name for folder in folders for path in folder.glob("*.*-info"))
    return frozenset(canonicalize_name(name.partition("-")[0]) for name in found)
