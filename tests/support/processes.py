"""What runs on this machine on behalf of a test: who is left over, what they were started with, where they listen."""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")


def pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def read(pid: int, name: str) -> bytes:
    """One file of a process, empty once the process is gone."""
    try:
        return (PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def session_of(pid: int) -> int:
    after_name = read(pid, "stat").rpartition(b") ")[2].split()
    return int(after_name[3]) if after_name and after_name[0] != b"Z" else -1


def living(pid: int) -> bool:
    state = read(pid, "stat").rpartition(b") ")[2][:1]
    return state not in {b"", b"Z", b"X"}


def of(folder: Path, session: int = -2) -> list[int]:
    """The processes of one session, or with a folder in their environment: even those that left the session."""
    mark = os.fsencode(folder)
    return [
        pid
        for pid in pids()
        if pid != os.getpid() and living(pid) and (session_of(pid) == session or mark in read(pid, "environ"))
    ]


def described(found: list[int]) -> list[str]:
    return [f"{pid}: {read(pid, 'cmdline').replace(bytes(1), b' ').decode(errors='replace')}" for pid in found]


def all_gone(folder: Path, session: int, seconds: float = 5.0) -> list[str]:
    """Wait for every process of a test to end; the answer names those that did not."""
    until = time.monotonic() + seconds
    while (found := of(folder, session)) and time.monotonic() < until:
        time.sleep(0.02)
    return described(found)


@dataclass
class Watch:
    """Look at all processes below the one a test started, over and over: what anybody on this machine could see.

    And at the files of its temporary folder, which are gone when it ends.
    """

    folder: Path
    session: int
    environments: dict[int, bytes] = field(default_factory=dict)
    commands: dict[int, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)  # all that ever was in a file of the temporary folder
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def look(self) -> None:
        own = read(self.session, "cmdline")
        for pid in of(self.folder, self.session):
            command = read(pid, "cmdline")
            if pid == self.session or command == own:
                continue  # what was started itself, or a fork of it that has not become its own program yet
            self.environments[pid] = self.environments.get(pid, b"") + b"\0" + read(pid, "environ")
            self.commands[pid] = self.commands.get(pid, b"") + b"\0" + command
        self.look_at_files(self.folder / "tmp")

    def look_at_files(self, folder: Path) -> None:
        paths: list[Path] = []
        with suppress(OSError):  # a folder went while it was listed: the next look has the rest
            paths.extend(folder.rglob("*"))
        for path in paths:
            with suppress(OSError):  # gone meanwhile
                about = path.lstat()
                if stat.S_ISREG(about.st_mode) and self._seen.get(path) != (about.st_mtime_ns, about.st_size):
                    self._seen[path] = (about.st_mtime_ns, about.st_size)
                    self.files[str(path)] = self.files.get(str(path), b"") + b"\0" + path.read_bytes()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.05):
            self.look()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join()
