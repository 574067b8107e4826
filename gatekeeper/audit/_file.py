"""The file of a log: opened with care, and appended to by many runs at once."""

from __future__ import annotations

import json
import os
import stat
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.files import lock, unlock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Log:
    """A log that is open. Thread-safe: each append is one write under a lock that other runs respect, too."""

    path: Path
    descriptor: int
    _ours: threading.Lock = field(default_factory=threading.Lock)  # the lock on the file is the whole process's

    def append(self, rows: list[dict[str, Any]], *, last: bool = False) -> None:
        """Append lines, and with `last` see to it that they are on the disk; raise UndecidedError when that fails."""
        lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        try:
            with self._ours, _alone(self.descriptor):
                lines = (b"" if _is_whole(self.descriptor) else b"\n") + lines
                _write(self.descriptor, lines)
                if last:
                    os.fsync(self.descriptor)
        except OSError as problem:
            raise _unwritable(self.path, problem) from problem


@contextmanager
def opened(path: Path) -> Iterator[Log]:
    """Open a log for appending, made for its owner alone if it is not there; refuse what others could change."""
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | careful, 0o600)
    except OSError as problem:
        raise _unwritable(path, problem) from problem
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise _unwritable(path, OSError("it is no plain file"))
        if os.name != "nt" and state.st_mode & stat.S_IWOTH:
            raise _unwritable(path, OSError("anybody may write it"))
        yield Log(path, descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(descriptor: int) -> Iterator[None]:
    lock(descriptor)
    try:
        yield
    finally:
        unlock(descriptor)


def _is_whole(descriptor: int) -> bool:
    """Say whether the last line was written to its end: a run that died may have left half of one."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    if end == 0:
        return True
    os.lseek(descriptor, end - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _unwritable(path: object, problem: OSError) -> UndecidedError:
    return UndecidedError(
        f"the audit log {path} cannot be written: {problem.strerror or problem}",
        hint="nothing goes through without a line in it: make room, or name another file in [audit]",
    )


def _write(descriptor: int, lines: bytes) -> None:
    """Write in one go; what is cut off where the disk ends is half a line, which the next writer ends."""
    if os.write(descriptor, lines) != len(lines):
        raise OSError("the disk is full")
