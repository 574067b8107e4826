"""Holding a client's requests for files until it has asked for all of them, so that they are judged as one set.

npm asks for every tarball of its tree at once, before it runs anything. Nothing is handed out until it has fallen
silent and every file that it waits for is judged; then all of them are, or none.

Where a lock tells beforehand what will be asked for, one file that the client cannot do without stays behind, and the
others go as soon as each is allowed: npm unpacks them meanwhile, and starts nothing before it has the last one.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatekeeper.gate.cases import Case
    from gatekeeper.model import Verdict

QUIET_S = 0.25  # seconds without a new request, after which a client is taken to wait for us


class Hold:
    """Lets requests through in sets. Thread-safe."""

    def __init__(
        self,
        decide: Callable[[list[Case]], Verdict | None],
        is_all: Callable[[set[str]], bool],
        is_allowed: Callable[[Case], bool],
    ) -> None:
        """Judge sets with `decide`, which returns the verdict that refuses one, if any.

        `is_all` tells of the keys that are waited for whether nothing more is expected; `is_allowed` waits for one
        file's verdict and says whether it is allowed without a question.
        """
        self._decide, self._is_all, self._is_allowed = decide, is_all, is_allowed
        self._stays: str | None = None
        self._waiting: dict[str, Case] = {}
        self._passed: set[str] = set()
        self._busy = 0
        self._last = 0.0
        self._changed = threading.Condition()
        self._open = True
        self.refused = False
        self.because: Verdict | None = None
        self.bugs: list[BaseException] = []
        self._watcher = threading.Thread(target=self._watch, name="gatekeeper-hold", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """Let everything go; what was not allowed is refused."""
        with self._changed:
            self._open, self.refused = False, True
            self._changed.notify_all()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark that a question of the client is being answered: it is not silent."""
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._last = time.monotonic()
                self._changed.notify_all()

    def meanwhile(self, job: Callable[[], str | None]) -> None:
        """Do something beside the client's questions; until it is done, nothing is taken for complete.

        It returns the key of the file that stays behind while others go; None when all wait for all.
        """
        with self._changed:
            self._busy += 1
        threading.Thread(target=self._run, args=(job,), name="gatekeeper-ahead", daemon=True).start()

    def _run(self, job: Callable[[], str | None]) -> None:
        try:
            self._stays = job()
        except BaseException as problem:  # noqa: BLE001 - as in `_watch`
            self.bugs.append(problem)
            self.close()
        finally:
            with self._changed:
                self._busy -= 1
                self._last = time.monotonic()
                self._changed.notify_all()

    def passes(self, case: Case) -> bool:
        """Wait until a file may go; return whether it was allowed."""
        with self._changed:
            if case.key not in self._passed and not self.refused:
                self._waiting[case.key] = case
                self._last = time.monotonic()
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._is_decided(case) or self._may_precede(case))
            if self._is_decided(case):
                return not self.refused
        if self._is_allowed(case):
            return not self.refused
        with self._changed:
            self._changed.wait_for(lambda: self._is_decided(case))
            return not self.refused

    def _is_decided(self, case: Case) -> bool:
        return case.key in self._passed or self.refused

    def _may_precede(self, case: Case) -> bool:
        """Say whether a file need not wait for the others: another one, without which nothing starts, does."""
        return self._stays is not None and self._stays not in self._passed and self._stays != case.key

    def _watch(self) -> None:
        while (batch := self._next()) is not None:
            try:
                refusing = self._decide(batch)
            except BaseException as problem:  # noqa: BLE001 - a bug of ours: it is reported, and nobody waits for ever
                self.bugs.append(problem)
                self.close()
                return
            with self._changed:
                self._passed |= {case.key for case in batch}
                self.because = self.because or refusing
                self.refused = self.refused or refusing is not None
                self._changed.notify_all()

    def _next(self) -> list[Case] | None:
        """Wait for a set to be complete; None when nobody will ask any more."""
        with self._changed:
            while self._open and not self._is_complete():
                self._changed.wait(QUIET_S / 2 if self._waiting else None)
            batch = list(self._waiting.values())
            self._waiting.clear()
            return batch if self._open else None

    def _is_complete(self) -> bool:
        if not self._waiting or self._busy:
            return False
        return self._is_all(self._waiting.keys() | self._passed) or time.monotonic() - self._last > QUIET_S
