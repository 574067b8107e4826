"""The fence from gatekeeper's side: its folder, its plan, its ear."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from gatekeeper.errors import UndecidedError
from gatekeeper.managers import fence as fences
from gatekeeper.managers._cage import LAYERS
from gatekeeper.managers.fence import LOCK, Fence, sweep
from gatekeeper.model import Layer

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such fence")

REPORT = [{"name": name, "stood": True, "detail": "well"} for name in LAYERS]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of this test's own, at the end of a path that is too long for a socket's address."""
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def report(fence: Fence, message: bytes, *descriptors: int) -> threading.Thread:
    """Speak as the cage does."""

    def speak() -> None:
        folder = os.open(fence.folder, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(
                f"/proc/self/fd/{folder}/handover" if sys.platform == "linux" else str(fence.folder / "handover")
            )
            if message:
                socket.send_fds(connection, [message], descriptors)
        os.close(folder)

    thread = threading.Thread(target=speak)
    thread.start()
    return thread


def old(path: Path) -> None:
    os.utime(path, (time.time() - 3600,) * 2)


def test_the_folder_is_private_and_goes_with_the_fence(temporary: Path) -> None:
    with Fence() as fence:
        assert fence.folder.parent == temporary.resolve()
        assert fence.folder.name.startswith("gatekeeper-")
        assert stat.S_IMODE(fence.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(fence.work.stat().st_mode) == 0o700
        (fence.work / "file").touch()
    assert list(temporary.iterdir()) == []


def test_the_plan_names_everything_the_cage_needs() -> None:
    with Fence() as fence:
        plan = fence.plan_for(8080, [Path("/target")], [Path("/store")])
        assert plan == {
            "port": 8080,
            "writable": [str(fence.work), "/target"],
            "protected": ["/store"],
            "temporary": str(fence.folder),
            "parent": os.getpid(),
            "handover": str(fence.folder / "handover"),
        }
        words = fence.command(plan, ["npm", "ci"])
        assert json.loads(Path(words[4]).read_text()) == plan
        assert stat.S_IMODE(Path(words[4]).stat().st_mode) == 0o600
        assert words[1:3] == ["-I", "-S"]
        assert words[5:] == ["--", "npm", "ci"]


def test_a_report_becomes_layers() -> None:
    with Fence() as fence:
        speaking = report(fence, json.dumps(REPORT).encode() + b"\n")
        listener, layers = fence.receive(lambda: True, 5)
        speaking.join()
    assert listener is None
    assert layers == tuple(Layer(name, stood=True, detail="well") for name in LAYERS)


def test_the_listening_socket_comes_with_the_report() -> None:
    with Fence() as fence, socket.create_server(("127.0.0.1", 0)) as gate:
        speaking = report(fence, json.dumps(REPORT).encode() + b"\n", gate.fileno())
        listener, _ = fence.receive(lambda: True, 5)
        speaking.join()
        assert listener is not None
        with listener:
            assert listener.getsockname() == gate.getsockname()
            assert not listener.get_inheritable()


def test_a_layer_that_was_not_reported_did_not_stand() -> None:
    with Fence() as fence:
        speaking = report(fence, json.dumps(REPORT[:2]).encode() + b"\n")
        _, layers = fence.receive(lambda: True, 5)
        speaking.join()
    assert [layer.stood for layer in layers] == [True, True, False, False, False, False]
    assert layers[2] == Layer(LAYERS[2], stood=False, detail="not reported")


@pytest.mark.parametrize("stood", ["true", 1, None, "yes"])
def test_only_true_is_true(stood: object) -> None:
    with Fence() as fence:
        speaking = report(fence, json.dumps([{"name": LAYERS[0], "stood": stood, "detail": ""}]).encode() + b"\n")
        _, layers = fence.receive(lambda: True, 5)
        speaking.join()
    assert not layers[0].stood


@pytest.mark.parametrize(
    "message", [b"", b"\n", b"null\n", b"[1]\n", b'[{"name": []}]\n', json.dumps(REPORT).encode()[:40], b'{"a": 1}\n']
)
def test_half_a_report_is_no_report(message: bytes) -> None:
    with Fence() as fence, socket.create_server(("127.0.0.1", 0)) as gate:
        speaking = report(fence, message, gate.fileno())
        with pytest.raises(UndecidedError, match="broke off"):
            fence.receive(lambda: True, 5)
        speaking.join()


def test_a_client_that_ended_first_is_an_error() -> None:
    with Fence() as fence, pytest.raises(UndecidedError, match="ended before"):
        fence.receive(lambda: False, 5)


def test_a_client_that_reported_and_then_ended_is_heard() -> None:
    with Fence() as fence:
        report(fence, json.dumps(REPORT).encode() + b"\n").join()
        assert fence.receive(lambda: False, 5)[1][0].stood


def test_waiting_has_an_end() -> None:
    with Fence() as fence, pytest.raises(UndecidedError, match="in time"):
        fence.receive(lambda: True, 0.05)


def test_nobody_is_heard_twice() -> None:
    with Fence() as fence:
        speaking = report(fence, json.dumps(REPORT).encode() + b"\n")
        fence.receive(lambda: True, 5)
        speaking.join()
        folder = os.open(fence.folder, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as late, pytest.raises(ConnectionRefusedError):
            late.connect(f"/proc/self/fd/{folder}/handover")
        os.close(folder)


def test_where_nothing_can_be_handed_over_no_layer_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fences, "_listening", lambda _: None)
    monkeypatch.setattr(sys, "platform", "win32")
    with Fence() as fence:
        assert fence.plan_for(1, [])["handover"] is None
        assert fence.receive(lambda: True) == (
            None,
            tuple(Layer(name, stood=False, detail="needs Linux; this is win32") for name in LAYERS),
        )


# --- sweeping


def test_what_a_killed_run_left_is_swept(temporary: Path) -> None:
    left = temporary / "gatekeeper-left"
    (left / "work").mkdir(parents=True)
    (left / LOCK).touch()
    old(left / LOCK)
    with Fence():
        assert not left.exists()


def test_what_a_living_run_holds_stays() -> None:
    with Fence() as fence:
        old(fence.folder / LOCK)
        assert sweep() == 0
        assert fence.work.is_dir()


def test_what_is_young_foreign_or_a_link_stays(temporary: Path) -> None:
    young, foreign, link, real = (
        temporary / name for name in ("gatekeeper-young", "gatekeeper-notes", "gatekeeper-link", "real")
    )
    for folder in (young, foreign, real):
        folder.mkdir()
    for folder in (young, real):
        (folder / LOCK).touch()
    old(real / LOCK)
    link.symlink_to(real)
    (temporary / "gatekeeper-file").touch()
    assert sweep() == 0
    assert {path.name for path in temporary.iterdir()} == {
        "gatekeeper-young",
        "gatekeeper-notes",
        "gatekeeper-link",
        "real",
        "gatekeeper-file",
    }
    assert (real / LOCK).exists()
