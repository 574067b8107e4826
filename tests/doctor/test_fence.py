"""`gatekeeper doctor` tries the fence from inside: what holds, what is missing here and why, and what does not hold."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.doctor import fence, layers
from gatekeeper.doctor.fence import Act, proof_of_act, prove_fence
from gatekeeper.doctor.layers import proof_of_layer
from gatekeeper.doctor.proof import Ground, State
from gatekeeper.errors import UndecidedError
from gatekeeper.managers._cage import LAYERS
from gatekeeper.managers.fence import Fence
from gatekeeper.model import Layer
from tests.support.caged import lacking

if TYPE_CHECKING:
    from pathlib import Path

linux = pytest.mark.skipif(sys.platform != "linux", reason="the fence needs Linux")
OPEN = "reaching the gate"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    (tmp_path / ("x" * 100)).mkdir()  # at the end of a path that is too long for a socket's address
    return Ground(tmp_path / ("x" * 100), dict(os.environ))


def states(ground: Ground) -> dict[str, State]:
    return {one.what: one.state for one in prove_fence(ground)}


@linux
def test_each_layer_that_this_machine_has_stands_and_holds(ground: Ground) -> None:
    found = states(ground)
    missing = {layer for layer in LAYERS if lacking(layer, os.getuid())}
    assert {what for what, state in found.items() if state is State.WEAKER and what in LAYERS} == missing
    assert State.BROKEN not in found.values()
    assert len(found) == len(LAYERS) + 6


@linux
def test_a_fence_without_layers_is_weaker_and_everything_gets_out(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_layers(monkeypatch)
    found = states(ground)
    assert found.pop(OPEN) is State.OK
    assert set(found.values()) == {State.WEAKER}


@linux
def test_a_fence_that_says_that_it_stands_and_does_not_is_broken(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_layers(monkeypatch)
    receive = Fence.receive

    def lying(self: Fence, *how: Any) -> Any:
        listener, layers = receive(self, *how)
        return listener, tuple(replace(layer, stood=True) for layer in layers)

    monkeypatch.setattr(Fence, "receive", lying)
    found = states(ground)
    assert {what for what, state in found.items() if state is State.OK} == {*LAYERS, OPEN}
    assert {what for what, state in found.items() if state is State.BROKEN} == found.keys() - {*LAYERS, OPEN}


def without_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Fence.plan_for
    monkeypatch.setattr(Fence, "plan_for", lambda *words: {**plan(*words), "layers": []})


@linux
def test_a_fence_that_does_not_report_proves_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fence, "command", lambda *_: [sys.executable, "-c", "pass"])
    with pytest.raises(UndecidedError):
        list(prove_fence(ground))


def test_elsewhere_there_is_none(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence.sys, "platform", "darwin")
    (found,) = prove_fence(ground)
    assert (found.state, "needs Linux" in found.detail) == (State.WEAKER, True)


ACT = Act("writing a file outside", "write", "x", ("landlock-files",))
STOOD = frozenset({"landlock-files"})


@pytest.mark.parametrize(
    ("before", "after", "stood", "state"),
    [
        ("", "Permission denied", STOOD, State.OK),
        ("", "Permission denied", frozenset(), State.OK),
        ("", "", STOOD, State.BROKEN),
        ("", "", frozenset({"capabilities"}), State.WEAKER),
        ("No space left", "No space left", STOOD, State.WEAKER),
    ],
)
def test_an_act_proves_only_what_it_changes(before: str, after: str, stood: frozenset[str], state: State) -> None:
    assert proof_of_act(ACT, before, after, stood).state is state


def test_a_gate_that_nobody_inside_reaches_is_broken() -> None:
    assert proof_of_act(Act(OPEN, "reach", 1), "", "Connection refused", STOOD).state is State.BROKEN


@pytest.mark.parametrize(
    ("name", "detail", "said", "remedy"),
    [
        ("landlock-files", "Landlock: Function not implemented", "has no Landlock", "Linux 5.13"),
        ("landlock-files", "Landlock: Operation not supported", "not switched on", "lsm="),
        ("landlock-tcp", "needs Landlock ABI 4; this kernel speaks 3", "too old", "Linux 6.7"),
        ("landlock-scope", "needs Landlock ABI 6; this kernel speaks 5", "signal your processes", "Linux 6.12"),
        ("network-namespace", "a user and a network namespace: Operation not permitted", "not permitted", "container"),
        ("seccomp-sockets", "no filter for this architecture: riscv64", "datagrams", ""),
    ],
)
def test_a_missing_layer_says_why_what_is_weaker_and_what_to_do(
    name: str, detail: str, said: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "SETTINGS", tmp_path)
    found = proof_of_layer(Layer(name, stood=False, detail=detail), frozenset(LAYERS) - {name})
    assert found.state is State.WEAKER
    assert said in found.detail
    assert remedy in found.remedy


@pytest.mark.parametrize(("setting", "value", "wanted"), layers.FORBIDDING)
def test_a_setting_that_forbids_namespaces_is_named(
    setting: str, value: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "SETTINGS", tmp_path)
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    found = proof_of_layer(Layer("network-namespace", stood=False, detail="not permitted"), frozenset(LAYERS))
    assert f"{setting.replace('/', '.')}={wanted}" in found.remedy


def test_without_either_layer_the_network_is_said_to_be_open() -> None:
    found = proof_of_layer(Layer("landlock-tcp", stood=False, detail="too old"), frozenset({"capabilities"}))
    assert "can reach the network" in found.detail
