"""The last refusal: kept for its owner alone, whole or not at all, and never a reason to fail."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper import refusals
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.model import Outcome, Release, Ruling, Severity, Verdict, When
from gatekeeper.reports import json as json_report
from gatekeeper.reports import text
from gatekeeper.reports.markdown import false_alarm
from tests.support.outcomes import ALLOWED, BLOCKED, EXPLAINED, FINDING, outcomes

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


def kept(folder: Path) -> Path:
    assert refusals.keep(EXPLAINED, folder, NOW)
    return folder / refusals.NAME


def assert_is_error_or_can_be_told(folder: Path) -> None:
    try:
        outcome = refusals.last(folder).outcome
    except UndecidedError:
        return
    for page in (text.explained(outcome), text.render(outcome, verbose=True), false_alarm(outcome, [])):
        assert all(line.isprintable() for line in page.split("\n"))


def test_what_was_refused_is_read_back_and_what_was_allowed_is_not_kept(tmp_path: Path) -> None:
    kept(tmp_path)
    last = refusals.last(tmp_path)
    assert last.at == NOW
    assert set(last.outcome.verdicts) == {one for one in EXPLAINED.verdicts if one.ruling is not Ruling.ALLOW}
    assert last.outcome.ruling is Ruling.BLOCK


@given(outcomes())
@settings(max_examples=40, deadline=None)
def test_whatever_a_package_says_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, outcome: Outcome
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    refused = [one for one in outcome.verdicts if one.ruling is not Ruling.ALLOW]
    assert refusals.keep(outcome, folder, NOW) is bool(refused)
    if any(one.artifact or one.findings for one in refused):  # or nothing was judged, and nothing is kept
        # "call" is a "command" in reports
        def told(findings: tuple) -> tuple:
            return tuple(replace(each, when=When.COMMAND) if each.when is When.CALL else each for each in findings)

        meant = {replace(one, findings=told(one.findings), recalled=False, pending=None) for one in refused}
        assert set(refusals.last(folder).outcome.verdicts) == meant


def test_it_is_the_json_report_and_its_owners_alone(tmp_path: Path) -> None:
    path = kept(tmp_path / "cache")
    assert json.loads(path.read_bytes())["schema"] == json_report.SCHEMA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == [refusals.NAME]


def test_the_newest_wins(tmp_path: Path) -> None:
    kept(tmp_path)
    other = replace(EXPLAINED, verdicts=(replace(BLOCKED, release=Release("npm", "left", "1.0.0")),))
    refusals.keep(other, tmp_path, NOW)
    (verdict,) = refusals.last(tmp_path).outcome.verdicts
    assert verdict.release.name == "left"


def test_it_stays_small_and_keeps_the_strictest(tmp_path: Path) -> None:
    large = replace(BLOCKED, ruling=Ruling.ASK, findings=(replace(FINDING, message="x" * 100_000),) * 9)
    assert refusals.keep(Outcome(Ruling.BLOCK, (*(large,) * 60, BLOCKED)), tmp_path, NOW)
    assert (tmp_path / refusals.NAME).stat().st_size <= refusals.MOST_BYTES
    assert refusals.last(tmp_path).outcome.verdicts[0] == BLOCKED
    huge = replace(BLOCKED, error="x" * refusals.MOST_BYTES)
    assert not refusals.keep(Outcome(Ruling.BLOCK, (huge,)), tmp_path, NOW)


def test_where_nothing_is_kept_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing was refused yet"):
        refusals.last(tmp_path)
    assert not refusals.keep(Outcome(Ruling.BLOCK, (ALLOWED,)), tmp_path, NOW)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_an_error_or_a_refusal_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    path = kept(folder)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 40))
    path.write_bytes(whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + length :])
    assert_is_error_or_can_be_told(folder)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), TREES)
@settings(max_examples=80, deadline=None)
def test_any_value_in_the_place_of_another_is_an_error_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: object
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    path = kept(folder)
    report = json.loads(path.read_bytes())
    inside = data.draw(st.sampled_from([report, report["releases"][0], report["releases"][0]["findings"][0]]))
    inside[data.draw(st.sampled_from(sorted(inside)))] = value
    path.write_text(json.dumps(report), "utf-8")
    assert_is_error_or_can_be_told(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b'{"schema": "x"}'])
def test_what_is_no_refusal_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / refusals.NAME).write_bytes(content)
    with pytest.raises(UndecidedError, match="is no refusal of ours"):
        refusals.last(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")
@pytest.mark.parametrize("kind", ["link", "fifo", "folder", "large", "writable"])
def test_what_others_could_have_put_there_is_not_read(tmp_path: Path, kind: str) -> None:
    path = kept(tmp_path)
    content = path.read_bytes()
    if kind != "writable":
        path.unlink()
    if kind == "link":
        (tmp_path / "other").write_bytes(content)
        path.symlink_to(tmp_path / "other")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.write_bytes(b" " * (refusals.MOST_BYTES + 1))
    else:
        path.chmod(0o666)
    with pytest.raises(UndecidedError, match="cannot be read"):
        refusals.last(tmp_path)


def test_where_it_cannot_be_written_nothing_else_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    assert not refusals.keep(EXPLAINED, tmp_path / "file", NOW)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    assert os.name == "nt" or not refusals.keep(EXPLAINED, shared, NOW)


def test_a_run_in_which_nothing_was_judged_leaves_the_refusal_before_it(tmp_path: Path) -> None:
    path = kept(tmp_path / "cache")
    before = path.read_bytes()
    lost = Verdict(Release("pypi", "nowhere"), Ruling.ERROR, error="not found")
    assert refusals.keep(Outcome(Ruling.ERROR, (lost,)), path.parent, NOW)
    assert path.read_bytes() == before


def test_what_weighs_most_is_kept_of_a_release_with_very_much_against_it(tmp_path: Path) -> None:
    mild = tuple(replace(FINDING, severity=Severity.LOW, line=number) for number in range(refusals.MOST_FINDINGS + 10))
    worst = replace(FINDING, check="known-malware", severity=Severity.CRITICAL)
    crowded = replace(BLOCKED, findings=(*mild, worst))
    assert refusals.keep(Outcome(Ruling.BLOCK, (crowded,)), tmp_path, NOW)
    (verdict,) = refusals.last(tmp_path).outcome.verdicts
    assert worst.check in {each.check for each in verdict.findings}
