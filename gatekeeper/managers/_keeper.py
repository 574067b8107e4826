"""The process that waits for the client and leaves nothing of it behind. Stdlib only, Python >= 3.7.

It runs in the target interpreter, outside the fence, between gatekeeper and the client.
"""
# ruff: noqa: PTH123, PTH208 - `pathlib` is slow to import, and each install waits for this file

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import Any

    from gatekeeper.managers._kernel import Kernel

PREFIX = "gatekeeper-"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
COULD_NOT_DECIDE = 12
_PATIENCE_S = 1.0  # how long at most between two looks at whether gatekeeper lives
_PAUSE_S = 0.002


def keep(plan: Mapping[str, Any], kernel: Kernel | None, child: Callable[[], None]) -> int:
    """Run `child` in a forked process and return its exit code once it and all its descendants are gone.

    In the child this raises SystemExit (or what `child` raised), so that the interpreter ends as it always does: call
    it as `sys.exit(keep(...))` from the main thread. Without fork (Windows) `child` runs right here.
    """
    if not hasattr(os, "fork"):
        child()
        return 0
    if kernel is not None:
        kernel.prctl("subreaper", PR_SET_CHILD_SUBREAPER, 1)
        # Not SIGTERM: this one only says "look who your parent is", whoever or whatever sent it.
        kernel.prctl("parent's death", PR_SET_PDEATHSIG, int(signal.SIGUSR1))
    keeper = os.getpid()
    heard = _Ears()
    pid = os.fork()
    if pid == 0:
        heard.restore()
        die_with(kernel, keeper)
        child()
        raise SystemExit(0)
    if kernel is not None:
        kernel.hide()
    return _Keeper(plan, pid, heard).wait()


def die_with(kernel: Kernel | None, parent: int) -> None:
    """Let the kernel kill this process when its parent dies; end at once if that has happened already."""
    if kernel is not None:
        kernel.prctl("parent's death", PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(128 + int(signal.SIGKILL))


def remove_folder(folder: str) -> bool:
    """Remove a private temporary folder; refuse (False) what is not a folder of this user's with our prefix."""
    import shutil
    from pathlib import Path

    path = Path(folder)
    try:
        found = path.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or not path.name.startswith(PREFIX):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    if path.exists():
        # Some builds leave folders that not even their owner may write to.
        for inside, _, _ in os.walk(folder):
            for entry in [Path(inside), *Path(inside).iterdir()]:
                if entry.is_dir() and not entry.is_symlink():
                    entry.chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)
    return not path.exists()


class _Ears:
    """Signals as bytes in a pipe, so that one select() waits for all that can happen."""

    # SIGINT is heard and ignored: a terminal's Ctrl-C reaches the client by itself.
    SIGNALS = ("SIGINT", "SIGCHLD", "SIGTERM", "SIGHUP", "SIGUSR1")

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        os.set_blocking(self.reader, False)
        self._woken = signal.set_wakeup_fd(self._writer)
        numbers = [getattr(signal, name) for name in self.SIGNALS]
        self._before = {number: signal.signal(number, self._heard) for number in numbers}

    def _heard(self, number: int, frame: FrameType | None) -> None:
        """Do nothing here: the byte in the pipe does it."""

    def restore(self) -> None:
        """Give every signal back to whom it belonged, in the child."""
        for number, action in self._before.items():
            signal.signal(number, signal.SIG_DFL if action is None else action)
        signal.set_wakeup_fd(self._woken)
        os.close(self.reader)
        os.close(self._writer)

    def listen(self, seconds: float) -> bytes:
        """Wait for signals and return their numbers, or nothing after some seconds."""
        if not select.select([self.reader], [], [], seconds)[0]:
            return b""
        return os.read(self.reader, 512)


class _Keeper:
    """The waiting half."""

    def __init__(self, plan: Mapping[str, Any], child: int, ears: _Ears) -> None:
        self._parent, self._temporary = plan.get("parent"), plan.get("temporary")
        self._child, self._ears = child, ears
        self._asked = False

    def wait(self) -> int:
        """Wait for the child, pass on what it should hear, then end all that is left."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == self._child:
                end_descendants()
                return exit_code(status)
            if self._orphaned():
                return self._clear_up()
            if not pid:
                self._pass_on(self._ears.listen(_PATIENCE_S))

    def _orphaned(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _clear_up(self) -> int:
        """End everything: gatekeeper is gone, nobody serves, judges or reports any more."""
        end_descendants(self._child)
        if self._temporary:
            remove_folder(self._temporary)
        return COULD_NOT_DECIDE

    def _pass_on(self, numbers: bytes) -> None:
        for number in numbers:
            if number not in {signal.SIGTERM, signal.SIGHUP}:
                continue
            # Who asks twice is not asking politely.
            os.kill(self._child, signal.SIGKILL if self._asked else number)
            self._asked = True


def exit_code(status: int) -> int:
    """Turn a wait status into an exit code as a shell does: 128 + N for signal N."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def end_descendants(*known: int) -> None:
    """Kill children until none is left; as subreaper we inherit every daemon whose parent dies, however it forked."""
    while True:
        for pid in {*known, *_children()}:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        known = ()
        if not _reap():
            return
        if not os.access("/proc/self", os.F_OK):
            return  # no list of children here: they are the system's to keep
        time.sleep(_PAUSE_S)


def _reap() -> bool:
    """Collect the children that have ended; say whether others are left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as stream:
            return [int(pid) for pid in stream.read().split()]
    except OSError:
        return [pid for pid in _all_processes() if _parent_of(pid) == os.getpid()]


def _all_processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _parent_of(pid: int) -> int | None:
    try:
        # The name in parentheses may hold anything, parentheses too.
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def complain(message: str) -> None:
    """Say a line on the error stream that a person can tell from the client's own."""
    sys.stderr.write("gatekeeper: " + message + "\n")
    sys.stderr.flush()
