"""Judging what a lock names: the file that the client would take here, held against the digests of the lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError, UndecidedError, UpstreamError
from gatekeeper.gate.answers import joined
from gatekeeper.gate.comparing import Comparing
from gatekeeper.gate.npm import NpmDialect
from gatekeeper.gate.pypi import PypiDialect
from gatekeeper.model import Dated, History, Notice, Ruling

if TYPE_CHECKING:
    from gatekeeper.gate.cases import Case
    from gatekeeper.gate.session import Session
    from gatekeeper.model import Verdict
    from gatekeeper.registries.listing import IndexFile
    from gatekeeper.wish import Locked

UNREACHABLE = "unreachable-index"


@dataclass(frozen=True, slots=True)
class LockJudge:
    """Judges entries with one session, which must be open."""

    session: Session

    def verdict(self, locked: Locked) -> Verdict:
        """Judge an entry, for `Reader.deepen`; raise `UndecidedError` when its file cannot be had."""
        case = self.case(locked)
        case.requested = locked.direct is not False
        verdict = self.session.cases.first_look(case)
        notices = tuple(self._undigested(locked, case))
        return self.joined(verdict, notices)

    def compared(self, verdict: Verdict, locked: Locked, before: Locked) -> Verdict:
        """Add what is new since the release that the entry had before."""
        case, cases = self.case(locked), self.session.cases
        if verdict.artifact is None or before.release.version is None or verdict.ruling is Ruling.ERROR:
            return verdict
        earlier = self.case(before)
        now = self.session.waiting.cooldown.now if self.session.waiting else None
        assert now is not None
        past = cases.history_of(case) or History(now, Dated(locked.release.version or ""))
        past = replace(past, previous=Dated(before.release.version))
        return Comparing(cases.reader, cases.fetch).compared(verdict, cases.bytes_of(case), past, earlier)

    def case(self, locked: Locked) -> Case:
        """Open the case of an entry's file; raise `UndecidedError` when there is none."""
        dialect = self.session.dialect
        if isinstance(dialect, NpmDialect):
            found = next(iter(dialect.plan([locked])), None)
            if found is None:
                fault = dialect.faults.get(locked.release.name)
                raise UndecidedError(fault.message if fault else f"{locked.place}: no registry serves {locked.release}")
            return found
        assert isinstance(dialect, PypiDialect)
        return dialect.case(self._file(dialect, locked))

    def _file(self, dialect: PypiDialect, locked: Locked) -> IndexFile:
        """Choose among the files of the release those that the lock knows, and of them as pip would."""
        listed = dialect.past.files_of(dialect.project(locked.release.name), locked.release)
        if not listed:
            raise NotFoundUpstreamError(f"{locked.release} was not found on {dialect.asked}")
        known = sha256_of(locked)
        promised = [file for file in listed if file.sha256 in known]
        return dialect.past.chosen(promised or listed)

    def _undigested(self, locked: Locked, case: Case) -> list[Notice]:
        known = sha256_of(locked)
        if locked.release.ecosystem != "pypi" or not known or case.file.sha256 in known or not case.file.sha256:
            return []  # npm's files are held against the lock when they are fetched
        what = f"{locked.release}: the index serves {case.file.filename} and others, none of which the lock knows"
        return [Notice("unknown-digest", what, locked.place)]

    def joined(self, verdict: Verdict, notices: tuple[Notice, ...]) -> Verdict:
        """Add to a verdict what speaks against where an entry comes from."""
        if not notices:
            return verdict
        more = self.session.reader.judge_notices(verdict.release, notices, requested=verdict.requested)
        return joined(verdict, more, self.session.options.policy)


def sha256_of(locked: Locked) -> frozenset[str]:
    """Return the SHA-256 digests, in hex, that a lock has for a release's files."""
    return frozenset(
        digest.removeprefix("sha256:")
        for file in locked.files
        for digest in file.digests
        if digest.startswith("sha256:")
    )


def is_unreachable(problem: UpstreamError, locked: Locked, defaults: frozenset[str]) -> bool:
    """Say whether a fault is that of an index of the person's own which cannot be reached from here."""
    private = not any(host and host in problem.message for host in defaults)
    return private and not isinstance(problem, NotFoundUpstreamError) and locked.release.version is not None
