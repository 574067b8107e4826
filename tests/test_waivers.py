"""Exceptions: a waiver excuses exactly its release, its check and its bytes, wherever a finding comes from."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate.answers import joined
from gatekeeper.inspection import Inspector
from gatekeeper.model import Artifact, Confidence, Finding, Notice, Outcome, Release, Ruling, Severity, Verdict, When
from gatekeeper.policy import NEVER_EXCUSED, UNDECIDED, Policy, Waiver
from gatekeeper.reports import github, html, json, sarif, text
from gatekeeper.settings._waivers import last_day, spelled
from gatekeeper.waivers import OPENS, added, asking, hosts_for, told, unread, waits_for_bytes, with_waivers
from tests.support.packages import wheel

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE, THERE = "a" * 64, "b" * 64
RELEASE = Release("pypi", "mossgarden", "1.0")
ARTIFACT = Artifact("mossgarden-1.0-py3-none-any.whl", HERE, 1000)
CHECKS = ("typosquat", "decode-then-exec", "known-malware", UNDECIDED)
MEANT = Waiver(RELEASE.purl, "typosquat", HERE, "seen", "sam", "2099-01-01")

FINDINGS = st.builds(
    Finding,
    check=st.sampled_from(CHECKS[:3]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=st.just("x"),
    when=st.sampled_from([None, *When]),
)
WAIVERS = st.builds(
    Waiver,
    release=st.sampled_from([RELEASE.purl, "pkg:pypi/mossgarden@1.1", "pkg:npm/mossgarden@1.0", "pkg:pypi/mossgarden"]),
    check=st.sampled_from(CHECKS),
    sha256=st.sampled_from([HERE, THERE]),
    reason=st.just("seen"),
    author=st.just("sam"),
    expires=st.just("2099-01-01"),
    even=st.booleans(),
)


def judged(findings: Sequence[Finding], *waivers: Waiver) -> Verdict:
    return added(Verdict(RELEASE, Ruling.ALLOW, artifact=ARTIFACT), findings, Policy(waivers=waivers))


def found(check: str = "typosquat", severity: Severity = Severity.CRITICAL, when: When | None = None) -> Finding:
    return Finding(check, severity, Confidence.HIGH, "x", when)


def is_meant(waiver: Waiver) -> bool:
    return (waiver.release, waiver.sha256) == (RELEASE.purl, HERE) and (
        waiver.even or waiver.check not in NEVER_EXCUSED
    )


# --- laws -----------------------------------------------------------------------------------------------------------


@given(st.lists(FINDINGS), st.lists(WAIVERS))
def test_a_waiver_excuses_exactly_its_release_check_and_bytes(findings: list[Finding], waivers: list[Waiver]) -> None:
    excused = {each.check for each in waivers if is_meant(each)}
    verdict = judged(findings, *waivers)
    assert [each.waived is not None for each in verdict.findings] == [each.check in excused for each in findings]
    rest = judged([each for each in findings if each.check not in excused])
    assert verdict.ruling is rest.ruling


@pytest.mark.parametrize(
    "other",
    [{"release": "pkg:pypi/mossgarden@1.1"}, {"check": "decode-then-exec"}, {"sha256": THERE}],
    ids=["release", "check", "bytes"],
)
def test_a_waiver_of_which_one_thing_differs_is_as_good_as_none(other: dict[str, str]) -> None:
    assert judged([found()], MEANT).ruling is Ruling.ALLOW
    assert judged([found()], replace(MEANT, **other)) == judged([found()])


@given(st.lists(FINDINGS), st.lists(WAIVERS), st.data())
def test_taking_waivers_away_never_softens(findings: list[Finding], waivers: list[Waiver], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(waivers)) if waivers else st.just([]))
    assert judged(findings, *kept).ruling >= judged(findings, *waivers).ruling


@given(st.lists(FINDINGS), st.lists(FINDINGS), st.lists(WAIVERS))
def test_another_finding_never_softens_whatever_is_waived(
    findings: list[Finding], more: list[Finding], waivers: list[Waiver]
) -> None:
    before = judged(findings, *waivers)
    after = added(before, more, Policy(waivers=tuple(waivers)))
    assert after.ruling >= before.ruling
    assert after.ruling is judged([*findings, *more], *waivers).ruling, "it does not matter when a finding comes"


@given(st.lists(WAIVERS))
def test_what_cannot_be_read_passes_only_where_a_waiver_says_so_in_so_many_words(waivers: list[Waiver]) -> None:
    blank = Verdict(RELEASE, Ruling.ALLOW, artifact=ARTIFACT, error="cannot be read")
    verdict = unread(blank, Policy(waivers=tuple(waivers)))
    passes = any(is_meant(each) and each.check == UNDECIDED and each.even for each in waivers)
    assert verdict.ruling is (Ruling.ALLOW if passes else Ruling.ERROR)
    assert verdict.error == "cannot be read"
    assert unread(replace(blank, artifact=None), Policy(waivers=tuple(waivers))).ruling is Ruling.ERROR


@given(st.lists(FINDINGS), st.lists(WAIVERS))
def test_a_block_by_name_waits_only_for_what_might_excuse_all_of_it(
    findings: list[Finding], waivers: list[Waiver]
) -> None:
    policy = Policy(waivers=tuple(waivers))
    by_name = added(Verdict(Release("pypi", "mossgarden"), Ruling.ALLOW), findings, policy)
    if not waits_for_bytes(by_name, policy):
        return
    assert by_name.ruling is Ruling.BLOCK
    every = [
        replace(each, release=RELEASE.purl, sha256=HERE) for each in waivers if each.release.startswith("pkg:pypi/")
    ]
    assert judged(findings, *every).ruling < Ruling.BLOCK, "the right bytes would be excused"


def test_a_block_by_name_does_not_wait_for_another_packages_waiver() -> None:
    by_name = added(Verdict(Release("pypi", "mossgarden"), Ruling.ALLOW), [found()], Policy())
    assert waits_for_bytes(by_name, Policy(waivers=(MEANT,)))
    for other in (
        {"release": "pkg:npm/mossgarden@1.0"},
        {"release": "pkg:pypi/fernleaf@1.0"},
        {"check": "decode-then-exec"},
    ):
        assert not waits_for_bytes(by_name, Policy(waivers=(replace(MEANT, **other),)))
    pinned = replace(by_name, release=replace(RELEASE, version="2.0"))
    assert not waits_for_bytes(pinned, Policy(waivers=(MEANT,)))


@given(
    st.integers(min_value=10**9, max_value=3 * 10**9).map(lambda stamp: datetime.fromtimestamp(stamp, timezone.utc)),
    st.sampled_from(["UTC", "XXX+12", "XXX-14", "XXX+3:30"]),
)
def test_no_time_zone_makes_a_waiver_last_longer(now: datetime, zone: str) -> None:
    kept = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        day = date.fromisoformat(last_day(now))
    finally:
        os.environ.pop("TZ") if kept is None else os.environ.update(TZ=kept)
        time.tzset()
    assert now.date() <= day <= now.date() + timedelta(1)


@given(
    st.sampled_from(["pypi", "npm"]),
    st.from_regex(r"(?:@[a-z][a-z0-9]{0,5}/)?[a-z][a-z0-9-]{0,5}[a-z]", fullmatch=True),
    st.none() | st.from_regex(r"[0-9][0-9a-z.+!-]{0,6}", fullmatch=True),
)
def test_our_own_spelling_of_a_release_stays_as_it_is(ecosystem: str, name: str, version: str | None) -> None:
    name = re.sub(r"-+", "-", name)
    release = Release(ecosystem, name.rpartition("/")[2] if ecosystem == "pypi" else name, version)
    assert spelled(release.purl) == release.purl


def test_people_spell_releases_as_they_like() -> None:
    assert spelled("pkg:npm/@scope/thing@1.0.0") == "pkg:npm/%40scope/thing@1.0.0"
    assert spelled("pkg:pypi/Flask_SQLAlchemy@3.0") == "pkg:pypi/flask-sqlalchemy@3.0"
    assert spelled("pkg:npm/@scope/thing") == "pkg:npm/%40scope/thing"
    assert spelled("pkg:generic/.github/workflows/Ci.yml") == "pkg:generic/.github/workflows/Ci.yml"


# --- one door -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "notice",
    [
        Notice("metadata-mismatch", "the index announces other requirements"),
        Notice("unknown-digest", "none of which the lock knows"),
        Notice("lookalike-host", "files.example"),
        Notice("plain-http", "http://files.example/a"),
    ],
    ids=lambda notice: notice.kind,
)
def test_what_is_known_beside_the_bytes_is_excused_for_these_bytes_too(notice: Notice) -> None:
    more = Inspector(Policy()).judge_notices(RELEASE, (notice,))
    check = more.findings[0].check
    blank = Verdict(RELEASE, Ruling.ALLOW, artifact=ARTIFACT)
    assert more.ruling is not Ruling.ALLOW, "or this test tests nothing"
    assert joined(blank, more, Policy(waivers=(replace(MEANT, check=check),))).ruling is Ruling.ALLOW
    for other in ({}, {"check": check, "sha256": THERE}):
        assert joined(blank, more, Policy(waivers=(replace(MEANT, **other),))).ruling is more.ruling


def test_a_source_that_a_package_asks_for_is_not_excused_by_the_packages_bytes() -> None:
    more = Inspector(Policy()).judge_notices(RELEASE, (Notice("path-source", "inner from https://files.example/a"),))
    blank = Verdict(RELEASE, Ruling.ALLOW, artifact=ARTIFACT)
    assert more.findings[0].check == OPENS
    assert joined(blank, more, Policy(waivers=(replace(MEANT, check=OPENS),))).ruling is more.ruling


def test_findings_come_into_a_verdict_by_one_door() -> None:
    """Who rules on findings by themselves has to apply waivers, too: nobody joins these files unseen."""
    house = Path(__file__).parents[1] / "gatekeeper"
    ruling = {
        path.relative_to(house).as_posix() for path in house.rglob("*.py") if "ruling_of(" in path.read_text("utf-8")
    }
    assert ruling <= {"policy.py", "waivers.py", "gate/answers.py", "gate/foreign.py", "explaining.py"}


def test_an_archive_that_cannot_be_read_is_judged_by_its_name_all_the_same(tmp_path: Path) -> None:
    built = replace(wheel("reqeusts"), content=b"no zip at all")
    release = Release("pypi", "reqeusts", "1.0")
    waiver = Waiver(release.purl, UNDECIDED, built.sha256, "seen", "sam", "2099-01-01", even=True)
    for policy, ruling in ((Policy(), Ruling.BLOCK), (Policy(waivers=(waiver,)), Ruling.BLOCK)):
        verdict = Inspector(policy).judge_artifact(
            built.write(tmp_path), release, filename=built.filename, sha256=built.sha256
        )
        assert verdict.ruling is ruling
        assert verdict.unread
        assert "cannot read" in (verdict.error or "")
    named = replace(waiver, check="typosquat", even=False)
    policy = Policy(waivers=(waiver, named))
    verdict = Inspector(policy).judge_artifact(
        built.write(tmp_path), release, filename=built.filename, sha256=built.sha256
    )
    assert verdict.ruling is Ruling.ALLOW
    assert [each.check for each in verdict.findings if each.waived] == [UNDECIDED, "typosquat"]


def test_hosts_are_opened_for_the_bytes_alone() -> None:
    policy = Policy(waivers=(replace(MEANT, hosts=("files.example",)),))
    assert hosts_for(RELEASE, HERE, policy) == ("files.example",)
    assert hosts_for(RELEASE, THERE, policy) == hosts_for(RELEASE, None, policy) == ()
    assert with_waivers([found()], RELEASE, None, policy)[0].waived is None


def test_what_asked_is_what_a_waiver_would_have_to_excuse() -> None:
    question, note = found(severity=Severity.MEDIUM), found("decode-then-exec", Severity.NOTE)
    assert asking(judged([question, note]), Policy()) == ("typosquat",)
    at_once = found("decode-then-exec", Severity.MEDIUM, When.COMMAND)
    assert asking(judged([at_once]), Policy()) == ("decode-then-exec",), "its commands run at once"
    assert asking(judged([note]), Policy()) == ()


# --- what is told ---------------------------------------------------------------------------------------------------

TODAY = "2026-06-01"


def lines(verdict: Verdict, *waivers: Waiver, expected: bool = False) -> list[str]:
    return told([verdict], Policy(waivers=waivers), TODAY, lambda _: expected)


def test_a_waiver_that_excused_something_is_told_with_all_that_it_says() -> None:
    waiver = replace(MEANT, place="gatekeeper.toml:12")
    assert lines(judged([found()], waiver), waiver) == [
        "waived: pkg:pypi/mossgarden@1.0 (typosquat): seen (sam, until 2099-01-01) [gatekeeper.toml:12]"
    ]


@pytest.mark.parametrize(
    ("expires", "said"),
    [("2026-06-01", "; it expires today"), ("2026-06-02", "; it expires in 1 day"), ("2026-06-15", "")],
)
def test_a_waiver_that_soon_expires_says_so(expires: str, said: str) -> None:
    waiver = replace(MEANT, expires=expires)
    (line,) = lines(judged([found()], waiver), waiver)
    assert line.endswith(f"until {expires}){said}")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"sha256": THERE}, f"other bytes, its file has sha256 {HERE}"),
        ({"release": "pkg:pypi/mossgarden@0.9"}, "other version, 1.0"),
        ({"check": "decode-then-exec"}, "could be removed, the check found nothing"),
    ],
)
def test_a_waiver_that_excused_nothing_says_why(changed: dict[str, str], why: str) -> None:
    waiver = replace(MEANT, **changed)
    (line,) = lines(judged([found()], waiver), waiver)
    assert line == f"unused waiver for {waiver.release} ({waiver.check}): {why}"


def test_a_waiver_for_a_package_that_is_not_there_is_missed_only_where_it_should_be() -> None:
    waiver = replace(MEANT, release="pkg:npm/other@1.0")
    assert lines(judged([]), waiver) == []
    assert lines(judged([]), waiver, expected=True) == [
        "unused waiver for pkg:npm/other@1.0 (typosquat): its package is not there"
    ]


def test_nothing_is_said_of_a_waiver_where_no_bytes_were_seen() -> None:
    assert lines(Verdict(RELEASE, Ruling.ERROR, error="no network"), MEANT) == []
    source = replace(MEANT, release="pkg:npm/thing", check=OPENS)
    assert lines(Verdict(Release("npm", "thing"), Ruling.ERROR, error="no such commit"), source) == []


def test_a_waiver_that_opens_a_host_or_lets_a_hook_run_is_not_unused() -> None:
    opens = replace(MEANT, hosts=("files.example",))
    assert lines(judged([]), opens)[0].startswith("its install hook may reach files.example: pkg:pypi/mossgarden@1.0")
    policy = Policy(waivers=(MEANT,), hooks="waived")
    assert told([judged([])], policy, TODAY)[0].startswith("its install hook may run: ")


def test_a_file_of_the_repository_that_changed_is_other_bytes() -> None:
    release = Release("generic", ".github/workflows/ci.yml")
    waiver = replace(MEANT, release=release.purl, check="unpinned-action")
    verdict = Verdict(release, Ruling.ASK, (found("unpinned-action"),))
    assert lines(verdict, waiver)[0].endswith("other bytes: it has changed since")
    excused = added(Verdict(release, Ruling.ALLOW), [found("unpinned-action")], Policy(waivers=(waiver,)), HERE)
    assert lines(excused, waiver)[0].startswith("waived: ")


def test_what_is_excused_in_so_many_words_is_loud_and_first_in_every_format() -> None:
    quiet = replace(MEANT, check="decode-then-exec")
    loud = replace(MEANT, check="known-malware", even=True)
    policy = Policy(waivers=(quiet, loud))
    verdict = judged([found("decode-then-exec"), found("known-malware")], quiet, loud)
    remarks = told([verdict], policy, TODAY)
    assert remarks[0].startswith("EXCEPTION: recorded as malware, and let through because a waiver says so")
    outcome = Outcome(verdict.ruling, (verdict,), remarks=tuple(remarks))
    for render in (text.render, json.render, html.render, github.render, sarif.render, github.summary):
        assert "EXCEPTION" in render(outcome), render
    assert "::warning" in github.render(outcome)
    notified = sarif.render(outcome)
    assert '"level": "warning"' in notified


def test_what_was_let_through_unread_is_loud() -> None:
    waiver = replace(MEANT, check=UNDECIDED, even=True)
    blank = Verdict(RELEASE, Ruling.ALLOW, artifact=ARTIFACT, error="cannot read it")
    verdict = unread(blank, Policy(waivers=(waiver,)))
    (remark,) = told([verdict], Policy(waivers=(waiver,)), TODAY)
    assert remark.startswith("EXCEPTION: could not be read, and let through unread")
    shown = text.render(Outcome(verdict.ruling, (verdict,)))
    assert "could not decide: cannot read it" in shown
    assert "nobody has judged what its code does" in shown
