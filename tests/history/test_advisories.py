"""The offline database: made whole or not at all, and never believed when it is not whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.errors import UndecidedError
from gatekeeper.history.advisories import DAMAGED, MISSING, Advisories, State, build
from gatekeeper.history.osv import read_record
from gatekeeper.model import Known, Release, Unknown
from tests.support.osv import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = Release("pypi", "evil-pkg", "1.0")


def records(*said: dict[str, Any]) -> Iterator[Any]:
    return filter(None, (read_record(json.dumps(each).encode()) for each in said))


def ids(path: Path, release: Release) -> list[str]:
    advisories = Advisories(path)
    found = advisories.about(release)
    advisories.close()
    assert isinstance(found, Known)
    return [each.id for each in found.value]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "malware.sqlite"


def test_what_was_kept_is_found_by_name_and_version(path: Path) -> None:
    build(path, records(record("Evil_Pkg", "1.0"), record("worse", ecosystem="npm", identity="MAL-2024-2")))
    assert ids(path, EVIL) == ["MAL-2024-1"]
    assert ids(path, Release("pypi", "evil-pkg", "1.1")) == []
    assert ids(path, Release("npm", "evil-pkg", "1.0")) == []
    assert ids(path, Release("npm", "worse")) == ["MAL-2024-2"]


def test_a_withdrawn_record_accuses_nobody(path: Path) -> None:
    build(path, records(record("evil-pkg", withdrawn="2024-07-01T00:00:00Z"), record("other", identity="MAL-2024-2")))
    assert ids(path, EVIL) == []


@pytest.mark.parametrize("first", ["record", "alias"])
def test_an_alias_stands_and_falls_with_the_record_that_it_repeats(path: Path, first: str) -> None:
    withdrawn = record("evil-pkg", withdrawn="2024-07-01T00:00:00Z")
    alias = record("evil-pkg", identity="GHSA-a", aliases=["MAL-2024-1"])
    more = record("evil-pkg", identity="GHSA-b", aliases=["MAL-2024-1", "MAL-2024-7"])
    order = [withdrawn, alias, more] if first == "record" else [alias, more, withdrawn]
    build(path, records(*order))
    assert ids(path, EVIL) == ["GHSA-b"]


def test_a_record_in_two_feeds_counts_once(path: Path) -> None:
    state = build(path, records(record("evil-pkg"), record("evil-pkg")))
    assert (state.records, ids(path, EVIL)) == (1, ["MAL-2024-1"])


def test_it_tells_its_age_and_what_it_holds(path: Path) -> None:
    made = build(
        path, records(record("a"), record("b", identity="MAL-2"), record("c", ecosystem="npm", identity="MAL-3"))
    )
    told = Advisories(path).state()
    assert told == Known(made)
    assert made.packages == {"npm": 1, "pypi": 2}
    assert State(datetime.now(timezone.utc) - timedelta(days=15, hours=1), 1).days() == 15


def test_nothing_there_is_unknown_and_not_clean(path: Path) -> None:
    assert Advisories(path).about(EVIL) == Unknown(MISSING)


@pytest.mark.parametrize("harm", ["cut", "garbage", "empty", "zeroed", "older", "folder", "row"])
def test_a_damaged_file_is_unknown_and_not_clean(path: Path, harm: str) -> None:
    build(path, records(record("evil-pkg", "1.0")))
    whole = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(whole[:-4096])
        case "garbage":
            path.write_bytes(b"<html>" * 1000)
        case "empty":
            path.write_bytes(b"")
        case "zeroed":
            path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
        case "older":
            path.write_bytes(whole[:60] + b"\0\0\0\x63" + whole[64:])  # the user_version of SQLite's header
        case "row":
            path.write_bytes(whole.replace(b'[["1.0"],[]]', b'[["1.0"],[}]'))
        case "folder":
            path.unlink()
            path.mkdir()
    advisories = Advisories(path)
    assert advisories.about(EVIL) == Unknown(DAMAGED)
    assert advisories.about(EVIL) == Unknown(DAMAGED)
    advisories.close()


def test_records_without_malware_replace_nothing(path: Path) -> None:
    build(path, records(record("evil-pkg")))
    before = path.read_bytes()
    with pytest.raises(UndecidedError, match="no record about malware"):
        build(path, records(record("evil-pkg", withdrawn="2024-07-01T00:00:00Z")))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_records_that_break_off_replace_nothing(path: Path) -> None:
    def broken() -> Iterator[Any]:
        yield from records(record("other"))
        raise UndecidedError("the line was cut")

    build(path, records(record("evil-pkg")))
    with pytest.raises(UndecidedError, match="the line was cut"):
        build(path, broken())
    assert ids(path, EVIL) == ["MAL-2024-1"]
    assert list(path.parent.iterdir()) == [path]


def test_whoever_reads_while_it_is_replaced_keeps_what_they_had(path: Path) -> None:
    build(path, records(record("evil-pkg")))
    reading = Advisories(path)
    before = reading.about(EVIL)
    build(path, records(record("other")))
    assert reading.about(EVIL) == before
    assert ids(path, EVIL) == []
    reading.close()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_said_plainly(path: Path) -> None:
    path.parent.mkdir(mode=0o500)
    with pytest.raises(UndecidedError, match="cannot be written"):
        build(path, records(record("evil-pkg")))


def test_a_place_that_cannot_be_a_folder_is_said_plainly(path: Path) -> None:
    path.parent.write_text("a file")
    with pytest.raises(UndecidedError, match="cannot be written"):
        build(path, records(record("evil-pkg")))


def test_a_killed_update_leaves_the_old_data_and_the_next_one_sweeps(path: Path) -> None:
    build(path, records(record("evil-pkg")))
    code = f"""
    import json, os, signal
    from pathlib import Path
    from gatekeeper.history.advisories import build
    from gatekeeper.history.osv import read_record
    def dying():
        yield read_record(json.dumps({record("other")!r}).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    build(Path({str(path)!r}), dying())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9
    assert ids(path, EVIL) == ["MAL-2024-1"]
    (left,) = (each for each in path.parent.iterdir() if each != path)
    os.utime(left, (0, 0))
    build(path, records(record("evil-pkg")))
    assert list(path.parent.iterdir()) == [path]


def test_two_updates_at_once_end_in_one_of_them_whole(path: Path) -> None:
    code = f"""
    import json, sys, time
    from pathlib import Path
    from gatekeeper.history.advisories import build
    from gatekeeper.history.osv import read_record
    def slowly():
        for n in range(50):
            time.sleep(0.005)
            yield read_record(json.dumps({{**{record("evil-pkg")!r}, "id": f"MAL-{{sys.argv[1]}}-{{n}}"}}).encode())
    build(Path({str(path)!r}), slowly())
    """
    both = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), year]) for year in ("2001", "2002")]
    assert [each.wait(60) for each in both] == [0, 0]
    found = ids(path, EVIL)
    assert len(found) == 50
    assert len({each.split("-")[1] for each in found}) == 1
    assert list(path.parent.iterdir()) == [path]
