"""Proof that the fence holds: a process inside tries to get out, by each way that a layer closes.

Each act is tried without any layer first: what fails there too would prove nothing.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.doctor.layers import proof_of_layer
from gatekeeper.doctor.proof import Proof, broken, weaker
from gatekeeper.errors import UndecidedError
from gatekeeper.gate.door import HOST
from gatekeeper.managers.fence import Fence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.doctor.proof import Ground
    from gatekeeper.model import Layer

INSIDE = Path(__file__).with_name("inside.py")
PATIENCE = 30.0  # seconds for all acts
UNIX = "socket"
STEP = 0.02  # seconds between two looks at whether the process has ended
REPORT_IT = "report it as a bug, with the output of `gatekeeper doctor -v`"


@dataclass(frozen=True, slots=True)
class Act:
    """One way out and the layers that close it; none: it has to stay open."""

    what: str
    word: str  # of inside.py
    target: str | int
    layers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """How the acts ended, "" for each that succeeded, and which layers stood."""

    ended: tuple[str, ...]
    layers: tuple[Layer, ...]


def prove_fence(ground: Ground) -> Iterator[Proof]:
    """Try every way out, without the fence and inside of it; tell which layers stand, and why others do not."""
    if sys.platform != "linux":
        missing = f"there is none on {sys.platform}: it needs Linux"
        yield weaker("fence", missing, "code that runs during an installation is held back by its verdict alone")
        return
    folder = ground.folder("fence")
    with ExitStack() as things:
        doors = [things.enter_context(socket.create_server((HOST, 0))) for _ in range(2)]
        things.enter_context(at_path(folder / UNIX))
        control = tried(acts_of(doors, folder, "control"), doors, layers=())
        acts = acts_of(doors, folder, "inside")
        inside = tried(acts, doors)
    stood = frozenset(layer.name for layer in inside.layers if layer.stood)
    for layer in inside.layers:
        yield proof_of_layer(layer, stood)
    for act, before, after in zip(acts, control.ended, inside.ended, strict=True):
        yield proof_of_act(act, before, after, stood)


def acts_of(doors: Sequence[socket.socket], folder: Path, label: str) -> list[Act]:
    """Return what is tried; `label` keeps the files of one round from those of another."""
    gate, other = (door.getsockname()[1] for door in doors)
    return [
        Act("reaching the gate", "reach", gate),
        Act("reaching another port", "reach", other, ("network-namespace", "landlock-tcp")),
        Act("writing a file outside", "write", str(folder / label), ("landlock-files",)),
        Act("reaching a unix socket", "unix", str(folder / UNIX), ("seccomp-sockets",)),
        Act("sending a datagram", "send", other, ("seccomp-sockets",)),
        Act("signalling a process outside", "signal", os.getpid(), ("landlock-scope",)),
    ]


@contextmanager
def at_path(path: Path) -> Iterator[None]:
    """Listen on a unix socket, however long its path is: an address holds 107 bytes."""
    folder = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        try:
            made.bind(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
        made.listen()
        yield


def tried(acts: Sequence[Act], doors: Sequence[socket.socket], layers: tuple[str, ...] | None = None) -> Tried:
    """Have a process inside the fence try the acts; with only some `layers`, or all that this machine has."""
    with Fence() as fence:
        plan = fence.plan_for(doors[0].getsockname()[1], ())
        plan |= {} if layers is None else {"layers": list(layers)}
        said = json.dumps([[act.word, act.target] for act in acts])
        words = fence.command(plan, [sys.executable, "-I", "-S", str(INSIDE), said])
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=fence.work) as process:
            entrance = None
            try:
                entrance, report = fence.receive(lambda: process.poll() is None)
                attend(process, [door for door in (*doors, entrance) if door is not None])
                ended = json.loads(process.stdout.read() if process.stdout else b"")
            except ValueError as problem:
                raise UndecidedError("the process inside the fence broke off") from problem
            finally:
                process.kill()
                if entrance is not None:
                    entrance.close()
    return Tried(tuple(ended), report)


def attend(process: subprocess.Popen[bytes], doors: Sequence[socket.socket]) -> None:
    """Greet whoever comes to a door, until the process has ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise UndecidedError(f"the process inside the fence was not done within {PATIENCE:.0f} seconds")
        for door in select.select(doors, [], [], STEP)[0]:
            with door.accept()[0] as visitor:
                visitor.sendall(b"x")


def proof_of_act(act: Act, before: str, after: str, stood: frozenset[str]) -> Proof:
    """Say what an act proves: `before` and `after` are how it ended without the fence and inside of it."""
    if before:
        return weaker(act.what, f"not proved: without the fence it fails too ({before})")
    if not act.layers:
        return (
            broken(act.what, f"it must work, and does not: {after}", REPORT_IT)
            if after
            else Proof(act.what, detail="works")
        )
    if after:
        return Proof(act.what, detail=f"refused: {after}")
    closed = stood.intersection(act.layers)
    if closed:
        return broken(act.what, f"works, although {' and '.join(sorted(closed))} should keep it from that", REPORT_IT)
    return weaker(act.what, f"works: {' or '.join(act.layers)} would keep it from that, and does not stand here")
