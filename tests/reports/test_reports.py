"""Reports are functions from an outcome to text, and nothing a package says can act on a terminal or a parser."""

from __future__ import annotations

import html
import importlib
import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.explaining import Explaining
from gatekeeper.model import Confidence, Outcome, Place, Release, Ruling, Severity
from gatekeeper.reports import json as json_report
from gatekeeper.reports import text as text_report
from gatekeeper.reports import visible
from tests.support.outcomes import (
    ALLOWED,
    BLOCKED,
    EXPLAINED,
    FINDING,
    HOSTILE,
    OUTCOME,
    UNREAD,
    hostile_outcome,
    outcomes,
)

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
OWN_COMMAND = re.compile(r"::(error|warning|notice) [^:]+::|::group::gatekeeper: \d+ releases?$|::endgroup::$")
LAYOUTS = sorted(path.stem for path in (ROOT / "gatekeeper" / "reports").glob("[!_]*.py"))


def test_a_refusal_reads_like_this() -> None:
    assert text_report.render(EXPLAINED) == (ROOT / "tests" / "reports" / "golden.txt").read_text("utf-8")


def test_a_long_set_is_folded_to_what_was_not_allowed() -> None:
    many = tuple(replace(ALLOWED, release=Release("pypi", f"p{number}", "1")) for number in range(40))
    outcome = replace(OUTCOME, verdicts=(*many, BLOCKED))
    short = text_report.render(outcome)
    assert len(short.splitlines()) <= 24
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
        (Outcome(Ruling.ASK, (replace(BLOCKED, ruling=Ruling.ASK),)), "Nobody was there to ask"),
        (Outcome(Ruling.ERROR, (UNREAD,)), "never a yes"),
        (Outcome(Ruling.BLOCK, (replace(BLOCKED, findings=(replace(FINDING, confidence=Confidence.LOW),)),)), "was no"),
        (Outcome(Ruling.ERROR, (), error="the network is down"), "error: the network is down"),
        (Outcome(Ruling.ALLOW, ()), "0 releases judged"),
    ],
)
def test_every_ending_says_what_to_make_of_it(outcome: Outcome, words: str) -> None:
    assert words in " ".join(text_report.render(Explaining(again="safe-install").outcome(outcome)).split())


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
@settings(deadline=None)
def test_what_hides_or_moves_text_is_spelt_out(words: str) -> None:
    assert visible(words).isprintable()
    for layout in LAYOUTS:
        rendered = importlib.import_module(f"gatekeeper.reports.{layout}").render(hostile_outcome(words))
        assert all(char == "\n" or char.isprintable() for char in rendered)


@given(outcomes())
@settings(max_examples=60, deadline=None)
def test_whatever_a_package_says_no_layout_fails_hides_text_or_commands_a_runner(outcome: Outcome) -> None:
    for layout in LAYOUTS:
        rendered = importlib.import_module(f"gatekeeper.reports.{layout}").render(outcome, verbose=True)
        lines = rendered.split("\n")
        assert all(line.isprintable() for line in lines)
        assert not any("##[" in line or "##vso[" in line for line in lines)
        commands = [line for line in lines if line.lstrip().startswith("::")]
        assert all(layout == "github" and OWN_COMMAND.match(line) for line in commands)


@given(outcomes())
@settings(max_examples=30, deadline=None)
def test_every_layout_names_every_release(outcome: Outcome) -> None:
    # A table's cell is cut, so its beginning counts; what is markup in a layout is read back first
    def read(rendered: str, layout: str) -> str:
        return html.unescape(rendered) if layout in {"html", "markdown"} else rendered

    for layout in LAYOUTS:
        rendered = read(importlib.import_module(f"gatekeeper.reports.{layout}").render(outcome, verbose=True), layout)
        for verdict in outcome.verdicts:
            release = verdict.release
            named = release.purl if layout in {"json", "sarif"} else visible(str(release))[:40]
            assert named in rendered


def test_what_a_runner_would_take_for_a_command_is_spelt_out() -> None:
    assert visible("::add-path::/x") == "\\x3a:add-path::/x"
    assert visible("  ::error::x") == "  \\x3a:error::x"
    assert visible("a ##[group]x ##vso[task] ###[x]") == "a \\x23#[group]x \\x23#vso[task] #\\x23#[x]"
    for words in ("std::string", "a #1 ## heading", "C::D##"):
        assert visible(words) == words


def test_the_line_that_names_a_release_is_told() -> None:
    named = Outcome(Ruling.ALLOW, (replace(ALLOWED, place=Place("requirements.txt", 7)),))
    assert "requests 2.32.3 (requirements.txt:7)" in text_report.render(named)
    assert json.loads(json_report.render(named))["releases"][0]["place"] == {"file": "requirements.txt", "line": 7}
    checked = Outcome(Ruling.ALLOW, (replace(ALLOWED, path="requirements.txt", place=Place("requirements.txt", 7)),))
    assert text_report.render(checked) == text_report.render(named)
    deep = Outcome(Ruling.ALLOW, (replace(ALLOWED, place=Place("services/billing/api/requirements.txt", 7)),))
    assert "requests 2.32.3 (...ling/api/requirements.txt:7)" in text_report.render(deep)


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
    report = json.loads(json_report.render(EXPLAINED))
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
        "around": [
            {"line": 10, "text": "import base64"},
            {"line": 11, "text": ""},
            {"line": 12, "text": "exec(base64.b64decode('...'))"},
            {"line": 13, "text": "setup("},
        ],
        "attack": ["T1195.001"],
        "waived": None,
        "instead": None,
        "ruling": "block",
        "rule": "We are sure, high severity, in code that runs unasked: blocked.",
        "why": reqeusts["findings"][0]["why"],
    }
    assert reqeusts["ways"][0] == {
        "title": "Take another version",
        "words": "add 'reqeusts!=1.0' to what you typed",
        "command": "",
    }
    assert numpy["artifact"] is None
    assert numpy["error"] == "the index did not answer"
    assert [layer["stood"] for layer in report["fence"]] == [True, False]


def test_a_json_value_survives_the_journey_unharmed() -> None:
    words = HOSTILE.replace("\ud800", "")
    assert json.loads(json_report.render(hostile_outcome(words)))["releases"][0]["name"] == words
