"""The lines of one run: who runs it, what was decided about each release and by whom, and how it ended."""

from __future__ import annotations

import os
import platform
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from gatekeeper import __version__
from gatekeeper.errors import GatekeeperError, StoppedError, UndecidedError
from gatekeeper.model import Outcome, Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gatekeeper.audit._file import Log
    from gatekeeper.policy import Policy, Waiver

SCHEMA = "gatekeeper.audit/1"
BEGAN, RELEASE, ENDED, WAIVER = "began", "release", "ended", "waiver"
LONGEST = 500  # characters of an error
MOST_FINDINGS = 100  # of one release
LATE = "THE AUDIT LOG IS NOT COMPLETE: what was decided stands, and its last lines could not be written"


@dataclass(frozen=True, slots=True)
class Run:
    """What is being run: our program and command, the client, the folder; and what was answered beforehand."""

    program: str
    command: str
    folder: Path
    client: str | None = None
    answer: bool | None = None

    @property
    def who(self) -> str:
        """Who answers questions in this run, if anybody does."""
        return {None: "person", True: "--yes", False: "--no"}[self.answer]


@dataclass(slots=True)
class Book:
    """The lines of one run. Thread-safe: each is one write under a lock that other runs respect, too."""

    log: Log
    policy: Policy
    run: Run
    number: str = field(default_factory=lambda: secrets.token_hex(8))
    answers: dict[tuple[str, str | None], str] = field(default_factory=dict)
    fault: UndecidedError | None = None
    _written: set[tuple[object, ...]] = field(default_factory=set)

    def begin(self) -> None:
        """Write that the run begins, and who runs it."""
        where = {"uid": _user()[1], "host": platform.node(), "folder": str(self.run.folder)}
        self.log.append([{**self._head(BEGAN), **where, "program": self.run.program}], last=True)

    def release(self, verdict: Verdict) -> None:
        """Write what was decided about a release; raise UndecidedError when that cannot be."""
        try:
            self.log.append([self._row(verdict)])
        except UndecidedError as fault:
            self.fault = fault
            raise
        self._written.add(_key(verdict))

    def waivers(self, waivers: Iterable[Waiver], file: Path) -> None:
        """Write that waivers go into a policy file; raise UndecidedError when that cannot be."""
        head = {**self._head(WAIVER), "file": str(file)}
        rows = [
            {**head, "purl": each.release, "sha256": each.sha256, "hosts": list(each.hosts), **_spelt(each)}
            for each in waivers
        ]
        self.log.append(rows, last=True)

    def demand_whole(self) -> None:
        """Raise again what kept a line about a release from being written."""
        if self.fault is not None:
            raise self.fault

    def note_answer(self, verdict: Verdict) -> None:
        """Note that a question about a release was answered, and not by the policy."""
        self.answers[_about(verdict)] = self.run.who

    def end(self, outcome: Outcome, code_of: Callable[[Outcome], int]) -> Outcome:
        """Write what has not been written yet, and how the run ended; return the outcome, worse if that fails."""
        rows = [self._row(each) for each in outcome.verdicts if _key(each) not in self._written]
        facts = {
            "ruling": outcome.ruling.word,
            "exit": code_of(outcome),
            "releases": len(outcome.verdicts),
            "refused": sum(each.ruling is not Ruling.ALLOW for each in outcome.verdicts),
            "gated": outcome.gated,
            "client_exit": outcome.client_exit,
            "error": _clipped(outcome.error),
            "seconds": round(outcome.seconds, 3),
            "ruleset": outcome.ruleset,
        }
        try:
            self.log.append([*rows, {**self._head(ENDED), **facts}], last=True)
        except UndecidedError as fault:
            said = (f"{LATE} ({fault.message})", *outcome.remarks)
            return replace(outcome, ruling=max(outcome.ruling, Ruling.ERROR), remarks=said)
        return outcome

    def break_off(self, fault: BaseException) -> None:
        """Write that the run came to nothing, and why."""
        known = fault if isinstance(fault, GatekeeperError) else None
        code = known.exit_code if known else _code(fault)
        why = known.message if known else type(fault).__name__
        facts = {"ruling": Ruling.ERROR.word, "exit": code, "error": _clipped(why)}
        self.log.append([{**self._head(ENDED), **facts}], last=True)

    def _head(self, event: str) -> dict[str, Any]:
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        what = {"command": self.run.command, "client": self.run.client, "version": __version__}
        return {"schema": SCHEMA, "time": now, "run": self.number, "event": event, "user": _user()[0], **what}

    def _row(self, verdict: Verdict) -> dict[str, Any]:
        artifact = verdict.artifact
        return {
            **self._head(RELEASE),
            "purl": verdict.release.purl,
            "sha256": None if artifact is None else artifact.sha256,
            "source": _without_secrets(verdict.source),
            "place": None if verdict.place is None else str(verdict.place),
            "requested": verdict.requested,
            "ruling": verdict.ruling.word,
            "answered": self.answers.get(_about(verdict)) or _unasked(verdict),
            "error": _clipped(verdict.error),
            # The gravest first: a package that says very much must not crowd out what others say of it.
            "findings": [
                {"check": each.check, "severity": each.severity.word, "confidence": each.confidence.word}
                | ({"waived": True} if each.waived else {})
                for each in sorted(verdict.findings, key=lambda one: one.gravity)[:MOST_FINDINGS]
            ],
            "waivers": [_spelt(each) for each in self.policy.waivers if _excuses(each, verdict)],
        }


def _key(verdict: Verdict) -> tuple[object, ...]:
    return (*_about(verdict), verdict.ruling, str(verdict.place), verdict.path)


def _about(verdict: Verdict) -> tuple[str, str | None]:
    return verdict.release.purl, None if verdict.artifact is None else verdict.artifact.sha256


def _unasked(verdict: Verdict) -> str | None:
    """Say who let a question pass that nobody was asked: the policy did, where it was let pass at all."""
    said = any((each.waived or "").startswith("the policy's [ask]") for each in verdict.findings)
    return "policy" if said else None


def _excuses(waiver: Waiver, verdict: Verdict) -> bool:
    """Say whether a waiver was of use to a release: a finding that bears its words was excused by it."""
    digests = {None, waiver.sha256} if verdict.artifact is None else {verdict.artifact.sha256}
    return waiver.sha256 in digests and any(
        each.waived and each.check == waiver.check and waiver.reason in each.waived for each in verdict.findings
    )


def _spelt(waiver: Waiver) -> dict[str, Any]:
    return {
        "check": waiver.check,
        "reason": waiver.reason,
        "author": waiver.author,
        "expires": waiver.expires,
        **({"even": True} if waiver.even else {}),
    }


def _without_secrets(source: str | None) -> str | None:
    """Drop whatever of an address may hold a secret, though nothing of it should have come as far as here."""
    if source is None:
        return None
    plain = source.partition("?")[0].partition("#")[0]
    scheme, mark, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else plain


def _clipped(words: str | None) -> str | None:
    return words if words is None or len(words) <= LONGEST else f"{words[:LONGEST]}..."


@cache
def _user() -> tuple[str, int | None]:
    """Name the user as the system knows them: what the environment says of it anybody may set."""
    if not hasattr(os, "getuid"):
        import getpass

        return getpass.getuser(), None
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name, number
    except KeyError:
        return str(number), number


def _code(fault: BaseException) -> int:
    return StoppedError.exit_code if isinstance(fault, KeyboardInterrupt) else UndecidedError.exit_code
