"""The log of decisions: one line of JSON for each, appended to a file that the policy names.

A run proves that the log can be written before anything else happens, and the line about a release is in it before
the release's bytes are handed out. Nothing that was typed is in it, no credentials, and of a package's text its name,
its version and the error that it caused: escaped, as JSON is.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.audit._book import Book, Run
from gatekeeper.audit._file import opened
from gatekeeper.errors import UndecidedError
from gatekeeper.model import Outcome, Release, Ruling, Verdict

__all__ = ["Run", "logged", "note_waivers", "opened"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gatekeeper.model import Watcher
    from gatekeeper.policy import Policy, Waiver


def logged(
    policy: Policy, run: Run, watcher: Watcher, work: Callable[[Watcher], Outcome], code_of: Callable[[Outcome], int]
) -> Outcome:
    """Do the work and write down what is decided, if the policy names a log; `code_of` tells the exit code.

    Raises `UndecidedError` before the work when the log cannot be written, and after it when a line about a release
    could not: then that release was not handed out. Where only the end cannot be written, the outcome says so.
    """
    if policy.audit is None:
        return work(watcher)
    with opened(Path(policy.audit)) as log:
        book = Book(log, policy, run)
        book.begin()
        try:
            outcome = work(Witness(watcher, book))
            book.demand_whole()
        except BaseException as fault:
            with suppress(UndecidedError):
                book.break_off(fault)
            raise
        return book.end(outcome, code_of)


def note_waivers(policy: Policy, run: Run, waivers: Iterable[Waiver], file: Path) -> None:
    """Write down that waivers are about to go into a policy file, if the policy names a log.

    Raises `UndecidedError` when the log cannot be written: then the waivers must not be, either.
    """
    if policy.audit is not None:
        with opened(Path(policy.audit)) as log:
            Book(log, policy, run).waivers(waivers, file)


class Witness:
    """A Watcher that writes down what it hears before it hands it on."""

    def __init__(self, watcher: Watcher, book: Book) -> None:
        """Stand between the gate and whoever looks on."""
        self._watcher, self._book = watcher, book

    def started(self, release: Release, filename: str | None) -> None:
        """Hear that work on a release has begun."""
        self._watcher.started(release, filename)

    def judged(self, verdict: Verdict) -> None:
        """Hear a verdict; raise UndecidedError when it cannot be written down."""
        self._book.release(verdict)
        self._watcher.judged(verdict)

    def answer(self, verdict: Verdict) -> bool | None:
        """Hear what was answered, and by whom."""
        said = self._watcher.answer(verdict)
        if said is not None:
            self._book.note_answer(verdict)
        return said

    def confirm(self, planned: Outcome) -> bool | None:
        """Hear what was said of a whole plan: it answers each question in it."""
        said = self._watcher.confirm(planned)
        for verdict in planned.verdicts if said is not None else ():
            if verdict.ruling is Ruling.ASK:
                self._book.note_answer(verdict)
        return said
