"""Reports are functions from an outcome to text, and nothing a package says can act on a terminal or a parser."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import Artifact, Confidence, Finding, Layer, Outcome, Release, Ruling, Severity, Verdict, When
from gatekeeper.reports import json as json_report
from gatekeeper.reports import text as text_report
from gatekeeper.reports import visible

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
LAYOUTS = sorted(path.stem for path in (ROOT / "gatekeeper" / "reports").glob("[!_]*.py"))

FINDING = Finding(
    "decode-then-exec",
    Severity.HIGH,
    Confidence.HIGH,
    "runs decoded text when it is built",
    When.BUILD,
    "setup.py",
    12,
    "exec(base64.b64decode('...'))",
    ("T1195.001",),
)
ALLOWED = Verdict(
    Release("pypi", "requests", "2.32.3"),
    Ruling.ALLOW,
    artifact=Artifact("requests-2.32.3-py3-none-any.whl", "ab" * 32, 64_928),
    source="https://index.example/simple/",
    requested=True,
    recalled=True,
)
BLOCKED = Verdict(
    Release("pypi", "reqeusts", "1.0"),
    Ruling.BLOCK,
    (FINDING,),
    artifact=Artifact("reqeusts-1.0.tar.gz", "cd" * 32, 1_234_567),
    source="https://index.example/simple/",
    via=("flask",),
)
UNREAD = Verdict(Release("pypi", "numpy"), Ruling.ERROR, error="the index did not answer")
OUTCOME = Outcome(
    Ruling.BLOCK,
    (ALLOWED, BLOCKED, UNREAD),
    fence=(Layer("landlock-tcp", stood=True), Layer("network-namespace", stood=False, detail="not permitted here")),
    remarks=("acme-tools installs from its owner",),
    seconds=1.25,
    bytes=1_299_495,
    ruleset="sha256:" + "0" * 64,
)
HOSTILE = "a\x1b]0;owned\x07\x1b[2J\r\nallow: all well\u202egnp.exe\u200b\x9b31m\ud800\U000e0041\u3164\ufe0f\x7f ::set-output::"


def hostile_outcome(words: str) -> Outcome:
    finding = replace(FINDING, check=words, message=words, file=words, snippet=words, waived=words, attack=())
    verdict = Verdict(
        Release(words, words, words),
        Ruling.BLOCK,
        (finding,),
        artifact=Artifact(words, words, 1),
        error=words,
        source=words,
        via=(words, words),
        path=words,
    )
    return Outcome(Ruling.BLOCK, (verdict,), (Layer(words, stood=False, detail=words),), (words,))


def test_the_text_report_reads_like_this() -> None:
    assert text_report.render(OUTCOME) == (ROOT / "tests" / "reports" / "golden.txt").read_text("utf-8")


def test_a_long_set_is_folded_to_what_was_not_allowed() -> None:
    many = tuple(replace(ALLOWED, release=Release("pypi", f"p{number}", "1")) for number in range(40))
    outcome = replace(OUTCOME, verdicts=(*many, BLOCKED))
    short = text_report.render(outcome)
    assert len(short.splitlines()) < 24
    assert "reqeusts" in short
    assert "40 releases allowed (-v lists them)" in short
    assert "p39 1" in text_report.render(outcome, verbose=True)


def test_notes_of_an_allowed_release_wait_for_verbose() -> None:
    note = replace(FINDING, severity=Severity.NOTE, message="reads the environment")
    outcome = Outcome(Ruling.ALLOW, (replace(ALLOWED, findings=(note,)),), client_exit=0)
    assert "reads the environment" not in text_report.render(outcome)
    assert "reads the environment" in text_report.render(outcome, verbose=True)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome(Ruling.ALLOW, (ALLOWED,), client_exit=1), "the client itself failed with exit code 1"),
        (Outcome(Ruling.ASK, (replace(BLOCKED, ruling=Ruling.ASK),)), "nobody was there to ask"),
        (Outcome(Ruling.ERROR, (UNREAD,)), "never a yes"),
        (Outcome(Ruling.ERROR, (), error="the network is down"), "error: the network is down"),
        (Outcome(Ruling.ALLOW, ()), "0 releases judged"),
    ],
)
def test_every_ending_says_what_to_make_of_it(outcome: Outcome, words: str) -> None:
    assert words in text_report.render(outcome)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_renders_every_ruling(layout: str) -> None:
    render = importlib.import_module(f"gatekeeper.reports.{layout}").render
    for ruling in Ruling:
        assert ruling.word in render(Outcome(ruling, (replace(BLOCKED, ruling=ruling),)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hostile_text_cannot_act_in_any_layout(layout: str) -> None:
    rendered = importlib.import_module(f"gatekeeper.reports.{layout}").render(hostile_outcome(HOSTILE), verbose=True)
    assert all(char == "\n" or char.isprintable() for char in rendered)
    assert not any(line.startswith("allow: all well") for line in rendered.splitlines())


@given(st.text(st.characters(exclude_categories=())))
def test_what_hides_or_moves_text_is_spelt_out(words: str) -> None:
    assert visible(words).isprintable()
    for layout in LAYOUTS:
        rendered = importlib.import_module(f"gatekeeper.reports.{layout}").render(hostile_outcome(words))
        assert all(char == "\n" or char.isprintable() for char in rendered)


def test_ordinary_text_stays_as_it_is() -> None:
    for words in ("requests 2.32.3", "C:\\Users\\me", "größe 数字 'x'"):
        assert visible(words) == words
    assert visible("\u202e\x1b[0m\n") == "\\u202e\\x1b[0m\\n"


def test_wide_letters_do_not_break_the_columns() -> None:
    wide = replace(ALLOWED, path="数字数字")
    lines = text_report.render(Outcome(Ruling.ALLOW, (wide, ALLOWED))).splitlines()
    assert lines[1].index("allow") + 4 == lines[2].index("allow")


@pytest.mark.parametrize(
    "outcome",
    [OUTCOME, hostile_outcome(HOSTILE), Outcome(Ruling.ERROR, (), error="no network"), Outcome(Ruling.ALLOW, ())],
)
def test_the_json_report_keeps_its_schema(outcome: Outcome) -> None:
    rendered = json_report.render(outcome)
    assert rendered.isascii()
    jsonschema.validate(json.loads(rendered), SCHEMA)


def test_the_json_report_says_everything() -> None:
    report = json.loads(json_report.render(OUTCOME))
    assert report["ruling"] == "block"
    assert report["stats"] == {"releases": 3, "artifacts": 2, "bytes": 1_299_495, "seconds": 1.25, "recalled": 1}
    requests, reqeusts, numpy = report["releases"]
    assert requests["purl"] == "pkg:pypi/requests@2.32.3"
    assert requests["requested"] is True
    assert reqeusts["via"] == ["flask"]
    assert reqeusts["artifact"] == {"filename": "reqeusts-1.0.tar.gz", "sha256": "cd" * 32, "size": 1_234_567}
    assert reqeusts["findings"][0] == {
        "check": "decode-then-exec",
        "severity": "high",
        "confidence": "high",
        "message": "runs decoded text when it is built",
        "when": "build",
        "file": "setup.py",
        "line": 12,
        "snippet": "exec(base64.b64decode('...'))",
        "attack": ["T1195.001"],
        "waived": None,
    }
    assert numpy["artifact"] is None
    assert numpy["error"] == "the index did not answer"
    assert [layer["stood"] for layer in report["fence"]] == [True, False]


def test_a_json_value_survives_the_journey_unharmed() -> None:
    words = HOSTILE.replace("\ud800", "")
    assert json.loads(json_report.render(hostile_outcome(words)))["releases"][0]["name"] == words
