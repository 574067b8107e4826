"""Which packuments are asked for in full, and what is left out of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from gatekeeper.errors import UpstreamError
from gatekeeper.gate.npm_past import NpmPast
from gatekeeper.gate.options import Options
from gatekeeper.gate.waiting import Waiting
from gatekeeper.model import Evidence, Release, Ruling, Verdict
from gatekeeper.registries.npm import Packument


def hours_ago(hours: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(hours=hours)).isoformat()


class Registry:
    """What one registry says about one name, and how often it was asked in full."""

    def __init__(self, *, private: bool = False) -> None:
        self.times: dict[str, str] = {}
        self.asked = 0
        watcher: Any = SimpleNamespace(answer=lambda _: None)
        reader: Any = SimpleNamespace(judge_facts=self.judge)
        self.waiting = Waiting("npm", reader, watcher, Options())
        self.past = NpmPast(self.waiting, frozenset(), lambda _: ["*"], self.full, lambda _: private)

    def judge(self, facts: Evidence) -> Verdict:
        return Verdict(facts.release, Ruling.ASK)

    def said(self, **hooked: bool) -> dict[str, Any]:
        versions = {version: {"hasInstallScript": hooked.get(f"v{version}", False)} for version in self.times}
        newest = max(self.times, key=lambda version: self.times[version])
        return {"versions": versions, "dist-tags": {"latest": newest}, "modified": max(self.times.values())}

    def full(self, name: str) -> dict[str, Any]:
        assert name == "thing"
        self.asked += 1
        return {**self.said(), "time": self.times}

    def served(self, said: dict[str, Any] | None = None) -> dict[str, Any]:
        said = self.said() if said is None else said
        packument, whole = self.past.sifted(Packument("thing", json.dumps(said).encode(), "x"), said, "here")
        assert json.loads(packument.body)["versions"] == whole["versions"]
        return whole


def test_what_changed_long_ago_is_not_asked_for_again() -> None:
    registry = Registry()
    registry.times = {"1.0.0": hours_ago(1000), "1.1.0": hours_ago(30)}
    assert list(registry.served()["versions"]) == ["1.0.0", "1.1.0"]
    assert registry.asked == 0


def test_what_changed_within_the_cooldown_is_asked_for_its_times_and_sifted() -> None:
    registry = Registry()
    registry.times = {"1.0.0": hours_ago(1000), "1.1.0": hours_ago(3)}
    whole = registry.served()
    assert registry.asked == 1
    assert list(whole["versions"]) == ["1.0.0"]
    assert whole["dist-tags"] == {"latest": "1.0.0"}
    assert [each.dated.version for each in registry.waiting.held["thing"]] == ["1.1.0"]


def test_a_registry_of_the_persons_own_holds_nothing_back() -> None:
    registry = Registry(private=True)
    registry.times = {"1.0.0": hours_ago(1000), "1.1.0": hours_ago(3)}
    assert list(registry.served()["versions"]) == ["1.0.0", "1.1.0"]
    assert registry.asked == 0
    past = registry.past.history(Release("npm", "thing", "1.1.0"))
    assert past is not None
    assert past.hours == 0.0


def test_a_registry_that_tells_no_times_is_named_once() -> None:
    registry = Registry()
    registry.times = {"1.0.0": hours_ago(3)}
    said = registry.said()
    del said["modified"]
    registry.served(said)
    assert registry.asked == 0
    assert registry.waiting.remarks([]) == ["here does not say when releases were uploaded: none was held back"]


@pytest.mark.parametrize(("hours", "asked"), [(100, 1), (1000, 0)])
def test_a_release_that_gained_a_hook_is_asked_about_while_it_is_news(hours: float, asked: int) -> None:
    registry = Registry()
    registry.times = {"1.0.0": hours_ago(2000), "1.0.1": hours_ago(hours)}
    registry.served(registry.said(**{"v1.0.1": True}))
    past = registry.past.history(Release("npm", "thing", "1.0.1"))
    assert registry.asked == asked
    assert past is not None
    assert (past.days is not None) is bool(asked)


def test_times_that_cannot_be_had_are_said_and_not_taken_for_old() -> None:
    registry = Registry()
    registry.times = {"1.0.0": hours_ago(1000), "1.1.0": hours_ago(3)}

    def unreachable(_: str) -> dict[str, Any]:
        raise UpstreamError("no answer")

    registry.past.full = unreachable
    registry.served()
    assert registry.waiting.remarks([]) == ["here does not say when releases were uploaded: none was held back"]
