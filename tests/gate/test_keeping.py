"""What is kept for later runs: nobody loses what they use, nothing half-written stays, and no home is no fault."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import UndecidedError
from gatekeeper.gate import keeping
from gatekeeper.gate.blobs import Blobs
from gatekeeper.gate.keeping import demand_apart, folder_of_stores, in_use, kept, kept_in, prune
from gatekeeper.gate.options import Options
from gatekeeper.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

LONG_AGO = 1_000_000_000.0
DAY = 86_400


def blob(home: Path, content: bytes, *, used: float | None = None) -> tuple[str, Path]:
    blobs = Blobs(home / "files")
    source = home / "source"
    source.write_bytes(content)
    sha256, path = blobs.adopt(source)
    source.unlink()
    if used is not None:
        os.utime(path, (used, used))
    return sha256, path


def half_written(home: Path) -> list[Path]:
    Blobs(home / "files")
    (home / "pages").mkdir(exist_ok=True)
    paths = [home / "files" / "incoming" / "0a1b", home / "pages" / "tmpabc.part"]
    for path in paths:
        path.write_bytes(b"half")
    return paths


def test_what_is_old_goes_and_what_is_used_stays(tmp_path: Path) -> None:
    _, old = blob(tmp_path, b"old", used=LONG_AGO)
    _, young = blob(tmp_path, b"young")
    found = prune(tmp_path, time.time() - DAY)
    assert found is not None
    assert (found["files"].count, found["files"].size) == (1, 3)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_file_that_is_found_again_counts_as_used(tmp_path: Path) -> None:
    sha256, path = blob(tmp_path, b"old", used=LONG_AGO)
    assert Blobs(tmp_path / "files").find(sha256) == path
    prune(tmp_path, time.time() - DAY)
    assert path.exists()


def test_a_rehearsal_of_pruning_only_counts(tmp_path: Path) -> None:
    _, old = blob(tmp_path, b"old", used=LONG_AGO)
    half_written(tmp_path)
    found = prune(tmp_path, time.time(), dry=True)
    assert found is not None
    assert (found["files"].count, found["files"].partial, found["pages"].partial) == (1, 1, 1)
    assert old.exists()
    assert kept(tmp_path)["files"].partial == 1


def test_nothing_goes_while_a_run_uses_it(tmp_path: Path) -> None:
    with in_use(tmp_path):
        _, old = blob(tmp_path, b"old", used=LONG_AGO)
        partial = half_written(tmp_path)
        assert prune(tmp_path, time.time()) is None
        assert old.exists()
        assert all(path.exists() for path in partial)
    assert prune(tmp_path, time.time()) is not None
    assert not old.exists()


def test_runs_use_it_side_by_side_and_do_not_sweep_up_after_each_other(tmp_path: Path) -> None:
    with in_use(tmp_path):
        partial = half_written(tmp_path)
        with in_use(tmp_path):
            assert all(path.exists() for path in partial)
        assert all(path.exists() for path in partial)
    with in_use(tmp_path):
        assert not any(path.exists() for path in partial)


USER = (
    "import sys, time; from pathlib import Path;"
    "from gatekeeper.gate.keeping import in_use;"
    "home = Path(sys.argv[1]); use = in_use(home); use.__enter__();"
    "(home / 'files' / 'incoming' / 'half').write_bytes(b'half');"
    "print(flush=True); time.sleep(60)"
)


def test_a_run_that_was_killed_holds_nothing_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    _, old = blob(tmp_path, b"old", used=LONG_AGO)
    process = subprocess.Popen([sys.executable, "-c", USER, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    assert prune(tmp_path, time.time()) is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "files" / "incoming" / "half").exists()
    with in_use(tmp_path):
        assert not (tmp_path / "files" / "incoming" / "half").exists()
    assert prune(tmp_path, time.time()) is not None
    assert not old.exists()


def test_a_run_does_not_wait_for_ever_for_somebody_who_tidies_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "PATIENCE", 0.1)
    descriptor = keeping._lock_file(tmp_path)
    assert keeping._locked(descriptor, alone=True)
    said: list[str] = []
    monkeypatch.setattr(keeping, "folder_of_stores", lambda: tmp_path)
    with kept_in(tmp_path / "private", store=True, tell=said.append) as home:
        assert home == tmp_path / "private" / "store"
    assert "tidied up" in said[0]
    os.close(descriptor)


def test_only_plain_files_of_ours_go(tmp_path: Path) -> None:
    _, path = blob(tmp_path, b"old", used=LONG_AGO)
    outside = tmp_path / "outside"
    outside.write_text("mine", "utf-8")
    os.utime(outside, (LONG_AGO, LONG_AGO))
    link = path.with_name("link")
    link.symlink_to(outside)
    note = tmp_path / "files" / "notes.txt"
    note.write_text("mine", "utf-8")
    os.utime(note, (LONG_AGO, LONG_AGO))
    prune(tmp_path, time.time() + DAY)
    assert (path.exists(), outside.exists(), link.is_symlink(), note.exists()) == (False, True, True, True)


def test_pruning_where_nothing_was_ever_kept_makes_nothing(tmp_path: Path) -> None:
    found = prune(tmp_path / "nothing", time.time())
    assert found is not None
    assert all(each.count == 0 for each in found.values())
    assert not (tmp_path / "nothing").exists()


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_only_its_owner_sees_what_is_kept(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with in_use(tmp_path / "new" / "home"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "new" / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "home" / keeping.LOCK).stat().st_mode & 0o777 == 0o600


def test_a_home_in_which_nothing_can_be_made_is_said_and_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setattr(keeping, "folder_of_stores", lambda: tmp_path / "file" / "cache")
    said: list[str] = []
    with kept_in(tmp_path, store=True, tell=said.append) as home:
        assert home == tmp_path / "store"
    assert said
    assert said[0].startswith("nothing is kept for later runs: ")


def test_without_a_store_nothing_of_the_person_s_is_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "folder_of_stores", lambda: tmp_path / "person")
    said: list[str] = []
    with kept_in(tmp_path, store=False, tell=said.append) as home:
        assert home == tmp_path / "store"
    assert not (tmp_path / "person").exists()
    assert said == []


def test_a_home_that_nobody_knows_is_not_the_folder_one_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as it is without HOME, for an unknown user
    with pytest.raises(UndecidedError, match="no folder of the person's own"):
        folder_of_stores()


@pytest.mark.parametrize("place", ["project/audit.jsonl", "project/sub/audit.jsonl", "link/audit.jsonl"])
def test_a_log_in_which_an_installation_may_write_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "project" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "project")
    options = Options(policy=Policy(audit=str(tmp_path / place)))
    with pytest.raises(UndecidedError, match="may write"):
        demand_apart(options, [tmp_path / "project"])
    demand_apart(options, [tmp_path / "elsewhere"])
    demand_apart(Options(policy=options.policy, looks=True), [tmp_path / "project"])
    demand_apart(Options(), [tmp_path / "project"])
