"""Why a release was not allowed, and the ways on: told for every ruling, true to the policy, and safe to be typed."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.checks import all_checks
from gatekeeper.explaining import ALARM, Explaining, default_rule, documented
from gatekeeper.model import (
    Artifact,
    Confidence,
    Finding,
    Outcome,
    Place,
    Release,
    Ruling,
    Severity,
    Verdict,
    Way,
    When,
)
from gatekeeper.policy import Policy, rule_on
from gatekeeper.reports import html, markdown, text
from tests.support.outcomes import ALLOWED, ANY_TEXT, BLOCKED, FINDING, UNREAD, VERDICTS

SLIP = Finding("typosquat", Severity.HIGH, Confidence.HIGH, "reqeusts looks like requests", instead="requests")
EXPLAINING = Explaining(again="safe-install", until="2027-03-31")
NPM = replace(EXPLAINING, again="safe-install npm install")
FILE = Artifact("left-1.0.0.tgz", "ab" * 32, 9)


def ways(verdict: Verdict, explaining: Explaining = EXPLAINING) -> list[Way]:
    return list(explaining.verdict(verdict).ways)


def columns(line: str) -> int:
    return -(-len(line) // 80) or 1


def test_what_was_allowed_is_not_explained() -> None:
    assert EXPLAINING.verdict(ALLOWED) is ALLOWED


def test_code_has_three_ways_on() -> None:
    assert ways(BLOCKED) == [
        Way("Take another version", "add 'reqeusts!=1.0' to what you typed"),
        Way(
            "You know better? A waiver for these very bytes",
            "",
            "gatekeeper allow pkg:pypi/reqeusts@1.0 --check decode-then-exec --reason 'WHY IT IS GOOD' "
            "--expires 2027-03-31",
        ),
        Way("A false alarm? This prints what to send", "", ALARM),
    ]
    assert ways(replace(BLOCKED, requested=True))[0] == ways(BLOCKED)[0], "what else was typed is not left out"


def test_another_version_is_asked_for_as_the_client_asks() -> None:
    left = replace(BLOCKED, release=Release("npm", "@acme/left", "1.0.0"), artifact=FILE)
    assert ways(replace(left, requested=True), NPM)[0].words == "write '@acme/left@<1.0.0' in its place"
    assert ways(left, NPM)[0].words == 'in package.json: "overrides": {"@acme/left": "<1.0.0"}'
    assert "pkg:npm/%40acme/left@1.0.0 " in ways(left, NPM)[1].command


def test_where_nothing_is_installed_the_line_that_names_it_is_what_to_change() -> None:
    looking = replace(EXPLAINING, again="")
    named = replace(BLOCKED, place=Place("requirements.txt", 7))
    assert ways(named, looking)[0] == Way("Take another version", "where requirements.txt:7 names it")
    assert ways(BLOCKED, looking)[0] == Way("Take another version, or do without it")
    assert ways(replace(BLOCKED, path="reqeusts.whl"))[0] == Way("Take another version, or do without it")


def test_what_does_not_come_from_the_usual_index_is_excused_by_its_digest() -> None:
    assert "--sha256" not in ways(BLOCKED)[1].command
    for elsewhere in (replace(BLOCKED, path="reqeusts.whl"), replace(BLOCKED, public=False)):
        assert f"pkg:pypi/reqeusts@1.0 --sha256 {'cd' * 32} --check" in ways(elsewhere)[1].command


def test_a_slip_has_the_name_that_was_meant() -> None:
    slip = Verdict(Release("pypi", "reqeusts"), Ruling.BLOCK, (SLIP,), requested=True)
    first, second, _ = ways(slip)
    assert first == Way("Did you mean requests?", "", "safe-install requests")
    assert second.command.startswith("gatekeeper allow pypi:reqeusts --check typosquat --reason ")
    assert ways(slip, replace(EXPLAINING, again=""))[0] == Way("Did you mean requests?")
    wanted = ways(replace(slip, requested=False, via=("flask",)))[0]
    assert (wanted.title, wanted.command) == ("Did you mean requests?", "")


def test_a_name_that_nobody_has_may_be_a_slip_too() -> None:
    missing = Verdict(Release("pypi", "numpi"), Ruling.ERROR, error="not found", requested=True, instead="numpy")
    assert ways(missing)[0] == Way("Did you mean numpy?", "", "safe-install numpy")


def test_what_could_not_be_decided_has_no_waiver() -> None:
    told = ways(UNREAD)
    assert [way.title for way in told[:2]] == ["Remove the cause and run it again", "No waiver"]
    assert told[2].command == "gatekeeper doctor"
    assert not any("allow" in way.command for way in told)


def test_known_malware_has_no_waiver_whatever_else_was_found() -> None:
    record = Finding("known-malware", Severity.CRITICAL, Confidence.HIGH, "recorded as malware, MAL-2024-1")
    told = ways(replace(BLOCKED, findings=(FINDING, record)))
    assert [way.title for way in told][1] == "No waiver"
    assert not any("allow" in way.command for way in told)


def test_a_release_that_is_too_young_waits_or_is_asked_for_by_its_version() -> None:
    young = Finding("release-age", Severity.MEDIUM, Confidence.HIGH, "it passes from 2026-03-02 12:00 UTC")
    held = Verdict(Release("pypi", "example", "1.0"), Ruling.ASK, (young,), requested=True)
    titles = [way.title for way in ways(held)]
    assert titles[:2] == ["Nobody was there to ask", "Wait"]
    assert ways(held)[2].command == "safe-install example==1.0"
    assert ways(replace(held, release=Release("npm", "example", "1.0.0")), NPM)[2].command.endswith(" example@1.0.0")


def test_what_is_about_a_source_has_the_checks_own_advice() -> None:
    source = Finding("ungated-source", Severity.HIGH, Confidence.HIGH, "git+https://code.example/x")
    first, second, _ = ways(Verdict(Release("pypi", "x"), Ruling.BLOCK, (source,)))
    assert first.words.startswith("name a release on an index instead")
    assert second.title.startswith("No waiver")
    assert second.command == "gatekeeper explain ungated-source"


def test_a_run_without_a_store_says_how_to_report_all_the_same() -> None:
    last = ways(BLOCKED, replace(EXPLAINING, kept=False))[-1]
    assert (last.words, last.command) == (f"nothing was kept; run it again without --no-store, then {ALARM}", "")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(), "We are sure, high severity, in code that runs unasked: blocked."),
        (Policy(rulings={"decode-then-exec": "block"}), """the policy's [rulings] says "block"."""),
        (Policy(rulings={"decode-then-exec": "ask"}, questions="refuse"), "The policy refuses questions."),
        (Policy(floors={"decode-then-exec": "block"}), """a policy file's [rulings] says "block"."""),
    ],
)
def test_the_rule_that_decided_is_told(policy: Policy, words: str) -> None:
    told = replace(EXPLAINING, policy=policy).verdict(BLOCKED)
    assert words in told.findings[0].rule
    assert told.findings[0].why.startswith("Code is written to be read;")
    assert told.rule == ""


@pytest.mark.parametrize(
    ("finding", "policy", "words"),
    [
        (replace(FINDING, confidence=Confidence.LOW), Policy(), "It was a question, and the answer was no."),
        (
            replace(FINDING, when=When.COMMAND),
            Policy(),
            "Its command would have run at once, before anybody could look.",
        ),
    ],
)
def test_what_no_finding_alone_explains_is_told(finding: Finding, policy: Policy, words: str) -> None:
    told = replace(EXPLAINING, policy=policy).verdict(replace(BLOCKED, findings=(finding,)))
    assert told.rule == words
    assert words in " ".join(text.render(Outcome(Ruling.BLOCK, (told,))).split())


def test_the_waiver_names_every_check_that_stands_in_the_way_and_no_other() -> None:
    other = replace(FINDING, check="hidden-address", severity=Severity.MEDIUM)
    note = replace(FINDING, check="hidden-import", severity=Severity.NOTE)
    excused = replace(FINDING, check="key-theft", waived="looked at")
    told = ways(replace(BLOCKED, findings=(FINDING, other, note, excused)))[1].command
    assert told.count("--check") == 2
    assert "--check decode-then-exec --check hidden-address" in told


@given(VERDICTS, st.sampled_from(["safe-install", "gatekeeper install npm install", ""]))
@settings(max_examples=40, deadline=None)
def test_whatever_a_package_is_called_a_command_is_plain_words_to_a_shell(verdict: Verdict, again: str) -> None:
    file = verdict.artifact and replace(verdict.artifact, sha256="cd" * 32)  # so are digests
    verdict = replace(verdict, artifact=file)
    findings = tuple(replace(each, check="hidden-address") for each in verdict.findings)  # the ids of checks are ours
    told = replace(EXPLAINING, again=again).verdict(replace(verdict, findings=findings, ways=()))
    commands = [way.command for way in told.ways if way.command]
    if commands:
        script = "".join(f"printf '%s\\n' {command}\n" for command in commands)
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": ""})
        assert done.stderr == ""
        assert done.stdout.splitlines() == [word for command in commands for word in shlex.split(command)]


@given(st.builds(Release, st.sampled_from(["pypi", "npm"]), ANY_TEXT, ANY_TEXT), st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_purl_in_a_command_is_one_word(release: Release, requested: bool) -> None:
    verdict = replace(BLOCKED, release=release, requested=requested)
    (waiver,) = [way for way in ways(verdict) if "allow" in way.command]
    assert shlex.split(waiver.command)[2] == release.purl


def test_every_check_gives_a_reason_or_asks_for_it_and_advises() -> None:
    for name in all_checks():
        words = documented(name)
        assert words.question.endswith("?"), name
        assert words.remedy, name
        told = EXPLAINING.verdict(replace(BLOCKED, findings=(replace(FINDING, check=name),)))
        assert told.findings[0].why, name


def test_the_default_rule_is_the_tables() -> None:
    for severity in Severity:
        for confidence in Confidence:
            for when in (None, *When):
                finding = Finding("x", severity, confidence, "m", when)
                verb = {Ruling.BLOCK: "blocked.", Ruling.ASK: "a question.", Ruling.ALLOW: "no more than a remark."}
                assert default_rule(finding).endswith(verb[rule_on(finding, Policy())])


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
@pytest.mark.parametrize("requested", [True, False])
def test_one_refusal_fits_one_screen_whatever_the_check(requested: bool, ecosystem: str) -> None:
    around = tuple((number, "x" * 200) for number in range(10, 15))
    for check in all_checks():
        finding = replace(FINDING, check=check, message="long words " * 20, snippet="y" * 300, around=around)
        verdict = replace(BLOCKED, release=Release(ecosystem, "a-rather-long-name-of-a-package", "2026.11.22.post1"))
        verdict = replace(verdict, findings=(finding, replace(FINDING, line=3)), requested=requested)
        outcome = Outcome(Ruling.BLOCK, (verdict, *(replace(ALLOWED, recalled=False),) * 99))
        lines = text.render(EXPLAINING.outcome(outcome)).splitlines()
        assert sum(map(columns, lines)) <= 24, check
        assert [line for line in lines if len(line) > 80 and "gatekeeper allow" not in line] == [], check
        assert any(line.startswith("         > 12 | yyy") for line in lines), check


def test_code_far_to_the_right_is_shown_where_it_stands() -> None:
    hidden = "x = 1" + " " * 150 + "; exec(y)"
    for line in (hidden, "x = 1" + " " * 500, "x = (", "\t\tx"):
        finding = replace(FINDING, around=((11, "import y"), (12, line)), snippet="exec(y)")
        told = EXPLAINING.outcome(Outcome(Ruling.BLOCK, (replace(BLOCKED, findings=(finding,)),)))
        marked = [each for each in text.render(told).splitlines() if each.startswith("         > 12 | ")]
        assert [each.partition("|")[2].strip() for each in marked] == ["exec(y)"]
        assert "> 12 | " in markdown.false_alarm(told, [])
        assert "exec(y)" in html.render(told)


def test_the_end_of_a_long_path_has_the_files_name() -> None:
    finding = replace(FINDING, file="deep/" * 40 + "setup.py")
    told = EXPLAINING.outcome(Outcome(Ruling.BLOCK, (replace(BLOCKED, findings=(finding,)),)))
    (where,) = [line for line in text.render(told).splitlines() if line.startswith("  where")]
    assert where.endswith("deep/setup.py:12")
    assert len(where) == 80
