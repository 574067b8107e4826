"""The process in which package bytes are read."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import DamagedInstallationError
from gatekeeper.gate.options import Options
from gatekeeper.gate.reader import Reader, Worker
from gatekeeper.model import Known, Release, Ruling, Verdict
from gatekeeper.policy import UNDECIDED, Policy, Waiver
from tests.support.packages import wheel

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def reader() -> Reader:
    with Reader(Options(store=False)) as opened:
        yield opened


def judged(reader: Reader, path: Path) -> tuple[Verdict, object]:
    return reader.judge_artifact(
        path, Verdict(Release("pypi", "a", "1"), Ruling.ERROR, source="here"), path.name, "0" * 64
    )


def test_it_judges_and_hands_over_the_metadata(reader: Reader, tmp_path: Path) -> None:
    path = wheel("mossgarden").write(tmp_path)
    verdict, metadata = judged(reader, path)
    assert verdict.ruling is Ruling.ALLOW
    assert verdict.source == "here"
    assert isinstance(metadata, Known)
    assert b"Name: mossgarden" in metadata.value


def test_what_cannot_be_read_is_an_error_with_its_reason(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "a-1-py3-none-any.whl"
    path.write_bytes(b"no archive at all")
    verdict, _ = judged(reader, path)
    assert verdict.ruling is Ruling.ERROR
    assert verdict.error


def test_a_reader_that_dies_is_could_not_decide_and_another_takes_over(reader: Reader, tmp_path: Path) -> None:
    path = wheel("mossgarden").write(tmp_path)
    os.kill(reader.pids[0], signal.SIGKILL)
    verdict, _ = judged(reader, path)
    assert verdict.ruling is Ruling.ERROR
    assert "died" in str(verdict.error)
    assert judged(reader, path)[0].ruling is Ruling.ALLOW


@pytest.mark.parametrize("even", [True, False])
def test_bytes_over_which_a_reader_dies_pass_where_a_waiver_says_so(tmp_path: Path, *, even: bool) -> None:
    waiver = Waiver("pkg:pypi/a@1", UNDECIDED, "0" * 64, "seen", "sam", "2099-01-01", even=even)
    path = wheel("mossgarden").write(tmp_path)
    with Reader(Options(store=False, policy=Policy(waivers=(waiver,)))) as reader:
        os.kill(reader.pids[0], signal.SIGKILL)
        verdict, _ = judged(reader, path)
    assert verdict.ruling is (Ruling.ALLOW if even else Ruling.ERROR)
    assert "died" in str(verdict.error), "it is told all the same"
    assert verdict.unread


def test_a_fault_of_our_own_is_excused_by_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiver = Waiver("pkg:pypi/a@1", UNDECIDED, "0" * 64, "seen", "sam", "2099-01-01", even=True)
    path = wheel("mossgarden").write(tmp_path)

    def broken(_self: Worker, _question: object, _patience: float = 0) -> object:
        return DamagedInstallationError("gatekeeper's own files cannot be loaded")

    monkeypatch.setattr(Worker, "ask", broken)
    with Reader(Options(store=False, policy=Policy(waivers=(waiver,)))) as reader:
        verdict, _ = judged(reader, path)
    assert verdict.ruling is Ruling.ERROR
    assert not verdict.unread


def test_names_are_judged_there_too(reader: Reader) -> None:
    assert reader.judge_name(Release("pypi", "reqeusts"), requested=True).ruling is Ruling.BLOCK
    assert reader.ruleset.startswith("sha256:")


def test_on_leaving_the_processes_are_gone() -> None:
    with Reader(Options(store=False)) as opened:
        pids = opened.pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_two_are_read_at_once_where_there_are_two_processors(tmp_path: Path) -> None:
    path = wheel("mossgarden").write(tmp_path)
    with Reader(Options(store=False)) as opened, ThreadPoolExecutor(4) as pool:
        assert len(opened.pids) == min(2, os.cpu_count() or 1)
        verdicts = list(pool.map(lambda _: judged(opened, path)[0].ruling, range(8)))
    assert verdicts == [Ruling.ALLOW] * 8
