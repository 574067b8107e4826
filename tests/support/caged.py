"""Run acts inside the cage, as this user or as one without rights, and hear how they ended."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatekeeper.managers._cage import LAYERS
from gatekeeper.managers.fence import CAGE, Fence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.model import Layer

ACTS = Path(__file__).with_name("acts.py")
NOBODY = 65534
ROOT_HERE = hasattr(os, "getuid") and os.getuid() == 0
# Root can become anybody; anybody else can only be themselves.
USERS = (0, NOBODY) if ROOT_HERE else (os.getuid() if hasattr(os, "getuid") else -1,)

LANDLOCK_NEEDS = {"landlock-tcp": 4, "landlock-files": 1, "landlock-scope": 6}


@cache
def landlock_abi() -> int:
    found = ctypes.CDLL(None, use_errno=True).syscall(444, None, ctypes.c_long(0), ctypes.c_long(1))
    return max(0, int(found))


def as_user(user: int) -> dict[str, object]:
    """What subprocess needs to start something as this user."""
    return {} if user == os.getuid() else {"user": user, "group": user, "extra_groups": []}


@cache
def namespaces_work(user: int) -> bool:
    """Whether the kernel itself gives this user a network namespace, asked with the system's own tool."""
    words = ["unshare", "--net"] if user == 0 else ["unshare", "--user", "--map-current-user", "--net"]
    done = subprocess.run([*words, "true"], capture_output=True, check=False, cwd="/", **as_user(user))  # type: ignore[call-overload]
    return bool(done.returncode == 0)


@cache
def seccomp_works() -> bool:
    # PR_SET_SECCOMP with a null filter: EFAULT when the kernel knows filters, EINVAL when it does not.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(22, ctypes.c_long(2), None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT


def lacking(layer: str, user: int) -> str | None:
    """Why this kernel cannot have a layer, found without the code under test; None when it can."""
    if layer in LANDLOCK_NEEDS:
        return (
            None
            if landlock_abi() >= LANDLOCK_NEEDS[layer]
            else f"this kernel has Landlock ABI {landlock_abi()}; {layer} needs {LANDLOCK_NEEDS[layer]}"
        )
    if layer == "network-namespace":
        return None if namespaces_work(user) else f"this kernel gives user {user} no network namespace"
    if layer == "seccomp-sockets":
        machine = os.uname().machine
        return None if seccomp_works() and machine in {"x86_64", "aarch64"} else f"no seccomp filters here ({machine})"
    return None


@cache
def python_for(user: int) -> str:
    """An interpreter that this user can start: a virtual one may stand on one in somebody's closed home."""
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        ask = f"import ctypes, os; os.listdir({sys.base_prefix!r})" if python == sys.executable else "import ctypes"
        if (
            python
            and subprocess.run(
                [python, "-c", ask], capture_output=True, check=False, cwd="/", **as_user(user)
            ).returncode
            == 0
        ):  # type: ignore[call-overload]
            return python
    pytest.skip(f"user {user} can start no Python here")


@dataclass
class Ran:
    """How a run in the cage ended."""

    results: list[str]
    code: int
    errors: str
    layers: tuple[Layer, ...] = ()
    listener: socket.socket | None = None

    def stood(self, name: str) -> bool:
        return {layer.name: layer.stood for layer in self.layers}[name]


@dataclass
class Rig:
    """One user's folders, and a gate's port."""

    user: int
    base: Path
    port: int
    listeners: list[socket.socket] = field(default_factory=list)

    @property
    def work(self) -> Path:
        return self.base / "work"

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    def own(self, path: Path) -> Path:
        if self.user != os.getuid():
            for found in (path, *path.rglob("*")):
                os.chown(found, self.user, self.user, follow_symlinks=False)
        return path

    def file(self, path: Path, content: str = "kept") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        self.own(self.base)
        return path

    def need(self, layers: Sequence[str]) -> None:
        for layer in layers:
            if reason := lacking(layer, self.user):
                pytest.skip(reason)

    @contextmanager
    def started(
        self,
        command: Sequence[str],
        layers: Sequence[str],
        *,
        python: str | None = None,
        writable: Sequence[Path] | None = None,
        protected: Sequence[Path] = (),
        **changes: object,
    ) -> Iterator[tuple[Fence, subprocess.Popen[str]]]:
        """A command in the cage, with a real fence on this side."""
        with Fence() as fence:
            plan = fence.plan_for(self.port, [self.work] if writable is None else writable, protected)
            plan.update({"layers": list(layers), **changes})
            words = fence.command(plan, command)
            self.own(fence.folder)
            words[0] = python or python_for(self.user)
            environment = {
                "PATH": os.environ["PATH"] if self.user == os.getuid() else "/usr/local/bin:/usr/bin:/bin",
                "HOME": str(self.base),
                "TMPDIR": str(fence.work),
                "PYTHONDONTWRITEBYTECODE": "1",
                "LC_ALL": "C.UTF-8",
            }
            options = {
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                "env": environment,
                "cwd": self.base,
            }
            process = subprocess.Popen(words, **options, **as_user(self.user))  # type: ignore[call-overload]
            try:
                yield fence, process
            finally:
                process.kill()
                process.communicate()
                os.chown(fence.folder, os.getuid(), os.getgid())  # or the fence would not call it its own

    def run(self, acts: Sequence[Sequence[object]], layers: Sequence[str] = LAYERS, **options: object) -> Ran:
        """Try acts inside; every layer asked for must stand here, or the kernel must truly lack it."""
        self.need(layers)
        command = [
            python_for(self.user),
            "-I",
            "-S",
            str(ACTS),
            json.dumps([[str(word) if isinstance(word, Path) else word for word in act] for act in acts]),
        ]
        with self.started(command, layers, **options) as (fence, process):  # type: ignore[arg-type]
            listener, report = fence.receive(lambda: process.poll() is None, 20)
            if listener is not None:
                self.listeners.append(listener)
                threading.Thread(target=_answer, args=(listener,), daemon=True).start()
            out, errors = process.communicate(timeout=60)
        for layer in report:
            assert layer.stood == (layer.name in layers), (
                f"{layer.name} should {'' if layer.name in layers else 'not '}stand here: {layer.detail}"
            )
        assert out, errors
        return Ran(json.loads(out.splitlines()[-1]), process.returncode, errors, report, listener)

    def both(self, acts: Sequence[Sequence[object]], layer: str) -> tuple[list[str], list[str]]:
        """How acts end without any layer, and with this one alone."""
        return self.run(acts, ()).results, self.run(acts, (layer,)).results


def _answer(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(2)
            try:
                connection.sendall(b"judged:" + connection.recv(100))
            except OSError:
                continue


@contextmanager
def a_rig(user: int, port: int) -> Iterator[Rig]:
    """Folders that this user reaches: pytest's own are closed to others."""
    base = Path(tempfile.mkdtemp(prefix="caged-")).resolve()
    rig = Rig(user, base, port)
    try:
        for folder in (rig.work, rig.outside):
            folder.mkdir()
        base.chmod(0o755)
        rig.own(base)
        yield rig
    finally:
        for listener in rig.listeners:
            # shutdown() wakes whoever waits in accept()
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        shutil.rmtree(base, ignore_errors=True)


def interpreters() -> list[str]:
    """Other Pythons that lie beside the one that runs us, one per minor version."""
    here = Path(sys.base_prefix)
    found = {}
    for python in sorted(here.parent.glob("3.*/bin/python3")):
        minor = ".".join(python.parents[1].name.split(".")[:2])
        if minor != "3.6":
            found[minor] = str(python)
    return [*found.values()] or [sys.executable]


__all__ = ["ACTS", "CAGE", "LAYERS", "NOBODY", "USERS", "Ran", "Rig", "a_rig", "interpreters", "python_for"]
