"""Say how a run ended, in the format asked for and where it was asked for; every ending has its exit code."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TextIO

from gatekeeper.errors import GatekeeperError, StoppedError, UndecidedError, UsageError
from gatekeeper.model import Outcome, Ruling
from gatekeeper.reports import text, visible
from gatekeeper.wish.hosts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EXIT_CODES = {ruling: ruling.exit_code for ruling in Ruling if ruling is not Ruling.ALLOW}
UNDECIDED = 12
SIGNALLED = 128  # a shell reports a program that a signal ended as this plus the signal's number


@dataclass(frozen=True, slots=True)
class Voice:
    """How a run's report leaves us: `layout` is the name of a format, `output` a file that takes the report.

    The text report goes to stderr beside a client, which has stdout to itself, and to stdout where there is none.
    """

    program: str
    layout: str = "text"
    output: Path | None = None
    quiet: bool = False
    verbose: bool = False
    beside_client: bool = True
    also: tuple[tuple[str, Path], ...] = ()  # further formats of the same report, and the files that take them

    @property
    def takes_stdout(self) -> bool:
        """Whether a report for programs goes to stdout, so that nothing else may."""
        return self.output is None and self.layout != "text"

    def tell(self, work: Callable[[], Outcome], *, client_must_run: bool = False) -> int:
        """Do the work, report its outcome or why it came to nothing, and return the exit code."""
        try:
            self._demand_output()
        except UsageError as error:
            return complain(self.program, error)
        with signals_raise():
            try:
                outcome = work()
                code = exit_code(outcome, client_must_run=client_must_run)
                if code and is_ending():  # Python swallows what is raised at some moments; the person was heard
                    code = StoppedError.exit_code
            except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001 - every fault ends as a report and a code
                code = complain(self.program, fault, verbose=self.verbose)
                outcome = Outcome(Ruling.ERROR, (), error=shown(as_error(fault).message))
            try:
                self._deliver(outcome, hushed=not outcome.gated or (self.quiet and code == 0))
            except OSError as fault:
                unwritten = complain(self.program, UndecidedError(f"the report cannot be written: {fault}"))
                code = code or unwritten
        return code

    def _deliver(self, outcome: Outcome, *, hushed: bool) -> None:
        for layout, path in self.also:
            _replace(path, self._rendered(layout, outcome))
        if self.output is not None or self.layout != "text":
            report = self._rendered(self.layout, outcome)
            if self.output is None:
                put(sys.stdout, report)
            else:
                _replace(self.output, report)
        if self.layout == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
            from gatekeeper.reports import github

            with open(summary, "a", encoding="utf-8", newline="\n") as page:  # noqa: PTH123 - the runner's own file
                page.write(github.summary(outcome))
        if not self.takes_stdout and outcome.error is None and not hushed:
            put(sys.stderr if self.beside_client else sys.stdout, text.render(outcome, verbose=self.verbose))

    def _rendered(self, layout: str, outcome: Outcome) -> str:
        report: str = importlib.import_module(f"gatekeeper.reports.{layout}").render(outcome, verbose=self.verbose)
        return report

    def _demand_output(self) -> None:
        """Find out before anything is installed whether the reports can be written."""
        named = [("--output", self.output)] if self.output is not None else []
        for option, path in (*named, *(("--also", path) for _, path in self.also)):
            folder = path.resolve().parent
            if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
                raise UsageError(f"the report cannot be written to {path}", hint=f"{option} names a file in a folder")


def exit_code(outcome: Outcome, *, client_must_run: bool) -> int:
    """Return the process's exit code: the ruling's, and for what was allowed the client's own."""
    if outcome.ruling is not Ruling.ALLOW:
        return EXIT_CODES[outcome.ruling]
    if outcome.client_exit is None:
        return UNDECIDED if client_must_run else 0
    return outcome.client_exit if outcome.client_exit >= 0 else SIGNALLED - outcome.client_exit


def complain(program: str, fault: BaseException, *, verbose: bool = False) -> int:
    """Say in one line on stderr what went wrong, and in another what to do; return the exit code."""
    error = as_error(fault)
    lines = [f"{program}: error: {visible(shown(error.message))}"]
    lines += [f"hint: {visible(shown(error.hint))}"] if error.hint else []
    if verbose and error is not fault:
        told = "".join(traceback.format_exception(type(fault), fault, fault.__traceback__))
        lines += [visible(shown(line)) for line in told.splitlines()]
    put(sys.stderr, "\n".join(lines) + "\n")
    return error.exit_code


def as_error(fault: BaseException) -> GatekeeperError:
    """Give everything that can be raised the name of an error of ours; what we did not foresee is never an "allow"."""
    if isinstance(fault, GatekeeperError):
        return fault
    # click's name for a Ctrl-C; and Python wraps one that comes while a class is made.
    if isinstance(fault, KeyboardInterrupt) or type(fault).__name__ == "Abort" or is_ending():
        return StoppedError("interrupted")
    return UndecidedError(
        f"a fault of our own: {type(fault).__name__}: {fault}", hint="-v shows where; please report it as a bug"
    )


def put(stream: TextIO, words: str) -> None:
    """Write to a stream whatever its encoding: what it cannot spell is escaped."""
    encoding = stream.encoding or "ascii"
    stream.write(words.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _replace(path: Path, report: str) -> None:
    """Write a file whole or not at all; something that is no plain file (a pipe, a device) is written to."""
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(report, "utf-8")
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with fresh.open("x", encoding="utf-8", newline="\n") as file:
            file.write(report)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


_ending = threading.Event()


def is_ending() -> bool:
    """Say whether the run was asked to end: nobody may wait for anything any more."""
    return _ending.is_set()


@contextlib.contextmanager
def signals_raise() -> Iterator[None]:
    """Turn a request to end into an exception, so that clients are stopped and temporary folders removed."""
    _ending.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    usual = {number: old for number, old in before.items() if old in {signal.SIG_DFL, signal.default_int_handler}}
    for number in usual:  # whatever is ignored stays so: nohup means it
        signal.signal(number, _stop)
    try:
        yield
    finally:
        for number, old in usual.items():
            signal.signal(number, old)


def _stop(number: int, _frame: object) -> NoReturn:
    _ending.set()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise StoppedError(f"stopped by {signal.Signals(number).name}")
