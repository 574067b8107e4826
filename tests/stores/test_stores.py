"""What every store promises: it gives back what it was given, and whatever goes wrong it remembers nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.stores import sqlite
from gatekeeper.stores.sqlite import SqliteStore

STORES = {"sqlite": SqliteStore}
SHA, OTHER_SHA = "a" * 64, "b" * 64
RULES, OTHER_RULES = "sha256:" + "1" * 64, "sha256:" + "2" * 64
FINDINGS = (
    Finding("typosquat", Severity.MEDIUM, Confidence.LOW, "close to requests"),
    Finding("x", Severity.HIGH, Confidence.HIGH, "m\x1b", When.CALL, "a.py", 3, "s\ud800", ("T1195.001", "T1204.005")),
)


def test_every_store_is_under_contract() -> None:
    folder = Path(sqlite.__file__).parent
    assert {path.stem for path in folder.glob("[!_]*.py")} == set(STORES)


@pytest.fixture(params=sorted(STORES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[type[SqliteStore], Path]:
    return STORES[request.param], tmp_path / "cache" / "verdicts"


def test_what_was_remembered_is_recalled_even_by_another_run(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    first = kind(path)
    first.remember(SHA, RULES, FINDINGS)
    assert first.recall(SHA, RULES) == FINDINGS
    first.close()
    second = kind(path)
    assert second.recall(SHA, RULES) == FINDINGS
    second.close()


def test_nothing_found_is_not_the_same_as_nothing_remembered(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    store = kind(path)
    store.remember(SHA, RULES, ())
    assert store.recall(SHA, RULES) == ()
    assert store.recall(OTHER_SHA, RULES) is None
    assert store.recall(SHA, OTHER_RULES) is None
    store.close()


def test_the_last_word_counts(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    store = kind(path)
    store.remember(SHA, RULES, ())
    store.remember(SHA, RULES, FINDINGS)
    assert store.recall(SHA, RULES) == FINDINGS
    store.close()


def test_a_closed_store_remembers_nothing(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    store = kind(path)
    store.remember(SHA, RULES, ())
    store.close()
    store.remember(OTHER_SHA, RULES, ())
    assert store.recall(SHA, RULES) is None


def test_threads_share_a_store(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    store = kind(path)
    seen: list[bool] = []

    def work(number: int) -> None:
        for turn in range(20):
            digest = f"{number:02x}{turn:02x}"
            store.remember(digest, RULES, FINDINGS)
            seen.append(store.recall(digest, RULES) == FINDINGS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 80
    store.close()


def test_processes_share_a_store(place: tuple[type[SqliteStore], Path]) -> None:
    kind, path = place
    script = (
        "import sys; from pathlib import Path;"
        f"from {kind.__module__} import {kind.__name__} as Store;"
        "store = Store(Path(sys.argv[1]));"
        "[store.remember(sys.argv[2] + str(turn), 'r', ()) for turn in range(25)];"
        "assert all(store.recall(sys.argv[2] + str(turn), 'r') == () for turn in range(25))"
    )
    kind(path).close()
    running = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in "ab"]
    assert [process.wait() for process in running] == [0, 0]


@given(
    st.lists(
        st.builds(
            Finding,
            check=st.text(),
            severity=st.sampled_from(Severity),
            confidence=st.sampled_from(Confidence),
            message=st.text(st.characters(exclude_categories=())),
            when=st.none() | st.sampled_from(When),
            file=st.none() | st.text(),
            line=st.none() | st.integers(1),
            snippet=st.none() | st.text(),
            attack=st.lists(st.text()).map(tuple),
        )
    ).map(tuple)
)
def test_any_finding_survives(findings: tuple[Finding, ...]) -> None:
    import json

    assert sqlite._findings(json.dumps([sqlite._plain(finding) for finding in findings])) == findings


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = SqliteStore(tmp_path / "new" / "verdicts.sqlite")
        store.remember(SHA, RULES, FINDINGS)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()} == {0o600}
    store.close()


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_a_folder_in_which_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "verdicts.sqlite"
    store = SqliteStore(path)
    store.remember(SHA, RULES, ())
    store.close()
    tmp_path.chmod(0o777)
    planted = SqliteStore(path)
    assert planted.recall(SHA, RULES) is None
    planted.close()
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("rubbish", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_broken_file_is_moved_aside_and_a_fresh_one_works(tmp_path: Path, rubbish: bytes) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    path.write_bytes(rubbish)
    store = SqliteStore(path)
    assert store.recall(SHA, RULES) is None
    assert (tmp_path / "verdicts.sqlite.broken").read_bytes() == rubbish
    store.remember(SHA, RULES, FINDINGS)
    assert store.recall(SHA, RULES) == FINDINGS
    store.close()


@pytest.mark.parametrize(
    "row",
    ["", "null", "{}", '""', "[]", "[[1]]", "[[]]", '[["x", 99, 0, "m", null, null, null, null, []]]', "[" * 50_000],
)
def test_a_row_that_makes_no_sense_is_not_remembered(tmp_path: Path, row: str) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    store = SqliteStore(path)
    store.remember(SHA, RULES, FINDINGS)
    store.close()
    connection = sqlite3.connect(path)
    if row == "[]":  # sound by itself, but not what was remembered: a flipped bit must not read as clean
        connection.execute("update findings_1 set findings = ?", (row,))
    else:
        proof = sqlite._proof(SHA, RULES, row)
        connection.execute("update findings_1 set findings = ?, proof = ?", (row, proof))
    connection.commit()
    connection.close()
    store = SqliteStore(path)
    assert store.recall(SHA, RULES) is None
    store.close()


def test_a_locked_file_costs_patience_only_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    SqliteStore(path).close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    store = SqliteStore(path)
    for _ in range(sqlite.FAILURES_BORNE):
        store.remember(SHA, RULES, ())
    holder.execute("rollback")
    holder.close()
    assert store.recall(SHA, RULES) is None
    assert not list(tmp_path.glob("*.broken"))
    store.close()


def test_a_place_where_nothing_can_be_written_remembers_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    store = SqliteStore(tmp_path / "file" / "verdicts.sqlite")
    store.remember(SHA, RULES, FINDINGS)
    assert store.recall(SHA, RULES) is None
    store.close()


def test_a_full_disk_is_no_fault(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "cache" / "verdicts.sqlite")
    store.remember(SHA, RULES, ())
    assert store._connection is not None
    pages = store._connection.execute("pragma page_count").fetchone()[0]
    store._connection.execute(f"pragma max_page_count = {pages}")
    huge = (Finding("x", Severity.LOW, Confidence.LOW, "m" * 100_000),)
    store.remember(OTHER_SHA, RULES, huge)
    assert store.recall(OTHER_SHA, RULES) is None
    assert store.recall(SHA, RULES) == ()
    store.close()


def test_the_oldest_verdicts_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "ROWS_KEPT", 3)
    path = tmp_path / "cache" / "verdicts.sqlite"
    for number in range(5):
        store = SqliteStore(path)
        store.remember(str(number), RULES, ())
        store.close()
    store = SqliteStore(path)
    assert [store.recall(str(number), RULES) for number in range(5)] == [None, None, (), (), ()]
    store.close()
