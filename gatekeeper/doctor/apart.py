"""A function that runs in a process of its own: it may take its time, change its environment, or die."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from gatekeeper.errors import GatekeeperError, StoppedError, UndecidedError
from gatekeeper.gate.reader import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import TracebackType

    from typing_extensions import Self

GRACE = 5.0  # seconds for a process that is stopped to put its things away


class Apart:
    """A context manager: the process runs from the beginning of the block, and is gone when it ends."""

    def __init__(self, function: Callable[..., object], *args: object) -> None:
        """Keep what is to run."""
        context: Any = multiprocessing.get_context(START)  # typeshed's common base lacks Process
        self._ours, self._theirs = context.Pipe()
        self._process = context.Process(target=run, args=(self._theirs, function, args))

    def __enter__(self) -> Self:
        """Start the process."""
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """End the process, gently first: it may have a client and a fence of its own to put away."""
        self._ours.close()
        for stop in (self._process.terminate, self._process.kill):
            if self._process.is_alive():
                stop()
                self._process.join(GRACE)
        self._process.join()
        self._process.close()

    def result(self, patience: float) -> object:
        """Wait for the function's result, some seconds at most; raise what it raised, or UndecidedError."""
        try:
            if not self._ours.poll(patience):
                raise UndecidedError(f"not done within {patience:.0f} seconds")
            told: object = self._ours.recv()
        except (EOFError, OSError) as problem:
            raise UndecidedError("its process died") from problem
        self._process.join(GRACE)
        if isinstance(told, BaseException):
            raise told
        return told


def run(pipe: Connection, function: Callable[..., object], args: tuple[object, ...]) -> None:
    """Run the function and send its result. Runs in the process itself."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        told: object = function(*args)
    except GatekeeperError as problem:
        told = problem
    except KeyboardInterrupt:
        told = StoppedError("interrupted")
    except Exception as problem:  # noqa: BLE001 - a bug of ours is told as one
        told = UndecidedError(f"a fault of our own: {type(problem).__name__}: {problem}")
    with contextlib.suppress(OSError):  # nobody listens any more
        pipe.send(told)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise StoppedError("stopped")
