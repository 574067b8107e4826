"""What every store promises: it gives back what it was given last or nothing, and nothing that it was not given."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.stores import sqlite
from tests.support.stores import FORGETFUL, KINDS, ON_DISK

KEY, OTHER_KEY = "a" * 64, "b" * 64
RULES, OTHER_RULES = "sha256:" + "1" * 64, "sha256:" + "2" * 64
FINDINGS = (
    Finding("typosquat", Severity.MEDIUM, Confidence.LOW, "close to requests", instead="requests"),
    Finding(
        "x", Severity.HIGH, Confidence.HIGH, "m\x1b", When.CALL, "a.py", 3, "s\ud800", ("T1195.001", "T1204.005"),
        around=((2, "before"), (3, "\u202ehere")),
    ),
)  # fmt: skip

Given = tuple[str, Path]


def test_every_store_is_under_contract() -> None:
    folder = Path(sqlite.__file__).parent
    assert {path.stem for path in folder.glob("[!_]*.py")} == ON_DISK


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=sorted(set(KINDS) - FORGETFUL))
def keeping(request: pytest.FixtureRequest) -> str:
    return request.param


def test_what_was_remembered_is_recalled(keeping: str, tmp_path: Path) -> None:
    store = KINDS[keeping](tmp_path)
    store.remember(KEY, RULES, FINDINGS)
    assert store.recall(KEY, RULES) == FINDINGS
    store.close()


@pytest.mark.parametrize("place", sorted(ON_DISK))
def test_another_run_recalls_it_too(place: str, tmp_path: Path) -> None:
    first = KINDS[place](tmp_path)
    first.remember(KEY, RULES, FINDINGS)
    first.close()
    second = KINDS[place](tmp_path)
    assert second.recall(KEY, RULES) == FINDINGS
    second.close()


def test_nothing_found_is_not_the_same_as_nothing_remembered(keeping: str, tmp_path: Path) -> None:
    store = KINDS[keeping](tmp_path)
    store.remember(KEY, RULES, ())
    assert store.recall(KEY, RULES) == ()
    assert store.recall(OTHER_KEY, RULES) is None
    assert store.recall(KEY, OTHER_RULES) is None
    store.close()


def test_a_store_that_cannot_keep_anything_recalls_nothing_and_is_no_fault(tmp_path: Path) -> None:
    for kind in FORGETFUL:
        store = KINDS[kind](tmp_path)
        store.remember(KEY, RULES, FINDINGS)
        assert store.recall(KEY, RULES) is None
        store.close()


def test_a_closed_store_remembers_nothing(kind: str, tmp_path: Path) -> None:
    store = KINDS[kind](tmp_path)
    store.remember(KEY, RULES, ())
    store.close()
    store.remember(OTHER_KEY, RULES, ())
    assert store.recall(KEY, RULES) is None
    assert store.recall(OTHER_KEY, RULES) is None


KEYS = st.sampled_from(["a", "b", "", "'; drop table findings_2 --", "a\0b"])
FOUND = st.sampled_from([(), FINDINGS, FINDINGS[:1]])
ACTS = st.lists(st.tuples(st.booleans(), KEYS, st.sampled_from([RULES, OTHER_RULES]), FOUND), max_size=12)


@settings(max_examples=20)
@given(acts=ACTS)
def test_whatever_is_done_to_a_store_it_says_what_it_was_told_last_or_nothing(
    acts: list[tuple[bool, str, str, tuple[Finding, ...]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    for kind, make in KINDS.items():
        store, told = make(tmp_path_factory.mktemp(kind)), {}
        for tells, key, ruleset, findings in acts:
            if tells:
                store.remember(key, ruleset, findings)
                told[key, ruleset] = findings
            recalled = store.recall(key, ruleset)
            assert recalled == (None if kind in FORGETFUL else told.get((key, ruleset)))
        store.close()


def test_threads_share_a_store(keeping: str, tmp_path: Path) -> None:
    store = KINDS[keeping](tmp_path)
    seen: list[bool] = []

    def work(number: int) -> None:
        for turn in range(20):
            key = f"{number:02x}{turn:02x}"
            store.remember(key, RULES, FINDINGS)
            seen.append(store.recall(key, RULES) == FINDINGS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 80
    store.close()
