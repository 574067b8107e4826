"""SARIF: valid by the schema, at the right lines, the same finding known again, and nothing a viewer could act on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from gatekeeper.model import Confidence, Finding, Outcome, Place, Release, Ruling, Severity, Verdict, When
from gatekeeper.reports import sarif
from gatekeeper.terminal.voice import EXIT_CODES
from tests.support.outcomes import (
    ALLOWED,
    BLOCKED,
    FINDING,
    HOSTILE,
    MARKUP,
    OUTCOME,
    UNREAD,
    hostile_outcome,
    large_outcome,
    outcomes,
)

# The official schema as Microsoft's SARIF SDK 5.7.0 ships it (MIT licence; the text is OASIS's, SARIF 2.1.0).
SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)


def run_of(outcome: Outcome) -> dict[str, Any]:
    log = json.loads(sarif.render(outcome))
    (run,) = log["runs"]
    return run


def results(*verdicts: Any) -> list[dict[str, Any]]:
    ruling = max(verdict.ruling for verdict in verdicts)
    return run_of(Outcome(ruling, verdicts))["results"]


def place(result: dict[str, Any]) -> tuple[str, int]:
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


@pytest.mark.parametrize(
    "outcome",
    [
        OUTCOME,
        hostile_outcome(HOSTILE),
        hostile_outcome(MARKUP),
        Outcome(Ruling.ERROR, (), error="no network"),
        Outcome(Ruling.ALLOW, ()),
        large_outcome(),
    ],
)
def test_the_log_keeps_the_schema(outcome: Outcome) -> None:
    rendered = sarif.render(outcome)
    assert rendered.isascii()
    VALIDATOR.validate(json.loads(rendered))


@given(outcomes())
@settings(max_examples=15, deadline=None)
def test_any_outcome_keeps_the_schema(outcome: Outcome) -> None:
    VALIDATOR.validate(json.loads(sarif.render(outcome)))


def test_a_result_stands_at_the_line_that_names_the_release() -> None:
    (result,) = results(replace(BLOCKED, path="api/requirements.txt", place=Place("api/requirements.txt", 7)))
    assert place(result) == ("api/requirements.txt", 7)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "pkg:pypi/reqeusts@1.0"
    inner = result["relatedLocations"][0]["physicalLocation"]
    assert inner["artifactLocation"]["uri"] == "reqeusts-1.0.tar.gz/setup.py"
    assert inner["region"] == {"startLine": 12, "snippet": {"text": "exec(base64.b64decode('...'))"}}


def test_without_such_a_line_it_stands_inside_the_package() -> None:
    assert place(results(BLOCKED)[0]) == ("reqeusts-1.0.tar.gz/setup.py", 12)
    assert place(results(replace(BLOCKED, path="dist/a.whl"))[0]) == ("dist/a.whl/setup.py", 12)
    assert place(results(UNREAD)[0]) == ("numpy", 1)
    assert place(results(replace(BLOCKED, place=Place("command line")))[0]) == ("reqeusts-1.0.tar.gz/setup.py", 12)


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b#c%.txt", "a%20b%23c%25.txt"),
        ("sub\\folder\\x.txt", "sub/folder/x.txt"),
        ("/srv/x.txt", "file:///srv/x.txt"),
        ("C:\\work\\x.txt", "file:///C%3A/work/x.txt"),
        ("größe.txt", "gr%C3%B6%C3%9Fe.txt"),
    ],
)
def test_places_are_uris(file: str, uri: str) -> None:
    assert place(results(replace(BLOCKED, place=Place(file, 1)))[0])[0] == uri


def test_a_packages_file_name_cannot_leave_the_package() -> None:
    climbing = replace(BLOCKED, findings=(replace(FINDING, file="../../.github/x.yml"),))
    assert place(results(climbing)[0])[0] == "reqeusts-1.0.tar.gz/_/_/.github/x.yml"


def test_what_held_a_release_back_is_an_error_and_what_was_allowed_a_note() -> None:
    medium = replace(FINDING, check="typosquat", severity=Severity.MEDIUM)
    low = replace(FINDING, check="plain-http", severity=Severity.LOW)
    both = (low, medium)

    def levels(ruling: Ruling) -> dict[str, str]:
        return {each["ruleId"]: each["level"] for each in results(replace(BLOCKED, ruling=ruling, findings=both))}

    assert levels(Ruling.BLOCK) == {"typosquat": "error", "plain-http": "note"}
    assert levels(Ruling.ASK) == {"typosquat": "warning", "plain-http": "note"}
    assert levels(Ruling.ALLOW) == {"typosquat": "note", "plain-http": "note"}


def test_no_release_that_was_not_allowed_is_silent() -> None:
    assert [each["ruleId"] for each in results(UNREAD)] == ["could-not-decide"]
    assert [each["ruleId"] for each in results(replace(BLOCKED, findings=()))] == ["not-allowed"]
    waived = replace(BLOCKED, findings=(replace(FINDING, waived="ours"),))
    assert {each["ruleId"]: each["level"] for each in results(waived)} == {
        "not-allowed": "error",
        "decode-then-exec": "note",
    }
    assert results(ALLOWED) == []


def test_a_waiver_is_a_suppression_with_its_reason() -> None:
    result = results(replace(ALLOWED, findings=(replace(FINDING, waived="checked by sam"),)))[0]
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "checked by sam"}]
    assert results(BLOCKED)[0]["suppressions"] == []


def fingerprints(*verdicts: Any) -> list[str]:
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in results(*verdicts)]


def test_a_finding_is_known_again_when_lines_move_or_time_passes() -> None:
    old = replace(BLOCKED, place=Place("r.txt", 3), findings=(replace(FINDING, message="is 6 h old"),))
    moved = replace(old, place=Place("r.txt", 90), findings=(replace(FINDING, message="is 31 h old", line=80),))
    assert fingerprints(old) == fingerprints(moved)


def test_different_findings_are_told_apart() -> None:
    told = fingerprints(
        BLOCKED,
        replace(BLOCKED, release=Release("pypi", "reqeusts", "1.1")),
        replace(BLOCKED, place=Place("a.txt", 1)),
        replace(BLOCKED, place=Place("b.txt", 1)),
        replace(BLOCKED, findings=(FINDING, FINDING, replace(FINDING, snippet="exec(x)"))),
    )
    assert len(set(told)) == len(told) == 7


def test_rules_tell_how_grave_and_how_sure() -> None:
    (rule,) = run_of(Outcome(Ruling.BLOCK, (BLOCKED,)))["tool"]["driver"]["rules"]
    assert rule["id"] == "decode-then-exec"
    assert rule["properties"]["security-severity"] == "8.0"
    assert rule["properties"]["tags"] == ["security", "supply-chain", "T1195.001"]
    assert "gatekeeper explain decode-then-exec" in rule["help"]["text"]
    many = replace(FINDING, attack=tuple(f"T{1000 + number}" for number in range(30)))
    (rule,) = run_of(Outcome(Ruling.BLOCK, (replace(BLOCKED, findings=(many,)),)))["tool"]["driver"]["rules"]
    assert len(rule["properties"]["tags"]) == 10


def test_results_tell_when_the_code_runs_and_how_it_is_known() -> None:
    kept = results(replace(BLOCKED, findings=(replace(FINDING, when=When.CALL),)))[0]["properties"]
    assert kept == {
        "purl": "pkg:pypi/reqeusts@1.0",
        "ruling": "block",
        "severity": "high",
        "confidence": "high",
        "when": "command",
        "attack": ["T1195.001"],
    }


def test_more_than_code_scanning_keeps_is_cut_to_the_worst_and_counted() -> None:
    notes = tuple(replace(FINDING, severity=Severity.NOTE, line=number + 1) for number in range(3000))
    run = run_of(Outcome(Ruling.BLOCK, (replace(ALLOWED, findings=notes), replace(ALLOWED, findings=notes), BLOCKED)))
    assert len(run["results"]) == sarif.MOST_RESULTS
    assert run["results"][0]["level"] == "error"
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert told == ["1001 results of lesser weight were left out"]


def test_the_invocation_tells_how_the_run_ended() -> None:
    for ruling, code in EXIT_CODES.items():
        (invocation,) = run_of(Outcome(ruling, (replace(BLOCKED, ruling=ruling),)))["invocations"]
        assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, True)
    (invocation,) = run_of(Outcome(Ruling.ERROR, (), error="no network"))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"] == [{"level": "error", "message": {"text": "no network"}}]


def test_no_viewer_reads_a_link_or_a_placeholder_into_a_message() -> None:
    words = "see [this](http://links.example/) and {0}"
    result = results(replace(BLOCKED, findings=(replace(FINDING, message=words),)))[0]
    assert result["message"]["text"] == "reqeusts 1.0: see \\[this\\](http://links.example/) and {{0}}"


def test_whatever_hides_or_moves_text_is_spelt_out_in_every_string() -> None:
    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [each for pair in value.items() for item in pair for each in strings(item)]
        if isinstance(value, list):
            return [each for item in value for each in strings(item)]
        return [value] if isinstance(value, str) else []

    for words in strings(json.loads(sarif.render(hostile_outcome(HOSTILE)))):
        assert words.replace("\n", "").isprintable()  # a snippet keeps its lines


def test_every_release_is_listed_whatever_became_of_it() -> None:
    listed = run_of(OUTCOME)["properties"]["releases"]
    assert [(each["purl"], each["ruling"]) for each in listed] == [
        ("pkg:pypi/requests@2.32.3", "allow"),
        ("pkg:pypi/reqeusts@1.0", "block"),
        ("pkg:pypi/numpy", "error"),
    ]


def test_what_is_found_in_a_persons_own_file_stands_at_its_own_line_and_nowhere_else() -> None:
    path = ".github/workflows/build.yml"
    finding = Finding("secrets-dumped", Severity.HIGH, Confidence.HIGH, "all of them", file=path, line=7)
    unread = Finding("not-fully-read", Severity.MEDIUM, Confidence.HIGH, "not YAML", When.BUILD, file=path)
    verdict = Verdict(
        Release("generic", path), Ruling.BLOCK, (finding, unread), path=path, place=Place(path, 9), requested=True
    )
    results = json.loads(sarif.render(Outcome(Ruling.BLOCK, (verdict,))))["runs"][0]["results"]
    places = [each["locations"][0]["physicalLocation"] for each in results]
    assert [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places] == [(path, 7), (path, 1)]
    assert not any(each.get("relatedLocations") for each in results)
