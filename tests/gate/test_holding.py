"""Files are handed out in sets: nothing before the client has fallen silent, and all of them or none."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.gate.holding import QUIET_S, Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEVER = 5.0  # seconds, which no test waits for unless it fails


class Ground:
    """A hold with a decision of the test's own, and clients that ask it."""

    def __init__(self) -> None:
        self.sets: list[set[str]] = []
        self.allowed: Callable[[set[str]], bool] = lambda _keys: True
        self.expected: set[str] | None = None
        self.answers: dict[str, bool] = {}
        self.threads: list[threading.Thread] = []
        self.good: Callable[[str], bool] = lambda _key: True
        self.hold = Hold(
            self.decide,
            lambda keys: self.expected is not None and self.expected <= keys,
            lambda case: self.good(case.key),
        )

    def decide(self, cases: list[Any]) -> Any:
        keys = {case.key for case in cases}
        self.sets.append(keys)
        return None if self.allowed(keys) else "the verdict"

    def ask(self, *keys: str) -> None:
        for key in keys:
            self.threads.append(threading.Thread(target=self._ask, args=(key,)))
            self.threads[-1].start()

    def _ask(self, key: str) -> None:
        self.answers[key] = self.hold.passes(SimpleNamespace(key=key))  # type: ignore[arg-type]

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(NEVER)
            assert not thread.is_alive()


@pytest.fixture
def ground() -> Iterator[Ground]:
    made = Ground()
    yield made
    made.hold.close()
    made.wait()


def test_what_is_asked_for_together_is_decided_together(ground: Ground) -> None:
    ground.ask("a", "b", "c")
    ground.wait()
    assert ground.sets == [{"a", "b", "c"}]
    assert ground.answers == {"a": True, "b": True, "c": True}


def test_one_refusal_refuses_the_whole_set_and_all_that_comes_later(ground: Ground) -> None:
    ground.allowed = lambda keys: "bad" not in keys
    ground.ask("a", "bad")
    ground.wait()
    ground.ask("later")
    ground.wait()
    assert ground.answers == {"a": False, "bad": False, "later": False}
    assert ground.hold.because == "the verdict"


def test_nothing_is_decided_while_the_client_is_being_answered(ground: Ground) -> None:
    with ground.hold.working():
        ground.ask("a")
        time.sleep(2 * QUIET_S)
        assert ground.sets == []
    ground.wait()
    assert ground.sets == [{"a"}]


def test_when_everything_expected_is_there_nobody_waits_for_silence(ground: Ground) -> None:
    ground.expected = {"a", "b"}
    began = time.monotonic()
    ground.ask("a", "b")
    ground.wait()
    assert ground.sets in ([{"a", "b"}], [{"b", "a"}])
    assert time.monotonic() - began < NEVER


def test_a_second_stage_is_a_set_of_its_own(ground: Ground) -> None:
    ground.ask("a")
    ground.wait()
    ground.ask("a", "b")
    ground.wait()
    assert ground.sets == [{"a"}, {"b"}]


def test_a_gate_that_closes_lets_nobody_wait_and_nothing_through(ground: Ground) -> None:
    with ground.hold.working():
        ground.ask("a")
        time.sleep(0.05)
        ground.hold.close()
        ground.wait()
    assert ground.answers == {"a": False}


def test_a_fault_while_deciding_is_kept_and_lets_nobody_wait(ground: Ground) -> None:
    def fail(_keys: set[str]) -> bool:
        raise RuntimeError("a bug")

    ground.allowed = fail
    ground.ask("a", "b")
    ground.wait()
    assert ground.answers == {"a": False, "b": False}
    assert [str(bug) for bug in ground.hold.bugs] == ["a bug"]


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + NEVER
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_behind_one_that_stays_allowed_files_go_at_once(ground: Ground) -> None:
    ground.hold.meanwhile(lambda: "needed")
    with ground.hold.working():  # so that nothing is complete yet
        ground.ask("a", "b", "needed")
        until(lambda: ground.answers == {"a": True, "b": True})
        assert ground.sets == []
    ground.wait()
    assert ground.sets == [{"a", "b", "needed"}]
    assert ground.answers["needed"]


def test_the_one_that_stays_is_refused_when_any_other_is(ground: Ground) -> None:
    ground.good = lambda key: key != "bad"
    ground.allowed = lambda keys: "bad" not in keys
    ground.hold.meanwhile(lambda: "needed")
    ground.ask("a", "bad", "needed")
    ground.wait()
    assert ground.answers["bad"] is ground.answers["needed"] is False
    ground.ask("later")
    ground.wait()
    assert ground.answers["later"] is False


def test_what_is_asked_for_while_a_plan_is_made_waits_for_it(ground: Ground) -> None:
    made = threading.Event()

    def plan() -> str:
        made.wait(NEVER)
        return "needed"

    ground.hold.meanwhile(plan)
    ground.ask("a")
    time.sleep(2 * QUIET_S)
    assert ground.answers == {}
    made.set()
    ground.wait()
    assert ground.answers == {"a": True}


def test_a_plan_that_fails_is_kept_and_lets_nobody_wait(ground: Ground) -> None:
    def plan() -> str:
        raise RuntimeError("a bug")

    ground.hold.meanwhile(plan)
    ground.ask("a")
    ground.wait()
    assert ground.answers == {"a": False}
    assert [str(bug) for bug in ground.hold.bugs] == ["a bug"]
