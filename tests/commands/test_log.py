"""`gatekeeper log`: what was decided, found again, and safe to look at."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gatekeeper.cli.side import gatekeeper
from gatekeeper.commands.log import Wanted, moment, read
from gatekeeper.settings._cooldown import hours_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
WAIVER = {"check": "typosquat", "reason": "ours\x1b[2J", "author": "ana", "expires": "2027-01-01"}


def line(event: str, hours: float = 0, run: str = "r1", **more: object) -> str:
    time = (NOW - timedelta(hours=hours)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {
        "schema": "gatekeeper.audit/1",
        "time": time,
        "run": run,
        "event": event,
        "user": "ana",
        "command": "install",
    }
    return json.dumps({**said, "client": "pip", **more}) + "\n"


def release(name: str, ruling: str, hours: float = 0, **more: object) -> str:
    return line("release", hours, purl=f"pkg:pypi/{name}", ruling=ruling, sha256="ab" * 32, **more)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    found = [{"check": "typosquat", "severity": "high", "confidence": "high"}]
    path.write_text(
        line("began", 50)
        + release("mossgarden@1.0", "allow", 50)
        + release("mossgarden@1.1", "allow", 49, findings=found, waivers=[WAIVER])
        + '{"schema": "gatekeeper.audit/1", "time": "2026-\n'
        + release("reqeusts@2.0", "block", 2, findings=found, answered="--no")
        + line("ended", 2, ruling="block", exit=10)
        + "\n"
        + line("began", 1, run="r2")
        + '["not", "ours"]\n',
        "utf-8",
    )
    return path


def told(log: Path, wanted: Wanted | None = None, most: int | None = None) -> list[str]:
    return [each.strip() for each in read(log, wanted or Wanted(), most)]


def test_everything_is_told_in_order_and_damaged_lines_are_named(log: Path) -> None:
    lines = told(log)
    assert [each.split("  ")[1] for each in lines if each.startswith("2026")] == [
        "allow",
        "allow",
        "block",
        "block",
        "a run of ana install pip began, and was killed or is still at work",
    ]
    assert lines[-2:] == [f"{log}:4: damaged, left out", f"{log}:9: damaged, left out"]
    assert "pkg:pypi/reqeusts@2.0 sha256:abababababab, ana install pip, answered by --no" in "\n".join(lines)


@pytest.mark.parametrize(
    ("wanted", "versions"),
    [
        (Wanted(release="mossgarden"), ["mossgarden@1.0", "mossgarden@1.1"]),
        (Wanted(release="mossgarden==1.1"), ["mossgarden@1.1"]),
        (Wanted(release="mossgarden@1.1"), ["mossgarden@1.1"]),
        (Wanted(release="pkg:pypi/mossgarden"), ["mossgarden@1.0", "mossgarden@1.1"]),
        (Wanted(release="pkg:pypi/mossgarden@1.0"), ["mossgarden@1.0"]),
        (Wanted(release="moss"), []),
        (Wanted(ruling="block"), ["reqeusts@2.0"]),
        (Wanted(waived=True), ["mossgarden@1.1"]),
        (Wanted(since=NOW - timedelta(hours=3)), ["reqeusts@2.0"]),
        (Wanted(since=NOW - timedelta(hours=49), waived=True), ["mossgarden@1.1"]),
    ],
)
def test_what_is_wanted_is_found(log: Path, wanted: Wanted, versions: list[str]) -> None:
    text = "\n".join(told(log, wanted))
    assert [name for name in ("mossgarden@1.0", "mossgarden@1.1", "reqeusts@2.0") if name in text] == versions


def test_a_scope_of_npm_is_found_by_the_name_that_people_write(log: Path) -> None:
    log.write_text(line("release", purl="pkg:npm/%40acme/tool@1.0.0", ruling="allow"), "utf-8")
    for name in ("@acme/tool", "@acme/tool@1.0.0", "pkg:npm/%40acme/tool"):
        assert len(told(log, Wanted(release=name))) == 1, name


def test_only_the_last_ones_when_only_they_are_wanted(log: Path) -> None:
    lines = [each for each in told(log, most=2) if each.startswith("2026")]
    assert len(lines) == 2
    assert "run ended with exit code 10" in lines[0]


def test_nothing_in_it_reaches_the_terminal_as_it_is(log: Path) -> None:
    evil = "\x1b]0;owned\x07\u202e::set-output name=a::b\r\n"
    fields = dict.fromkeys(("purl", "ruling", "answered", "error", "user", "client", "sha256", "exit"), evil)
    rows = [{"check": evil, "severity": evil, "reason": evil, "author": evil, "expires": evil, "waived": evil}]
    for event in ("began", "release", "ended", evil):
        log.write_text(line(event, **{**fields, "findings": rows, "waivers": rows}), "utf-8")
        text = "\n".join(read(log, Wanted()))
        assert not any(letter in text for letter in "\x1b\x07\u202e\r"), event
        assert "\n::" not in f"\n{text}"


@pytest.mark.parametrize("odd", ["findings", "waivers", "purl", "sha256", "error", "ruling", "exit"])
@pytest.mark.parametrize("value", [None, 7, "text", ["list"], {"a": 1}])
def test_lines_of_strange_shapes_are_no_fault(log: Path, odd: str, value: object) -> None:
    log.write_text("".join(line(event, **{odd: value}) for event in ("began", "release", "ended")), "utf-8")
    told(log)
    told(log, Wanted(release="x", ruling="allow", waived=True))


@pytest.mark.parametrize(("said", "hours"), [("7d", 168), ("24h", 24), ("2026-02-28", 36), ("2026-03-01T11:00:00Z", 1)])
def test_a_moment_is_a_date_or_a_length_of_time(said: str, hours: float) -> None:
    assert NOW - moment(said, hours_of, NOW) == timedelta(hours=hours)


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def policy(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "policy.toml"
    path.write_text(f'[audit]\nfile = "{log}"\n', "utf-8")
    monkeypatch.chdir(tmp_path)
    return str(path)


def test_the_command_reads_the_log_that_the_policy_names(
    policy: str, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gatekeeper.main(["log", "--policy", policy, "--ruling", "block", "--format", "json"], standalone_mode=False)
    (said,) = capsys.readouterr().out.splitlines()
    assert json.loads(said)["purl"] == "pkg:pypi/reqeusts@2.0"


def test_without_a_log_it_says_how_to_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatekeeper.cli import run

    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    monkeypatch.setattr("gatekeeper.terminal.voice.put", lambda _, words: said.append(words))
    assert run(gatekeeper, "gatekeeper", ["log"]) == 2
    assert "[audit]" in said[0]


def test_a_log_that_is_not_there_yet_is_said(policy: str, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatekeeper.cli import run

    log.unlink()
    said: list[str] = []
    monkeypatch.setattr("gatekeeper.terminal.voice.put", lambda _, words: said.append(words))
    assert run(gatekeeper, "gatekeeper", ["log", "--policy", policy]) == 12
    assert "cannot be read" in said[0]
