"""Whatever is killed, and whenever: nothing that was not judged is installed, and nothing is left behind."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import attacks, backends, processes
from tests.support.clients import NEWEST
from tests.support.ground import GATEKEEPER, INTERRUPTED, Done, Ground, MakeGround
from tests.support.index import Index, slow
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

# The moments differ from run to run on purpose; a failure names its own, in seconds after the first sign of work.
MOMENTS = [round(random.uniform(0, 0.5), 2), round(random.uniform(0.5, 1.5), 2)]
HELD = 8.0  # seconds for which the hostile file is held back: nobody gets further than that before the kill
AT_ONCE = 5.0  # seconds
STARTED = 30.0  # seconds until the first sign of work, on a machine that has much else to do

HONEST = wheel("mossgarden", about=About(requires=("quietharbour",)))


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    """Two packages; the second is hostile, and its file comes late."""
    ground = make_ground(NEWEST, index_url=index.url)
    hostile = attacks.pth_wheel("quietharbour", attacks.spawn_shell(ground.marker).replace("\n", "; "))
    index.add(HONEST, hostile)
    index.fault(hostile.filename, slow(HELD))
    return ground


def at_work(ground: Ground, index: Index) -> None:
    """Wait for the first sign of work: a request, or something in the temporary folder."""
    until = time.monotonic() + STARTED
    while not index.asked and not any(ground.tmp.iterdir()):
        assert time.monotonic() < until, "gatekeeper did not start to work"
        time.sleep(0.01)


def child_of(process: subprocess.Popen[str], ground: Ground) -> int:
    """The process that gatekeeper started last: pip, or what keeps it."""
    until = time.monotonic() + STARTED
    while time.monotonic() < until:
        below = [
            pid
            for pid in processes.of(ground.folder, process.pid)
            if pid != process.pid and b"pip" in processes.read(pid, "cmdline")
        ]
        if below:
            return max(below)
        time.sleep(0.01)
    raise AssertionError("gatekeeper started no pip")


def interrupt(ground: Ground, index: Index, moment: float, strike: Callable[[subprocess.Popen[str]], None]) -> Done:
    def meanwhile(process: subprocess.Popen[str]) -> None:
        at_work(ground, index)
        time.sleep(moment)
        strike(process)
        struck.append(time.monotonic())

    before = ground.snapshot()
    struck: list[float] = []
    done = ground.run(*GATEKEEPER, "install", "mossgarden", meanwhile=meanwhile)
    assert time.monotonic() - struck[0] < AT_ONCE, f"{moment} s: {done.text}"
    assert "Traceback (most recent call last)" not in done.out + done.err, done.text
    ground.assert_nothing_left()
    ground.assert_unchanged_since(before)
    ground.start_python()
    assert not ground.marker.exists()
    return done


@pytest.mark.parametrize("moment", MOMENTS, ids=["soon", "later"])
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM], ids=lambda kind: kind.name)
def test_a_signal_to_gatekeeper_ends_everything(
    kind: signal.Signals, moment: float, ground: Ground, index: Index
) -> None:
    done = interrupt(ground, index, moment, lambda process: process.send_signal(kind))
    assert done.code == INTERRUPTED, f"{moment} s: {done.text}"


@pytest.mark.parametrize("moment", MOMENTS, ids=["soon", "later"])
def test_ctrl_c_at_a_terminal_ends_everything(moment: float, ground: Ground, index: Index) -> None:
    """A terminal sends it to gatekeeper, to pip and to pip's builds at once."""
    done = interrupt(ground, index, moment, lambda process: os.killpg(process.pid, signal.SIGINT))
    assert done.code == INTERRUPTED, f"{moment} s: {done.text}"


@pytest.mark.parametrize("moment", MOMENTS, ids=["soon", "later"])
def test_gatekeeper_killed_outright_takes_pip_with_it(moment: float, ground: Ground, index: Index) -> None:
    done = interrupt(ground, index, moment, lambda process: process.kill())
    assert done.code == -signal.SIGKILL, f"{moment} s: {done.text}"


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGKILL], ids=lambda kind: kind.name)
@pytest.mark.parametrize("moment", MOMENTS, ids=["soon", "later"])
def test_pip_killed_is_a_failure_and_never_a_success(
    moment: float, kind: signal.Signals, ground: Ground, index: Index
) -> None:
    done = interrupt(ground, index, moment, lambda process: os.kill(child_of(process, ground), kind))
    assert done.code not in {0, -signal.SIGKILL, -signal.SIGTERM}, f"{moment} s: {done.text}"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda kind: kind.name)
def test_a_signal_in_the_first_moment_leaves_nothing_either(kind: signal.Signals, ground: Ground) -> None:
    """Before the interpreter has even read our code, a signal ends it in the interpreter's own way: never with 0."""
    moment = random.uniform(0, 0.15)
    before = ground.snapshot()

    def meanwhile(process: subprocess.Popen[str]) -> None:
        time.sleep(moment)
        process.send_signal(kind)

    done = ground.run(*GATEKEEPER, "install", "mossgarden", meanwhile=meanwhile)
    assert done.code in {INTERRUPTED, -kind, 1}, f"{moment} s: {done.text}"
    assert "gatekeeper/" not in done.err, f"{moment} s: {done.text}"
    ground.assert_nothing_left()
    ground.assert_unchanged_since(before)


def test_a_build_is_ended_too(make_ground: MakeGround, index: Index) -> None:
    """The grandchildren of pip: a build that sleeps."""
    index.add(backends.tree_sdist("mossgarden", prelude="import time\n\ntime.sleep(25)\n"))
    ground = make_ground(NEWEST, index_url=index.url)

    def building() -> bool:
        return any(
            b"tree_backend" in processes.read(pid, "cmdline") or b"_in_process" in processes.read(pid, "cmdline")
            for pid in processes.of(ground.folder, ground.session)
        )

    def meanwhile(process: subprocess.Popen[str]) -> None:
        until = time.monotonic() + STARTED
        while not building():
            assert time.monotonic() < until, "no build began"
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)

    done = ground.run(*GATEKEEPER, "install", "mossgarden", meanwhile=meanwhile)
    assert done.code == INTERRUPTED, done.text
    ground.assert_nothing_left()
