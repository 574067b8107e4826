"""Files of the person's own: replaced whole, changed by one of us at a time, believed where nobody else may write.

Whoever reads a file that is replaced here finds the old one or the new one, whenever anything is killed.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE, STEP = 10.0, 0.01  # seconds for whoever holds a lock, and between two tries
LEFT_BEHIND = 24 * 3600.0  # seconds; nothing that is still at work is older
KEPT = "what was there before, if anything, stays in use"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file beside a place, and put it there, safely on disk, at the end of a block without errors.

    Two at once do not disturb each other: the one that ends last stays. Raises UndecidedError for a folder or disk
    that cannot be written.
    """
    import tempfile  # it costs more than all the rest, and most runs replace nothing

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(path)
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        os.close(descriptor)
    except OSError as problem:
        raise _unwritable(path, problem) from None
    part = Path(name)
    try:
        yield part
        _put(part, path)
    except OSError as problem:
        raise _unwritable(path, problem) from None
    finally:
        part.unlink(missing_ok=True)


def replace_with(path: Path, content: bytes) -> None:
    """Replace a file's content; raise UndecidedError when it cannot be written."""
    with replacing(path) as part:
        part.write_bytes(content)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Let one of us at a time change what lies in a folder: of two that read first, one would be lost. Raises OSError.

    The folder is made (0700) if need be. Where folders cannot be locked, nobody is kept out.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "nt":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def lock(descriptor: int) -> None:
    """Lock a file or folder for oneself alone; raise TimeoutError when somebody else does not let go of it.

    Whoever may read it may lock it, what is being installed included: nobody is waited for without end. Where there are
    no such locks, nothing happens.
    """
    try:
        import fcntl
    except ImportError:
        return
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise TimeoutError(f"another process has kept it locked for {PATIENCE:.0f} s") from None
            time.sleep(STEP)
        else:
            return


def unlock(descriptor: int) -> None:
    """Let go of a lock."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def demand_own(state: os.stat_result) -> None:
    """Raise PermissionError for what somebody else may write: what it says could be theirs."""
    if os.name == "nt":  # a profile's files are the person's own there, and modes say nothing
        return
    if state.st_uid != os.geteuid():
        raise PermissionError("it belongs to somebody else")
    if stat.S_IMODE(state.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError("others may write it")


def _sweep(path: Path) -> None:
    """Remove what updates that were killed left behind."""
    for part in path.parent.glob(f"{path.name}.*.part"):
        with contextlib.suppress(OSError):
            if part.stat().st_mtime < time.time() - LEFT_BEHIND:
                part.unlink()


def _put(part: Path, path: Path) -> None:
    """Move a finished file over another, so that even after the machine itself fails one of them is there, whole."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    if os.name != "nt":  # where folders can be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _unwritable(path: Path, problem: OSError) -> UndecidedError:
    return UndecidedError(f"{path} cannot be written: {problem.strerror or type(problem).__name__}", hint=KEPT)
