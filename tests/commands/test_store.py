"""`gatekeeper store`: how much is remembered, and taking away what is of no more use."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from gatekeeper.cli import run
from gatekeeper.cli.side import gatekeeper
from gatekeeper.commands.store import prune, stats
from gatekeeper.errors import UndecidedError
from gatekeeper.gate.blobs import Blobs
from gatekeeper.gate.keeping import folder_of_stores, in_use
from gatekeeper.inspection import Inspector
from gatekeeper.policy import Policy
from gatekeeper.stores.sqlite import SqliteStore, default_path

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_000_000_000.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two verdicts, one by other rules; two files, one of them old; and half a download."""
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.chdir(tmp_path)
    home = folder_of_stores()
    home.mkdir(mode=0o700, parents=True)
    store = SqliteStore(default_path())
    store.remember("a", Inspector(Policy()).ruleset, ())
    store.remember("b", "sha256:other", ())
    store.close()
    blobs = Blobs(home / "files")
    for content in (b"old", b"young"):
        (home / "source").write_bytes(content)
        path = blobs.adopt(home / "source")[1]
        os.utime(path, (LONG_AGO, LONG_AGO) if content == b"old" else None)
    (home / "source").unlink()
    (home / "files" / "incoming" / "half").write_bytes(b"half")
    return home


def told(lines: list[str]) -> dict[str, str]:
    return {line.partition("  ")[0]: line.partition("  ")[2].strip() for line in lines}


def test_stats_count_verdicts_files_and_what_is_half_written(home: Path) -> None:
    said = told(list(stats(Policy())))
    assert said["folder"] == str(home)
    assert said["verdicts"].startswith("2, ")
    assert said["verdicts"].endswith(": 1 by the rules in force, 1 by others")
    assert said["files"] == "2, 8 bytes; 1 half-written, 4 bytes"


def test_stats_where_nothing_was_ever_kept_make_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert told(list(stats(Policy())))["verdicts"] == "none"
    assert told(list(prune(Policy(), 0, everything=True)))["verdicts"] == "0 gone"
    assert not (tmp_path / "nobody").exists()


def test_prune_takes_what_is_of_no_more_use(home: Path) -> None:
    before = list(stats(Policy()))
    assert told(list(prune(Policy(), 24 * 90, dry=True)))["files"] == "2 would go, 7 bytes, 1 of them half-written"
    assert list(stats(Policy())) == before
    said = told(list(prune(Policy(), 24 * 90)))
    assert (said["verdicts"], said["files"]) == ("1 gone", "2 gone, 7 bytes, 1 of them half-written")
    after = told(list(stats(Policy())))
    assert after["verdicts"].endswith(": 1 by the rules in force, 0 by others")
    assert after["files"] == "1, 5 bytes"


def test_all_is_all(home: Path) -> None:
    list(prune(Policy(), 24 * 90, everything=True))
    after = told(list(stats(Policy())))
    assert after["verdicts"].endswith(": 0 by the rules in force, 0 by others")
    assert after["files"] == "0, 0 bytes"


def test_a_broken_store_is_said_and_goes(home: Path) -> None:
    default_path().write_bytes(b"rubbish" * 1000)
    assert told(list(stats(Policy())))["broken"].startswith("7.0 kB")
    assert told(list(prune(Policy(), 24 * 90)))["broken"] == "7.0 kB gone"
    assert not list(home.glob("*.broken"))


def test_files_in_use_are_left_alone_and_that_is_said(home: Path) -> None:
    with in_use(home):
        (home / "files" / "incoming" / "half").write_bytes(b"half")
        said: list[str] = []
        with pytest.raises(UndecidedError):
            said.extend(prune(Policy(), 0, everything=True))
    assert len(list((home / "files").glob("??/*"))) == 2


def test_rows_are_kept_for_those_who_read_everything_deeper(home: Path) -> None:
    store = SqliteStore(default_path())
    store.remember("c", Inspector(Policy(), deep=True).ruleset, ())
    store.close()
    assert told(list(prune(Policy(), 24 * 90)))["verdicts"] == "1 gone"


def test_the_command_takes_lengths_of_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(gatekeeper, "gatekeeper", ["store", "prune", "--older-than", "1d", "--dry-run"]) == 0
    assert "1 would go" in capsys.readouterr().out
    assert run(gatekeeper, "gatekeeper", ["store", "prune", "--older-than", "soon"]) == 2
    assert run(gatekeeper, "gatekeeper", ["store", "stats"]) == 0


def test_a_store_dated_in_the_future_is_pruned_no_sooner(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock was years ahead when it was last used, and was put right since."""
    ahead = time.time() + 10 * 365 * 86_400
    store = SqliteStore(default_path())
    with monkeypatch.context() as jumped:
        jumped.setattr("gatekeeper.stores.sqlite.time.time", lambda: ahead)
        assert store.recall("a", Inspector(Policy()).ruleset) == ()
    store.close()
    list(prune(Policy(), 24))
    store = SqliteStore(default_path())
    assert store.recall("a", Inspector(Policy()).ruleset) == ()
    store.close()
