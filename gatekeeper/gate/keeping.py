"""The folder in which files, pages and verdicts are kept for later runs: who uses it, and what may go from it.

Each run holds a shared lock on it, and nothing is taken away while somebody does: no installation loses a file that it
has judged. The lock is the kernel's, so a run that was killed holds none.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gatekeeper.gate.options import Options

LOCK = "in-use"
PATIENCE = 10.0  # seconds for somebody who tidies up beside us
STEP = 0.05
# What is kept, where, and which files are left over from a run that died while it wrote them.
KINDS = {"files": ("files", "??/*", "incoming/*"), "pages": ("pages", "*.page", "*.part")}


@dataclass(frozen=True, slots=True)
class Kept:
    """Files of one kind: how many, how many bytes; the same of those that a run which died has left half-written."""

    count: int = 0
    size: int = 0
    partial: int = 0
    partial_size: int = 0


def folder_of_stores() -> Path:
    """Return the person's folder for what gatekeeper remembers: files by digest, index pages, verdicts.

    Raises `UndecidedError` when nobody knows where the person's home is: what lies in the folder that one stands in may
    be anybody's.
    """
    import platformdirs

    try:
        folder = platformdirs.user_cache_path("gatekeeper", appauthor=False)
    except RuntimeError as problem:  # what newer ones say of it
        raise UndecidedError(f"no folder of the person's own is known: {problem}", hint="set HOME") from problem
    if not folder.is_absolute():
        raise UndecidedError(f"no folder of the person's own is known: {folder}", hint="set HOME")
    return folder


@contextmanager
def kept_in(private: Path, *, store: bool, tell: Callable[[str], None]) -> Iterator[Path]:
    """Yield the person's folder for as long as a run uses it; a private one where that is not wanted or cannot be."""
    home = private / "store"
    with ExitStack() as things:
        if store:
            try:
                home = things.enter_context(in_use(folder_of_stores()))
            except (UndecidedError, OSError) as problem:
                tell(f"nothing is kept for later runs: {problem}")
        yield home


@contextmanager
def in_use(home: Path) -> Iterator[Path]:
    """Use a folder, so that nothing goes from it meanwhile; make it if need be (0700). Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = _lock_file(home)
    try:
        until = time.monotonic() + PATIENCE
        if _locked(descriptor, alone=True):
            for path in _partial(home):  # nobody else is at work, so nobody writes them any more
                path.unlink(missing_ok=True)
        while not _locked(descriptor, alone=False):
            if time.monotonic() > until:
                raise TimeoutError(f"{home} is being tidied up by another process")
            time.sleep(STEP)
        yield home
    finally:
        os.close(descriptor)


def demand_apart(options: Options, writable: Iterable[Path]) -> None:
    """Raise `UndecidedError` when what is installed could write the log in which its verdict stands.

    The fence opens whole folders to an installation, and cannot keep one new file in them closed.
    """
    if options.policy.audit is None or options.looks:
        return
    log = Path(options.policy.audit).resolve()
    if any(log.is_relative_to(each.resolve()) for each in writable):
        raise UndecidedError(
            f"the audit log {log} lies where this installation may write: packages could change it",
            hint="name a file elsewhere in [audit]",
        )


def kept(home: Path) -> dict[str, Kept]:
    """Count what is kept, by kind."""
    return {kind: _counted(home / place, whole, partial) for kind, (place, whole, partial) in KINDS.items()}


def prune(home: Path, before: float, *, dry: bool = False) -> dict[str, Kept] | None:
    """Remove what was last used before a moment (seconds since 1970), and what is half-written; say what went.

    None: another run uses the folder, and nothing was touched. `dry` only counts.
    """
    if not home.is_dir():
        return {kind: Kept() for kind in KINDS}
    descriptor = _lock_file(home)
    try:
        if not _locked(descriptor, alone=True):
            return None
        gone = {}
        for kind, (place, whole, partial) in KINDS.items():
            old = [(path, size) for path, size, used in _files(home / place, whole) if used < before]
            broken = [(path, size) for path, size, _ in _files(home / place, partial)]
            gone[kind] = Kept(len(old), sum(size for _, size in old), len(broken), sum(size for _, size in broken))
            for path, _ in () if dry else (*old, *broken):
                with suppress(OSError):  # open elsewhere, where that keeps it
                    path.unlink()
        return gone
    finally:
        os.close(descriptor)


def _counted(folder: Path, whole: str, partial: str) -> Kept:
    sizes = [size for _, size, _ in _files(folder, whole)]
    broken = [size for _, size, _ in _files(folder, partial)]
    return Kept(len(sizes), sum(sizes), len(broken), sum(broken))


def _partial(home: Path) -> Iterator[Path]:
    for place, _, partial in KINDS.values():
        for path, _, _ in _files(home / place, partial):
            yield path


def _files(folder: Path, pattern: str) -> Iterator[tuple[Path, int, float]]:
    """Yield plain files with their sizes and when they were last used; what goes meanwhile is passed over."""
    for path in sorted(folder.glob(pattern)):
        with suppress(OSError):
            state = path.lstat()
            if path.is_file() and not path.is_symlink():
                yield path, state.st_size, state.st_mtime


def _lock_file(home: Path) -> int:
    return os.open(home / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _locked(descriptor: int, *, alone: bool) -> bool:
    """Lock a file until it is closed, for oneself or with others; False when somebody else stands against it."""
    try:
        import fcntl
    except ImportError:  # there, a file that is open cannot be removed
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nobody can know to be alone
        return not alone
    return True
