"""`gatekeeper allow`: what it asks for, what it writes, and whether that counts."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from gatekeeper import cli, settings
from gatekeeper.cli.side import gatekeeper
from gatekeeper.commands.allow import Keeper, Order, author_here, expiry, seen, sound, still_standing
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.model import Artifact, Confidence, Finding, Release, Ruling, Severity, Verdict
from gatekeeper.policy import UNDECIDED, Policy
from gatekeeper.settings import trust
from tests.support.packages import wheel

if TYPE_CHECKING:
    from pathlib import Path

HERE = "a" * 64
KNOWN = ("typosquat", "decode-then-exec", "known-malware", "ungated-source")
ORDER = Order("mossgarden", ("typosquat",), "seen", "sam", "2099-01-01")
TODAY = date(2026, 6, 1)
BLOCKED = Verdict(
    Release("pypi", "mossgarden", "1.0"),
    Ruling.BLOCK,
    tuple(Finding(check, Severity.HIGH, Confidence.HIGH, "x") for check in ("typosquat", "decode-then-exec")),
    Artifact("mossgarden-1.0-py3-none-any.whl", HERE, 1000),
)
QUESTION = Verdict(
    BLOCKED.release,
    Ruling.ASK,
    (Finding("typosquat", Severity.MEDIUM, Confidence.HIGH, "x"), Finding("release-age", Severity.NOTE, Confidence.HIGH, "x")),
    BLOCKED.artifact,
)  # fmt: skip


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which the person stands, and a home of their own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "nowhere"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def allow(*words: str) -> int:
    return cli.run(gatekeeper, "gatekeeper", ["allow", *words])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"checks": ("typosquad",)}, "unknown check `typosquad`"),
        ({"reason": " \n"}, "--reason must be a text"),
        ({"reason": "a\x1b[31m"}, "--reason must be a text"),
        ({"author": ""}, "--author must be a text"),
        ({"sha256": "A" * 64}, "is no digest"),
        ({"hosts": ("a b",)}, "`a b` is not a host name"),
        ({"checks": ("known-malware",)}, "only in so many words"),
        ({"checks": (UNDECIDED,)}, "only in so many words"),
        ({"even": frozenset({"known-malware"})}, "goes with --check known-malware"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_fetched(changed: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sound(Order(**{**{name: getattr(ORDER, name) for name in Order.__slots__}, **changed}), KNOWN)  # type: ignore[arg-type]


def test_an_order_is_taken_with_its_words_in_one_line() -> None:
    untidy = Order("x", ("typosquat", "typosquat"), " seen\n twice ", "sam", "2099-01-01")
    assert sound(untidy, KNOWN) == Order("x", ("typosquat",), "seen twice", "sam", "2099-01-01")


def test_a_waiver_holds_for_ninety_days_and_for_a_year_at_most() -> None:
    assert expiry(None, TODAY) == "2026-08-30"
    today = date.today()  # noqa: DTZ011 - as the command does
    assert expiry(today.isoformat(), today) >= today.isoformat()
    assert expiry((today + timedelta(366)).isoformat(), today)
    for wrong, message in (
        ((today + timedelta(367)).isoformat(), "more than a year away"),
        ((today - timedelta(2)).isoformat(), "is past"),
        ("soon", "is no date"),
    ):
        with pytest.raises(UsageError, match=message):
            expiry(wrong, today)


def test_only_what_was_found_in_bytes_can_be_excused() -> None:
    assert seen(ORDER, lambda _: BLOCKED) is BLOCKED
    with pytest.raises(UsageError, match=r"typosquat found nothing in mossgarden 1\.0") as told:
        seen(ORDER, lambda _: Verdict(BLOCKED.release, Ruling.ALLOW, BLOCKED.findings[1:], BLOCKED.artifact))
    assert told.value.hint == "what was found: decode-then-exec"
    with pytest.raises(UsageError, match="ungated-source found nothing") as told:
        seen(Order("x", ("ungated-source",), "seen", "sam", "2099-01-01"), lambda _: BLOCKED)
    assert "add --sha256" in str(told.value.hint)
    for lost in (
        Verdict(BLOCKED.release, Ruling.ERROR, error="no network"),
        Verdict(BLOCKED.release, Ruling.ERROR, BLOCKED.findings, BLOCKED.artifact, error="our own fault"),
        Verdict(Release("pypi", "mossgarden"), Ruling.BLOCK, BLOCKED.findings),
    ):
        with pytest.raises(UndecidedError, match="was not judged by its bytes"):
            seen(ORDER, lambda _, lost=lost: lost)


def test_bytes_that_cannot_be_read_can_be_excused_as_that() -> None:
    unread = Verdict(BLOCKED.release, Ruling.ERROR, (), BLOCKED.artifact, error="cannot read it", unread=True)
    order = Order("x", (UNDECIDED,), "seen", "sam", "2099-01-01", even=frozenset({UNDECIDED}))
    assert seen(order, lambda _: unread) is unread
    assert still_standing(unread, (UNDECIDED,), Policy()) == []
    assert still_standing(unread, ("typosquat",), Policy()) == [UNDECIDED]


def test_what_holds_a_release_back_all_the_same_is_named() -> None:
    assert still_standing(BLOCKED, ("typosquat",), Policy()) == ["decode-then-exec"]
    assert still_standing(BLOCKED, ("typosquat", "decode-then-exec"), Policy()) == []


def test_a_waiver_of_a_file_counts_at_once(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = wheel("rewuests").write(tmp_path)
    assert allow(str(path), "--check", "typosquat", "--reason", "seen", "--author", "sam") == 0
    said = capsys.readouterr().out
    assert "rewuests looks like requests" in said
    assert (project / "gatekeeper.toml").read_text("utf-8") in said
    assert "it counts until" in said
    assert trust.is_trusted(project / "gatekeeper.toml"), "nobody else has written a word of it"
    (waiver,) = settings.load(project, None, KNOWN).policy.waivers
    assert (waiver.release, waiver.sha256) == ("pkg:pypi/rewuests@1.0", wheel("rewuests").sha256)
    assert waiver.place == f"{project / 'gatekeeper.toml'}:1"
    assert cli.run(gatekeeper, "gatekeeper", ["inspect", str(path)]) == 0
    assert "waived: pkg:pypi/rewuests@1.0 (typosquat): seen (sam, until" in capsys.readouterr().out


def test_a_digest_names_bytes_that_nobody_has_to_judge(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--check", "typosquat", "--reason", "seen", "--sha256", HERE)
    for target, purl in (
        ("Moss_Garden==1.0", "pkg:pypi/moss-garden@1.0"),
        ("pypi:mossgarden==2.0", "pkg:pypi/mossgarden@2.0"),
        ("npm:@scope/thing@1.0.0", "pkg:npm/%40scope/thing@1.0.0"),
        ("pkg:npm/thing@1.0.0", "pkg:npm/thing@1.0.0"),
        ("pkg:generic/.github/workflows/ci.yml", "pkg:generic/.github/workflows/ci.yml"),
    ):
        assert allow(target, *words) == 0
        assert f'release = "{purl}"' in capsys.readouterr().out
    found = settings.load(project, None, KNOWN).policy.waivers
    assert len(found) == 5
    for target, message in (("mossgarden", "names no version"), (".", "names no release"), ("a b", "names no release")):
        assert allow(target, *words) == 2
        assert message in capsys.readouterr().err
    commit = ("--check", "ungated-source", "--reason", "seen", "--sha256", "b" * 40)
    assert allow("npm:thing", *commit) == 0


def test_a_file_that_was_trusted_stays_so_and_another_is_not_trusted_for_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "gatekeeper.toml"
    path.write_text("[rulings]\ntyposquat = 'ask'\n", "utf-8")
    words = ("--check", "typosquat", "--reason", "seen", "--sha256", HERE)
    assert allow("x==1.0", *words) == 0
    said = capsys.readouterr().out
    assert "it does not count yet" in said
    assert "gatekeeper policy trust" in said
    assert not trust.is_trusted(path)
    trust.trust(path)
    assert allow("x==2.0", *words) == 0
    assert "it counts until" in capsys.readouterr().out
    assert trust.is_trusted(path)
    path.write_text("[rulings]\ntyposquat = 'allow'\n" + path.read_text("utf-8").partition("\n\n")[2], "utf-8")
    assert allow("x==3.0", *words) == 0, "whoever changed it meanwhile is not trusted for our sake"
    assert "it does not count yet" in capsys.readouterr().out
    assert not trust.is_trusted(path)


def test_a_named_file_is_written_to_and_counts_where_it_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--check", "typosquat", "--reason", "seen", "--sha256", HERE, "--policy", "ours.toml")
    assert allow("x==1.0", *words) == 0
    assert "where --policy ours.toml is given" in capsys.readouterr().out
    assert not (project / "gatekeeper.toml").exists()
    assert not trust.is_trusted(project / "ours.toml")


def test_a_waiver_stands_in_the_log_or_is_not_written(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, own = tmp_path / "audit.jsonl", settings.user_file()
    own.parent.mkdir(parents=True)
    own.write_text(f'[audit]\nfile = "{log}"\n', "utf-8")
    words = ("--check", "typosquat", "--reason", "seen", "--author", "sam", "--sha256", HERE)
    assert allow("x==1.0", *words) == 0
    (said,) = (json.loads(line) for line in log.read_text("utf-8").splitlines())
    assert {key: said[key] for key in ("event", "purl", "sha256", "check", "reason", "author", "file")} == {
        "event": "waiver",
        "purl": "pkg:pypi/x@1.0",
        "sha256": HERE,
        "check": "typosquat",
        "reason": "seen",
        "author": "sam",
        "file": str(project / "gatekeeper.toml"),
    }
    capsys.readouterr()
    for wanted in ((), ("--waived",), ("--release", "x")):
        assert cli.run(gatekeeper, "gatekeeper", ["log", *wanted]) == 0
        assert "waiver for typosquat: seen (sam, until" in capsys.readouterr().out
    assert cli.run(gatekeeper, "gatekeeper", ["log", "--ruling", "block"]) == 0
    assert capsys.readouterr().out == ""
    before = (project / "gatekeeper.toml").read_bytes()
    log.chmod(0o666)
    assert allow("x==2.0", *words) == 12
    assert "anybody may write it" in capsys.readouterr().err
    assert (project / "gatekeeper.toml").read_bytes() == before


def test_the_author_is_whom_git_knows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("LOGNAME", "sam")
    assert author_here(project) == "sam"
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    subprocess.run(["git", "config", "user.name", "Sam Example"], cwd=project, check=True)
    assert author_here(project) == "Sam Example"
    subprocess.run(["git", "config", "user.email", "sam@corp.example"], cwd=project, check=True)
    assert author_here(project) == "Sam Example <sam@corp.example>"


def test_what_is_offered_after_a_yes_goes_to_the_persons_own_file(project: Path) -> None:
    keeper = Keeper(Policy(), project, (*KNOWN, "release-age"))
    assert keeper.offers(QUESTION)
    said = keeper.keep(QUESTION, "our own fork")
    assert said.startswith(f"waiver written to {settings.user_file()}: it counts until ")
    (waiver,) = settings.load(project, None, (*KNOWN, "release-age")).policy.waivers
    assert (waiver.release, waiver.check, waiver.sha256) == (BLOCKED.release.purl, "typosquat", HERE)
    assert not list(project.iterdir())


def test_what_no_waiver_can_answer_is_not_offered(project: Path) -> None:
    keeper = Keeper(Policy(), project, KNOWN)
    assert not keeper.offers(BLOCKED)
    nothing = Verdict(QUESTION.release, Ruling.ASK, QUESTION.findings)
    assert not keeper.offers(nothing), "there are no bytes"
    folder = Verdict(Release("pypi", "x"), Ruling.ASK, QUESTION.findings, QUESTION.artifact)
    assert not keeper.offers(folder)
    malware = Finding("known-malware", Severity.MEDIUM, Confidence.HIGH, "x")
    assert not keeper.offers(Verdict(QUESTION.release, Ruling.ASK, (malware,), QUESTION.artifact))


def test_a_waiver_that_cannot_be_written_is_said_and_stops_nothing(project: Path) -> None:
    settings.user_file().parent.mkdir(parents=True)
    settings.user_file().write_text("[broken\n", "utf-8")
    assert Keeper(Policy(), project, KNOWN).keep(QUESTION, "seen").startswith("no waiver was written: ")
    assert settings.user_file().read_text("utf-8") == "[broken\n"
