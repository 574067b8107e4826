"""The fence from gatekeeper's side: a private folder, a plan for the cage around the client, and the cage's report."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.managers import _keeper
from gatekeeper.model import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from typing_extensions import Self

LOCK = "gatekeeper.lock"
CAGE = Path(__file__).with_name("_cage.py")
_YOUNG_S = 60.0  # a folder younger than this may not have been locked yet
_STEP_S = 0.05
_LONGEST_REPORT = 1 << 16


class Fence:
    """A private folder, and the door through which the client reports from inside its cage.

    `folder` is only this user's, is locked while we live, and goes when we do; `work` in it is the one part that the
    client may write to: its temporary folder.
    """

    def __init__(self) -> None:
        """Sweep up after runs that were killed, then make the folder and open the door."""
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=_keeper.PREFIX)).resolve()
        self._lock = (self.folder / LOCK).open("w")
        _locked(self._lock.fileno())
        self.work = self.folder / "work"
        self.work.mkdir(mode=0o700)
        self._door: socket.socket | None = None
        try:
            self._door = _listening(self.folder / "handover")
        except UndecidedError:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the fence itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        """Close the door and remove the folder."""
        self.close()

    def close(self) -> None:
        """Close the door and remove the folder with all that is in it."""
        if self._door is not None:
            self._door.close()
        self._lock.close()
        _keeper.remove_folder(str(self.folder))

    def plan_for(self, port: int, writable: Iterable[Path], protected: Iterable[Path] = ()) -> dict[str, Any]:
        """Say what the cage is to allow: the gate's port, where to write, and what not even there.

        `port` TCP port of the gate on 127.0.0.1; `writable` files and folders, which must exist to count; `protected`
        need not exist; `parent` the process whose death ends the client; `temporary` what is removed then; `handover`
        the unix socket for the report. `layers` may be added to put up only some.
        """
        return {
            "port": port,
            "writable": [str(path) for path in (self.work, *writable)],
            "protected": [str(path) for path in protected],
            "temporary": str(self.folder),
            "parent": os.getpid(),
            "handover": None if self._door is None else str(self.folder / "handover"),
        }

    def command(self, plan: dict[str, Any], words: Sequence[str]) -> list[str]:
        """Wrap a command of any client: start the result instead, and the cage starts the client."""
        path = self.folder / "plan.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(plan), "utf-8")
        return [sys.executable, "-I", "-S", str(CAGE), str(path), "--", *words]

    def receive(
        self, alive: Callable[[], bool], timeout_s: float = 60.0
    ) -> tuple[socket.socket | None, tuple[Layer, ...]]:
        """Wait for the report; return it with the gate's listening socket in the client's own network, if it has one.

        `alive` tells whether the client still runs. Raises UndecidedError when it ends, or `timeout_s` seconds pass,
        before it has reported.
        """
        if self._door is None:
            return None, _missing(f"needs Linux; this is {sys.platform}")
        deadline = time.monotonic() + timeout_s
        with _accepted(self._door, alive, deadline) as connection:
            self._door.close()  # one report; nobody else is heard
            message, listener = _read(connection, deadline)
        try:
            return listener, _layers(message)
        except UndecidedError:
            if listener is not None:
                listener.close()
            raise


def sweep() -> int:
    """Remove the private folders of this user's earlier runs that were killed; return how many went."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(_keeper.PREFIX + "*"):
        with suppress(OSError):  # somebody else's, or just gone
            removed += _abandoned(folder) and _keeper.remove_folder(str(folder))
    return removed


def _abandoned(folder: Path) -> bool:
    """Say whether a folder bears our lock file and nobody holds it; without one it is none of ours."""
    if (
        folder.is_symlink()
        or folder.stat().st_uid != _user()
        or time.time() - (folder / LOCK).stat().st_mtime < _YOUNG_S
    ):
        return False
    with (folder / LOCK).open("r+") as lock:
        return _locked(lock.fileno())


def _user() -> int | None:
    return os.getuid() if hasattr(os, "getuid") else None


def _locked(descriptor: int) -> bool:
    """Lock a file until it is closed; False when somebody else has, or where files cannot be locked like this."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _listening(path: Path) -> socket.socket | None:
    if not hasattr(socket, "AF_UNIX") or not hasattr(os, "fork"):
        return None
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # A socket's address holds 107 bytes; on Linux a folder's descriptor makes any path short.
        door.bind(f"/proc/self/fd/{folder}/{path.name}" if sys.platform == "linux" else str(path))
        door.listen(1)
    except OSError as fault:
        door.close()
        raise UndecidedError(f"the fence cannot listen for its report at {path}: {fault}") from fault
    finally:
        os.close(folder)
    return door


def _accepted(door: socket.socket, alive: Callable[[], bool], deadline: float) -> socket.socket:
    while True:
        living = alive()  # asked before we look, so that a report from one who has just ended still counts
        if select.select([door], [], [], _STEP_S if living else 0)[0]:
            return door.accept()[0]
        if not living:
            raise UndecidedError("the client ended before its fence stood")
        if time.monotonic() > deadline:
            raise UndecidedError("the client's fence did not stand in time")


def _read(connection: socket.socket, deadline: float) -> tuple[bytes, socket.socket | None]:
    message, descriptors = b"", []
    try:
        while not message.endswith(b"\n") and len(message) < _LONGEST_REPORT:
            connection.settimeout(max(_STEP_S, deadline - time.monotonic()))
            part, found, _, _ = socket.recv_fds(connection, _LONGEST_REPORT, 1)
            descriptors += found
            if not part:
                break
            message += part
    except OSError as fault:
        message = str(fault).encode()  # not a report, so it is refused below by whoever reads it
    for descriptor in descriptors[1:]:
        os.close(descriptor)
    if not descriptors:
        return message, None
    os.set_inheritable(descriptors[0], False)  # noqa: FBT003 - it takes no keywords
    return message, socket.socket(fileno=descriptors[0])


def _layers(message: bytes) -> tuple[Layer, ...]:
    try:
        told = {
            entry["name"]: Layer(entry["name"], stood=entry["stood"] is True, detail=str(entry["detail"]))
            for entry in json.loads(message)
        }
    except (ValueError, TypeError, KeyError) as fault:
        raise UndecidedError("the client's fence broke off its report") from fault
    return tuple(told.get(layer.name, layer) for layer in _missing("not reported"))


def _missing(why: str) -> tuple[Layer, ...]:
    from gatekeeper.managers._cage import LAYERS

    return tuple(Layer(name, stood=False, detail=why) for name in LAYERS)
