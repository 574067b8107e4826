"""Replace a file whole: whoever reads it, whenever anything is killed, finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_BEHIND = 24 * 3600.0  # seconds; nothing that is still at work is older
KEPT = "what was there before, if anything, stays in use"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new file beside a place, and put it there, safely on disk, at the end of a block without errors.

    Two at once do not disturb each other: the one that ends last stays. Raises UndecidedError for a folder or disk
    that cannot be written.
    """
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
