"""The person at the terminal: sees what takes long, answers questions. Silent and unasked where no terminal is."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Protocol, TextIO

from gatekeeper.model import Ruling
from gatekeeper.reports import visible
from gatekeeper.reports.text import describe, table
from gatekeeper.terminal.voice import is_ending, put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

    from gatekeeper.model import Outcome, Release, Verdict

OFFER = "do not ask again about these very bytes? reason (empty: ask again next time): "
LONG = 2.0  # seconds after which work is worth a line
PATIENCE = 5.0  # seconds between two lines about it
POLL = 0.2  # seconds between two looks at whether we were stopped while waiting for an answer


class Keeper(Protocol):
    """Whoever writes a waiver for what was a question."""

    def offers(self, verdict: Verdict) -> bool:
        """Say whether a waiver can answer the same question next time."""

    def keep(self, verdict: Verdict, reason: str) -> str:
        """Write it down; return one line that says so, or why that could not be."""


class Terminal:
    """A Watcher that shows progress on stderr and asks the person; every method may be called from any thread.

    A client draws on the same terminal while we judge, so nothing of ours stays on its line: work that takes long is
    told in whole lines. Only where no client runs (`live`) one status line is kept up to date.
    """

    def __init__(
        self,
        *,
        answer: bool | None = None,
        quiet: bool = False,
        live: bool = False,
        explain: Callable[[Verdict], Verdict] = lambda verdict: verdict,
        keeper: Keeper | None = None,
    ) -> None:
        """Take the answer that the person gave beforehand, if any, what to show, and who explains a verdict.

        `keeper` writes down what the person does not want to be asked again; without one, that is not offered.
        """
        self._given, self._keeper = answer, keeper
        self._explain = explain
        self._shows = not quiet and sys.stderr.isatty()
        self._live = _Live() if live and self._shows else None
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._working: dict[Release, float] = {}
        self._judged = 0
        self._stopped = threading.Event()
        self._clock: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching; a question that is still open stays unanswered."""
        self._stopped.set()
        if self._live is not None:
            self._live.stop()
        if self._clock is not None:
            self._clock.join()

    def started(self, release: Release, filename: str | None) -> None:
        """Hear that work on a release has begun."""
        with self._lock:
            if self._shows and self._live is None and self._clock is None:
                # Not before there is work: a process is forked first, and threads do not survive that.
                self._clock = threading.Thread(target=self._tell_what_takes_long, name="progress", daemon=True)
                self._clock.start()
            self._working.setdefault(release, time.monotonic())
            if self._live is not None:
                self._live.show(self._judged, f"reading {filename or release}")

    def judged(self, verdict: Verdict) -> None:
        """Hear a verdict."""
        with self._lock:
            self._working.pop(verdict.release, None)
            self._judged += 1
            if self._live is not None:
                self._live.show(self._judged, f"{verdict.ruling.word} {verdict.release}")

    def answer(self, verdict: Verdict) -> bool | None:
        """Answer an ASK: with what was said beforehand, else by asking, one question at a time."""
        keeper = self._keeper
        offer = partial(self._offer, keeper, verdict) if keeper is not None and keeper.offers(verdict) else None
        return self._ask(describe(self._explain(verdict)), f"install {visible(str(verdict.release))}?", offer)

    def confirm(self, planned: Outcome) -> bool | None:
        """Answer whether a plan that was judged shall be carried out."""
        asked = [verdict for verdict in planned.verdicts if verdict.ruling is Ruling.ASK]
        words = "".join(f"\n{describe(self._explain(verdict))}" for verdict in asked)
        return self._ask(table(planned, explains=True) + words, "install these?")

    def agree(self, words: str, question: str) -> bool | None:
        """Answer a question about what the words show; None where nobody is there."""
        return self._ask(words, question)

    def _ask(self, words: str, question: str, after_yes: Callable[[TextIO, TextIO], None] | None = None) -> bool | None:
        if self._given is not None:
            return self._given
        with self._asking, _conversation() as streams:
            if streams is None or self._is_over():
                return None
            reading, writing = streams
            put(writing, f"\n{words}{question} [y/N] ")
            line = self._line(reading)
            said = None if line is None else line.strip().lower() in {"y", "yes"}
            if said and after_yes is not None:
                after_yes(reading, writing)
        return said

    def _offer(self, keeper: Keeper, verdict: Verdict, reading: TextIO, writing: TextIO) -> None:
        """Offer to remember a yes; whatever becomes of that, it was a yes."""
        put(writing, OFFER)
        reason = " ".join((self._line(reading) or "").split())
        if reason:
            put(writing, f"{visible(keeper.keep(verdict, reason))}\n")

    def _line(self, reading: TextIO) -> str | None:
        """Wait for one line, or for the end of the run (None): a blocked read would keep an interrupted run alive."""
        if os.name != "nt":  # consoles there cannot be waited for
            import select

            while not select.select([reading], [], [], POLL)[0]:
                if self._is_over():
                    return None
        return reading.readline()

    def _is_over(self) -> bool:
        return self._stopped.is_set() or is_ending()

    def _tell_what_takes_long(self) -> None:
        told = 0.0
        while not self._stopped.wait(LONG / 2):
            now = time.monotonic()
            with self._lock:
                release, since = min(self._working.items(), key=lambda item: item[1], default=(None, now))
                judged = self._judged
            if release is None or now - since < LONG or now - told < PATIENCE or self._asking.locked():
                continue
            told = now
            line = f"safe-install: judging {visible(str(release))} for {now - since:.0f} s, {judged} judged"
            # clear whatever bar the client has drawn on this line; it draws it again below
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"\r\x1b[K{line}\n")
                sys.stderr.flush()


class _Live:
    """One status line of rich's, kept up to date."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.status import Status

        self._status = Status("", console=Console(stderr=True))
        self._status.start()

    def show(self, judged: int, what: str) -> None:
        from rich.text import Text

        self._status.update(Text(f"judged {judged} · {visible(what)}", overflow="ellipsis", no_wrap=True))

    def stop(self) -> None:
        self._status.stop()


@contextlib.contextmanager
def _conversation() -> Iterator[tuple[TextIO, TextIO] | None]:
    """Give streams from and to the person, or None when nobody is there.

    Somebody is there when input or errors go to a terminal and we are in its foreground: a background job that reads
    would be stopped, and one with both redirected belongs to a program.
    """
    if not (_is_terminal(sys.stdin) or _is_terminal(sys.stderr)):
        yield None
        return
    try:
        tty = os.open("/dev/tty" if os.name != "nt" else "CONIN$", os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        yield (sys.stdin, sys.stderr) if _is_terminal(sys.stdin) else None
        return
    with open(tty, encoding="utf-8", errors="replace") as reading:  # noqa: PTH123 - a descriptor, not a path
        if not _in_foreground(tty):
            yield None
            return
        _forget_what_was_typed(tty)
        with open(tty, "w", encoding="utf-8", errors="replace", closefd=False) as writing:
            yield reading, (sys.stderr if os.name == "nt" else writing)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _in_foreground(tty: int) -> bool:
    if os.name == "nt":
        return True
    try:
        return os.tcgetpgrp(tty) == os.getpgrp()
    except OSError:
        return False


def _forget_what_was_typed(tty: int) -> None:
    """Drop keys pressed before the question was asked: they answer nothing."""
    if os.name != "nt":
        import termios

        with contextlib.suppress(termios.error):
            termios.tcflush(tty, termios.TCIFLUSH)
