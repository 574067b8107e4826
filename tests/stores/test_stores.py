"""The store in a file: private, shared by processes, and whatever becomes of the file, it makes nothing up."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.stores import sqlite
from gatekeeper.stores._rows import OF_THE_DAY, findings_in, proof_of, spelt
from gatekeeper.stores.sqlite import SqliteStore

SHA, OTHER_SHA = "a" * 64, "b" * 64
RULES, OTHER_RULES = "sha256:" + "1" * 64, "sha256:" + "2" * 64
FINDINGS = (
    Finding("typosquat", Severity.MEDIUM, Confidence.LOW, "close to requests"),
    Finding("x", Severity.HIGH, Confidence.HIGH, "m\x1b", When.CALL, "a.py", 3, "s\ud800", ("T1195.001", "T1204.005")),
)


def remembering(folder: Path, rows: int = 1, ruleset: str = RULES) -> Path:
    """Make a store that remembers something, and return its file."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "verdicts.sqlite"
    store = SqliteStore(path)
    for number in range(rows):
        store.remember(f"{number:064x}", ruleset, FINDINGS)
    store.close()
    return path


def recalled(path: Path, key: str, ruleset: str = RULES) -> tuple[Finding, ...] | None:
    store = SqliteStore(path)
    found = store.recall(key, ruleset)
    store.close()
    return found


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
    assert findings_in(spelt(findings)) == findings


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
        connection.execute("update findings_2 set findings = ?", (row,))
    else:
        proof = proof_of(SHA, RULES, row)
        connection.execute("update findings_2 set findings = ?, proof = ?", (row, proof))
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


# --- what may become of the file ------------------------------------------------------------------------------------


def test_a_row_of_whatever_fields_a_finding_has_is_whole() -> None:
    """A field that a check may fill, and a row does not hold, would be found by a fresh judgement and not recalled."""
    ours = {field.name for field in fields(Finding)} - set(OF_THE_DAY)
    full = Finding(
        "c",
        Severity.HIGH,
        Confidence.HIGH,
        "m",
        When.BUILD,
        "f",
        1,
        "s",
        ("T1195.001",),
        around=((1, "s"),),
        instead="i",
    )
    assert all(getattr(full, name) not in (None, (), "") for name in ours), "give the new field a value here"
    assert findings_in(spelt((full,))) == (full,)


def test_a_file_with_any_byte_flipped_never_says_anything_else(tmp_path: Path) -> None:
    sound = remembering(tmp_path / "store", rows=3).read_bytes()
    path = tmp_path / "store" / "verdicts.sqlite"
    chance = random.Random(7)
    places = [*range(0, 100, 7), *(chance.randrange(len(sound)) for _ in range(150))]
    for place in places:
        path.write_bytes(sound[:place] + bytes([sound[place] ^ (1 << chance.randrange(8))]) + sound[place + 1 :])
        assert recalled(path, f"{0:064x}") in {None, FINDINGS}, place
        assert recalled(path, f"{7:064x}") is None, place
        for tail in ("-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)


def test_a_file_that_was_cut_off_anywhere_never_says_anything_else(tmp_path: Path) -> None:
    sound = remembering(tmp_path / "store", rows=3).read_bytes()
    path = tmp_path / "store" / "verdicts.sqlite"
    for length in [0, 1, 15, 16, 99, 100, 101, 511, *range(1024, len(sound), 1024), len(sound) - 1]:
        path.write_bytes(sound[:length])
        assert recalled(path, f"{0:064x}") in {None, FINDINGS}, length
        store = SqliteStore(path)
        store.recall(SHA, RULES)  # whatever is wrong with it is seen now, at the latest
        store.remember(SHA, RULES, FINDINGS)
        store.remember(SHA, RULES, FINDINGS)
        assert store.recall(SHA, RULES) == FINDINGS, length
        store.close()


@pytest.mark.parametrize("tail", ["-wal", "-shm", "-journal"])
def test_rubbish_beside_the_file_is_not_believed(tmp_path: Path, tail: str) -> None:
    path = remembering(tmp_path / "store")
    path.with_name(path.name + tail).write_bytes(b"\x37\x7f\x06\x82" + bytes(range(256)) * 40)
    assert recalled(path, f"{0:064x}") in {None, FINDINGS}
    assert recalled(path, SHA) is None


@pytest.mark.skipif(os.name == "nt", reason="there are none of these")
@pytest.mark.parametrize("kind", ["folder", "fifo", "link", "dangling", "socket"])
def test_what_is_no_plain_file_is_left_alone_and_nothing_waits_for_it(tmp_path: Path, kind: str) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    planted = remembering(tmp_path / "elsewhere")
    held = socket.socket(socket.AF_UNIX)
    {
        "folder": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
        "link": lambda: path.symlink_to(planted),
        "dangling": lambda: path.symlink_to(tmp_path / "nowhere"),
        "socket": lambda: held.bind(str(path)),
    }[kind]()
    before = path.lstat().st_mode
    began = time.monotonic()
    store = SqliteStore(path)
    store.remember(SHA, RULES, FINDINGS)
    assert store.recall(f"{0:064x}", RULES) is None
    store.close()
    held.close()
    assert time.monotonic() - began < 1
    assert path.lstat().st_mode == before
    assert not (tmp_path / "nowhere").exists()


def test_a_home_that_nobody_knows_is_not_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without HOME, for a user that the system does not know, `~/.cache` is a folder called `~`: anybody may bring one."""
    monkeypatch.chdir(tmp_path)
    path = Path("~/.cache/gatekeeper/verdicts.sqlite")
    path.parent.mkdir(parents=True, mode=0o700)
    remembering(tmp_path / "planted").replace(path)
    assert recalled(path, f"{0:064x}") is None


def test_one_broken_file_is_kept_however_often_it_breaks(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    for turn in range(5):
        path.write_bytes(b"rubbish %d" % turn * 1000)
        assert recalled(path, SHA) is None
    assert sorted(each.name for each in tmp_path.iterdir()) == ["verdicts.sqlite.broken"]
    assert path.with_name("verdicts.sqlite.broken").read_bytes().startswith(b"rubbish 4")


def test_a_fresh_file_that_somebody_has_put_in_a_broken_one_s_place_stays(tmp_path: Path) -> None:
    path = remembering(tmp_path / "store")
    late = SqliteStore(path)
    late._opened = (0, 0)  # what it found broken was another file
    late._move_aside()
    assert recalled(path, f"{0:064x}") == FINDINGS


# --- others ---------------------------------------------------------------------------------------------------------

WRITER = (
    "import sys; from pathlib import Path;"
    "from gatekeeper.stores.sqlite import SqliteStore;"
    "store = SqliteStore(Path(sys.argv[1])); rows = int(sys.argv[3]);"
    "print(flush=True);"
    "[store.remember(sys.argv[2] + str(turn), 'r', ()) for turn in range(rows)];"
    "sys.exit(sum(store.recall(name + str(turn), 'r') != () for name in sys.argv[2] for turn in range(rows)))"
)


def writer(path: Path, name: str, rows: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(rows)], stdout=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> int:
    process.communicate()
    return process.returncode


def test_processes_that_begin_with_nothing_share_a_store(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "verdicts.sqlite"
    writers = [writer(path, name, 25) for name in "abcd"]
    assert [ended(each) for each in writers] == [0, 0, 0, 0]
    assert all(recalled(path, f"{name}{turn}", "r") == () for name in "abcd" for turn in range(25))


def test_a_process_that_is_killed_while_it_writes_leaves_a_store_that_works(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "verdicts.sqlite"
    for turn in range(3):
        killed = writer(path, f"k{turn}-", 1_000_000)
        assert killed.stdout is not None
        killed.stdout.readline()
        time.sleep(random.uniform(0.05, 0.3))
        killed.kill()
        assert ended(killed) == -signal.SIGKILL
        store = SqliteStore(path)
        rows = store.rows()
        assert rows is not None
        assert set(rows.by_ruleset) <= {"r", RULES}
        store.remember(f"{turn}", RULES, FINDINGS)
        assert store.recall(f"{turn}", RULES) == FINDINGS
        store.close()
    check = sqlite3.connect(path)
    assert check.execute("pragma integrity_check").fetchall() == [("ok",)]
    check.close()
    assert not list(path.parent.glob("*.broken"))


def test_a_verdict_never_outlives_the_rules_that_found_it(tmp_path: Path) -> None:
    path = remembering(tmp_path / "store", ruleset=OTHER_RULES)
    assert recalled(path, f"{0:064x}", RULES) is None
    assert recalled(path, f"{0:064x}", OTHER_RULES) == FINDINGS


def test_other_versions_of_the_store_live_beside_ours(tmp_path: Path) -> None:
    path = remembering(tmp_path / "store")
    older = sqlite3.connect(path)
    for table in ("findings_1", "findings_3"):
        older.execute(f"create table {table} (sha256 text, ruleset text, findings text, proof text, more text)")
        older.execute(f"insert into {table} values ('{SHA}', '{RULES}', '[]', 'x', 'y')")
    older.execute("pragma user_version = 99")
    older.commit()
    older.close()
    store = SqliteStore(path)
    assert store.recall(f"{0:064x}", RULES) == FINDINGS
    assert store.recall(SHA, RULES) is None
    store.remember(SHA, RULES, ())
    rows = store.rows()
    assert rows is not None
    assert (rows.by_ruleset, rows.outdated) == ({RULES: 2}, 1)
    store.close()
    newer = sqlite3.connect(path)
    assert newer.execute("select count(*) from findings_3").fetchone() == (1,)
    assert newer.execute("pragma user_version").fetchone() == (99,)
    newer.close()


def test_a_table_of_ours_with_other_columns_is_not_touched(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    path = tmp_path / "verdicts.sqlite"
    strange = sqlite3.connect(path)
    strange.execute("create table findings_2 (something text)")
    strange.execute("insert into findings_2 values ('else')")
    strange.commit()
    store = SqliteStore(path)
    store.remember(SHA, RULES, ())
    assert store.recall(SHA, RULES) is None
    store.close()
    assert strange.execute("select * from findings_2").fetchall() == [("else",)]
    strange.close()


# --- time, and what is taken away -----------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [-30, -1, 1, 30])
def test_a_clock_that_jumps_changes_nothing_about_what_is_recalled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    path = remembering(tmp_path / "store")
    there = time.time() + years * 365 * sqlite.DAY
    with monkeypatch.context() as jumped:
        jumped.setattr(sqlite.time, "time", lambda: there)
        assert recalled(path, f"{0:064x}") == FINDINGS
        store = SqliteStore(path)
        store.remember(SHA, RULES, ())
        store.close()
    assert recalled(path, f"{0:064x}") == FINDINGS
    assert recalled(path, SHA) == ()


def test_what_is_recalled_counts_as_used_and_is_written_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = remembering(tmp_path / "store")
    today = int(time.time() // sqlite.DAY)
    monkeypatch.setattr(sqlite, "_today", lambda: today + 10)
    store = SqliteStore(path)
    assert store.recall(f"{0:064x}", RULES) == FINDINGS
    rows = store.rows()
    assert rows is not None
    assert (rows.oldest, rows.newest) == (today + 10, today + 10)
    assert store._connection is not None
    store._connection.execute("pragma query_only = on")  # a write would fail from here on
    assert store.recall(f"{0:064x}", RULES) == FINDINGS
    monkeypatch.setattr(sqlite, "_today", lambda: today + 11)
    assert store.recall(f"{0:064x}", RULES) == FINDINGS, "what cannot be written down is no reason to forget"
    store.close()


def test_prune_takes_what_other_rules_found_and_what_is_old(tmp_path: Path) -> None:
    path = remembering(tmp_path / "store", rows=3)
    store = SqliteStore(path)
    store.remember(SHA, OTHER_RULES, ())
    today = int(time.time() // sqlite.DAY)
    assert store.prune([RULES], today - 90, dry=True) == 1
    assert store.recall(SHA, OTHER_RULES) == ()
    assert store.prune([RULES], today - 90) == 1
    assert store.recall(SHA, OTHER_RULES) is None
    assert store.recall(f"{0:064x}", RULES) == FINDINGS
    assert store.prune([RULES], today + 1) == 3
    store.remember(SHA, RULES, ())
    assert store.prune(None, 0) == 1
    store.close()


def test_prune_of_nothing_makes_nothing(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "cache" / "verdicts.sqlite")
    assert (store.prune(None, 0), store.rows()) == (None, None)
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_others_prune_meanwhile_goes_on_working(tmp_path: Path) -> None:
    path = remembering(tmp_path / "store", rows=50)
    store, other = SqliteStore(path), SqliteStore(path)
    assert store.recall(f"{0:064x}", RULES) == FINDINGS
    assert other.prune(None, 0) == 50
    assert store.recall(f"{0:064x}", RULES) is None
    store.remember(SHA, RULES, ())
    assert store.recall(SHA, RULES) == ()
    store.close()
    other.close()
