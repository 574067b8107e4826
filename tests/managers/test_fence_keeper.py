"""The keeper: nothing of the client outlives it, and the client outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gatekeeper.managers import _cage, _keeper
from tests.support.caged import ACTS, LAYERS, USERS, Rig, a_rig, as_user, python_for
from tests.support.processes import living

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="subreapers are Linux's")

ROOT = Path(__file__).parents[2]
GATEKEEPER = """
import subprocess, sys, time
from pathlib import Path
from gatekeeper.managers.fence import Fence
fence = Fence()
plan = fence.plan_for(1, [Path(sys.argv[1])])
plan["layers"] = sys.argv[2].split()
process = subprocess.Popen(fence.command(plan, sys.argv[3:]))
fence.receive(lambda: process.poll() is None)
print(process.pid, fence.folder, flush=True)
time.sleep(120)
"""


@pytest.fixture(params=USERS, ids=lambda user: f"uid{user}")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with a_rig(request.param, 1) as made:
        yield made


def soon(happens: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while not happens() and time.monotonic() < until:
        time.sleep(0.01)
    return happens()


def pid_in(path: Path) -> int:
    assert soon(lambda: path.exists() and path.read_text().strip() != "", 20), "it never started"
    return int(path.read_text())


def acts(rig: Rig, text: str) -> list[str]:
    return [python_for(rig.user), "-I", "-S", str(ACTS), text]


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -11 $$", 139)])
def test_the_exit_code_is_the_clients(rig: Rig, command: str, code: int) -> None:
    with rig.started(["sh", "-c", command], LAYERS) as (_, process):
        assert process.wait(20) == code


def test_a_command_that_is_not_there_is_127(rig: Rig) -> None:
    with rig.started(["no-such-client"], ()) as (_, process):
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 127
    assert errors == "gatekeeper: no-such-client: No such file or directory\n"


@pytest.mark.parametrize("layers", [(), LAYERS], ids=["free", "caged"])
def test_a_daemon_is_gone_when_the_keeper_returns(rig: Rig, layers: tuple[str, ...]) -> None:
    left = rig.work / "pid"
    with rig.started(acts(rig, f'[["daemon", "{left}"]]'), layers) as (_, process):
        assert process.wait(20) == 0
    assert not living(pid_in(left))


def test_without_a_keeper_the_daemon_lives_on(rig: Rig) -> None:
    """The control."""
    left = rig.work / "pid"
    subprocess.run(
        acts(rig, f'[["daemon", "{left}"]]'),
        check=True,
        stdout=subprocess.DEVNULL,
        **({} if rig.user == os.getuid() else as_user(rig.user)),
    )  # type: ignore[call-overload]
    pid = pid_in(left)
    assert living(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_brood_of_daemons_is_gone_too(rig: Rig) -> None:
    script = f'for n in 1 2 3 4 5 6 7 8; do (setsid sh -c "trap \\"\\" TERM HUP INT; echo \\$\\$ >> {rig.work}/pids; sleep 60; sleep 60" &) ; done; while [ "$(wc -l < {rig.work}/pids)" -lt 8 ]; do sleep 0.02; done'
    (rig.work / "pids").touch()
    rig.own(rig.work)
    with rig.started(["sh", "-c", script], ()) as (_, process):
        assert process.wait(20) == 0
    pids = [int(line) for line in (rig.work / "pids").read_text().split()]
    assert len(pids) == 8
    assert not [pid for pid in pids if living(pid)]


@pytest.mark.parametrize("layers", [(), LAYERS], ids=["free", "caged"])
def test_when_the_keeper_is_killed_the_client_dies(rig: Rig, layers: tuple[str, ...]) -> None:
    with rig.started(acts(rig, f'[["say_pid", "{rig.work}/pid"], ["sleep", 60]]'), layers) as (_, process):
        pid = pid_in(rig.work / "pid")
        assert living(pid)
        process.kill()
        assert soon(lambda: not living(pid))


@pytest.mark.parametrize("layers", ["", " ".join(LAYERS)], ids=["free", "caged"])
def test_when_gatekeeper_is_killed_all_goes_and_so_does_its_folder(layers: str) -> None:
    with a_rig(os.getuid(), 1) as rig:
        words = [
            sys.executable,
            "-c",
            GATEKEEPER,
            str(rig.work),
            layers,
            *acts(rig, f'[["daemon", "{rig.work}/daemon"], ["say_pid", "{rig.work}/pid"], ["sleep", 60]]'),
        ]
        with subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(rig.base)},
        ) as gatekeeper:
            assert gatekeeper.stdout is not None
            keeper, folder = gatekeeper.stdout.readline().split()
            pids = [int(keeper), pid_in(rig.work / "daemon"), pid_in(rig.work / "pid")]
            assert all(living(pid) for pid in pids)
            assert Path(folder).is_dir()
            gatekeeper.kill()
        assert soon(lambda: not any(living(pid) for pid in pids))
        assert soon(lambda: not Path(folder).exists())


def test_the_thread_that_started_the_client_may_end(rig: Rig) -> None:
    """The kernel calls that thread the parent, and says that it died."""
    with ExitStack() as stack:
        begun: list[subprocess.Popen[str]] = []
        command = ["sh", "-c", "sleep 0.5; exit 5"]
        thread = threading.Thread(target=lambda: begun.append(stack.enter_context(rig.started(command, LAYERS))[1]))
        thread.start()
        thread.join()
        assert begun[0].wait(20) == 5


def test_the_client_hears_what_the_keeper_is_told_once(rig: Rig) -> None:
    with rig.started(acts(rig, f'[["on_terminate_exit", 3], ["say_pid", "{rig.work}/pid"], ["sleep", 60]]'), ()) as (
        _,
        process,
    ):
        pid_in(rig.work / "pid")
        process.terminate()
        assert process.wait(20) == 3


def test_who_is_told_twice_goes(rig: Rig) -> None:
    with rig.started(
        [
            "sh",
            "-c",
            f'trap "echo once > {rig.work}/heard" TERM; echo $$ > {rig.work}/pid; while :; do sleep 0.05; done',
        ],
        (),
    ) as (_, process):
        pid_in(rig.work / "pid")
        process.terminate()
        assert soon((rig.work / "heard").exists)
        process.terminate()
        assert process.wait(20) == 137


def test_the_keeper_outlives_ctrl_c_and_lets_the_client_answer_it(rig: Rig) -> None:
    with rig.started(
        ["sh", "-c", f'trap "exit 130" INT; echo $$ > {rig.work}/pid; while :; do sleep 0.05; done'], ()
    ) as (_, process):
        pid = pid_in(rig.work / "pid")
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.1)
        assert process.poll() is None
        os.kill(pid, signal.SIGINT)
        assert process.wait(20) == 130


def test_nothing_runs_when_gatekeeper_is_gone_already(rig: Rig) -> None:
    # The rig still needs its folder; that the real one goes is shown where gatekeeper is really killed (tests/proof).
    with rig.started(["touch", str(rig.work / "ran")], (), parent=1, temporary="") as (_, process):
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 12
    assert errors == "gatekeeper: gatekeeper is gone; nothing was run\n"
    assert not (rig.work / "ran").exists()


def test_nothing_runs_when_nobody_hears_the_report(rig: Rig) -> None:
    with rig.started(["touch", str(rig.work / "ran")], (), handover=str(rig.work / "nobody")) as (_, process):
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 12
    assert errors.startswith("gatekeeper: the fence could not be put up, so nothing was run: ")
    assert errors.count("\n") == 1
    assert not (rig.work / "ran").exists()


def test_nothing_runs_under_a_plan_with_an_unknown_layer(rig: Rig) -> None:
    with rig.started(["touch", str(rig.work / "ran")], ("landlock-moon",)) as (_, process):
        assert process.wait(20) == 12
    assert not (rig.work / "ran").exists()


@pytest.mark.parametrize("words", [[], ["plan.json"], ["plan.json", "pip"], ["plan.json", "--"]])
def test_the_script_says_how_it_wants_to_be_called(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", _cage.__file__, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "gatekeeper: usage: _cage.py PLAN.json -- COMMAND...\n")


def test_a_python_client_ends_as_python_does(tmp_path: Path) -> None:
    """As the pip bootstrap calls it: the child's own exit functions run, and run once."""
    script = tmp_path / "client.py"
    script.write_text(
        "import atexit, importlib.util, os, sys\n"
        f"spec = importlib.util.spec_from_file_location('cage', {_cage.__file__!r})\n"
        "cage = importlib.util.module_from_spec(spec); spec.loader.exec_module(cage)\n"
        "def child():\n"
        "    atexit.register(print, 'bye')\n"
        "    print('hello', os.getppid() == keeper)\n"
        "    sys.exit(4)\n"
        "keeper = os.getpid()\n"
        f"sys.exit(cage.keep({{'port': 1, 'writable': [], 'parent': {os.getpid()}}}, child))\n"
    )
    done = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (4, "hello True\nbye\n", "")


# --- the temporary folder


def test_only_our_own_folders_are_removed(tmp_path: Path) -> None:
    mine, foreign, link = tmp_path / "gatekeeper-a", tmp_path / "important", tmp_path / "gatekeeper-link"
    for folder in (mine, foreign):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep/file").touch()
    link.symlink_to(foreign)
    (tmp_path / "gatekeeper-file").touch()
    assert [
        _keeper.remove_folder(str(path))
        for path in (mine, foreign, link, tmp_path / "gatekeeper-file", tmp_path / "gatekeeper-absent")
    ] == [True, False, False, False, False]
    assert not mine.exists()
    assert (foreign / "deep/file").exists()
    assert (tmp_path / "gatekeeper-file").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_somebody_elses_folder_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "gatekeeper-theirs").mkdir()
    os.chown(tmp_path / "gatekeeper-theirs", 65534, 65534)
    assert not _keeper.remove_folder(str(tmp_path / "gatekeeper-theirs"))


def test_a_folder_with_closed_folders_inside_is_removed_and_links_are_not_followed(rig: Rig) -> None:
    """Root removes anything anyhow, so it is the other user who proves this."""
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from gatekeeper.managers import _keeper\n"
        "base = sys.argv[2] + '/gatekeeper-x'; os.makedirs(base + '/a/b'); open(base + '/a/b/c', 'w').close()\n"
        "os.mkdir(sys.argv[2] + '/kept', 0o500); os.symlink(sys.argv[2] + '/kept', base + '/a/link')\n"
        "os.chmod(base + '/a/b', 0o500); os.chmod(base + '/a', 0o500)\n"
        "print(_keeper.remove_folder(base), oct(os.stat(sys.argv[2] + '/kept').st_mode & 0o777))\n"
    )
    done = subprocess.run(
        [python_for(rig.user), "-c", script, str(ROOT), str(rig.work)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **as_user(rig.user),
    )  # type: ignore[call-overload]
    assert done.stdout == "True 0o500\n", done.stderr


# --- where the system offers nothing


def test_every_layer_says_why_it_did_not_stand_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    report = _cage.enclose({"port": 1, "writable": []})
    assert [layer["name"] for layer in report] == list(LAYERS)
    assert {(layer["stood"], layer["detail"]) for layer in report} == {(False, "needs Linux; this is darwin")}


def test_a_python_without_ctypes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctypes", None)
    assert {layer["detail"] for layer in _cage.enclose({"port": 1, "writable": []})} == {"this Python has no ctypes"}


def test_an_unknown_architecture_gets_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cage._seccomp.os, "uname", lambda: type("Uname", (), {"machine": "riscv64"}))  # type: ignore[attr-defined]
    (filtered,) = [
        layer
        for layer in _cage.enclose({"port": 1, "writable": [], "layers": ["seccomp-sockets"]})
        if layer["name"] == "seccomp-sockets"
    ]
    assert (filtered["stood"], filtered["detail"]) == (False, "no filter for this architecture: riscv64")


def test_an_older_kernel_gets_fewer_layers_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cage._landlock, "abi", lambda _: 3)
    report = {
        layer["name"]: layer["detail"]
        for layer in _cage.enclose({"port": 1, "writable": [], "layers": ["landlock-tcp", "landlock-scope"]})
    }
    assert report["landlock-tcp"] == "needs Landlock ABI 4; this kernel speaks 3"
    assert report["landlock-scope"] == "needs Landlock ABI 6; this kernel speaks 3"


def test_without_fork_the_client_runs_right_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    monkeypatch.setattr(sys, "platform", "win32")
    ran: list[int] = []
    assert _cage.keep({"port": 1, "writable": [], "parent": 1}, lambda: ran.append(os.getpid())) == 0
    assert ran == [os.getpid()]


def test_a_namespace_that_fails_too_late_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(_cage._namespace, "_rehearse", lambda *_: None)
    monkeypatch.setattr(_cage._namespace, "_enter", refused)
    with pytest.raises(RuntimeError, match="half-way"):
        _cage._namespace.enter(_cage._kernel.Kernel(), 1)


def test_a_namespace_that_fails_in_rehearsal_leaves_this_process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path("/proc/self/ns/net").readlink()
    monkeypatch.setattr(_cage._namespace, "_raise_loopback", lambda: (_ for _ in ()).throw(OSError(1, "no loopback")))
    with pytest.raises(OSError, match="no loopback"):
        _cage._namespace.enter(_cage._kernel.Kernel(), 1)
    assert Path("/proc/self/ns/net").readlink() == before
