"""Presets: one word for several keys, as if they were written in that file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatekeeper.checks import all_checks
from gatekeeper.errors import UsageError
from gatekeeper.model import Confidence, Finding, Severity
from gatekeeper.policy import Policy, is_refused_question, rule_on, ruling_of
from gatekeeper.settings._checking import LOCK, PER_CHECK, PLAIN, SECTIONS
from gatekeeper.settings._presets import PRESETS
from tests.support.policies import FINDINGS, Layers, assert_no_softer

QUESTION = Finding("typosquat", Severity.MEDIUM, Confidence.HIGH, "message")
SDIST = Finding("source-build", Severity.NOTE, Confidence.HIGH, "message")


@pytest.fixture
def place(tmp_path: Path) -> Layers:
    return Layers(tmp_path)


def test_presets_name_checks_that_exist() -> None:
    named = {check for preset in PRESETS.values() for section in PER_CHECK for check in preset.get(section, {})}
    assert named <= set(all_checks())


def test_the_page_about_policy_tells_what_presets_stand_for_and_every_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text("utf-8")
    cells = [[each.strip() for each in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    table = {row[0]: row[1:] for row in cells if len(row) == 1 + len(PRESETS)}
    assert table.pop("") == [f"`{name}`" for name in PRESETS]
    assert len(table) == len({key for preset in PRESETS.values() for key in preset})
    for number, preset in enumerate(PRESETS.values()):
        for key, value in preset.items():
            (row,) = (each for name, each in table.items() if key in name)
            words = value.items() if isinstance(value, dict) else [("", value)]
            assert all(f'"{word}"' in row[number] and (check in row[number] or key == "hooks") for check, word in words)
    for key in (*PLAIN, *SECTIONS, LOCK):
        assert re.search(rf"^\| `\[*{key}\b", page, re.MULTILINE), key


def test_the_default_preset_is_the_default(place: Layers) -> None:
    assert place.load(person='preset = "default"') == place.load(person="") != place.load(person='preset = "strict"')


def test_strict_takes_only_wheels_waits_a_week_refuses_questions_and_runs_waived_hooks_only(place: Layers) -> None:
    policy = place.load(person='preset = "strict"').policy
    assert (policy.cooldown, policy.questions, policy.hooks) == (168, "refuse", "waived")
    assert rule_on(SDIST, policy).word == "block"
    assert rule_on(QUESTION, policy).word == "block"


def test_relaxed_does_not_wait_and_leaves_findings_about_code_alone(place: Layers) -> None:
    policy = place.load(person='preset = "relaxed"').policy
    assert policy.cooldown == 0
    for finding in FINDINGS:
        if finding.when is not None:
            assert rule_on(finding, policy) == rule_on(finding, Policy()) or finding.check == "revived-project"
    lost = Finding("lost-provenance", Severity.MEDIUM, Confidence.MEDIUM, "message")
    assert policy.ask[lost.check] == "allow"


def test_a_file_s_own_keys_are_on_top_of_its_preset_wherever_they_stand(place: Layers) -> None:
    for text in ('preset = "strict"\ncooldown = "2d"', 'cooldown = "2d"\npreset = "strict"'):
        policy = place.load(person=text).policy
        assert (policy.cooldown, policy.questions) == (48, "refuse")


def test_a_later_preset_takes_the_place_of_an_earlier_one(place: Layers) -> None:
    found = place.load(organisation='preset = "strict"\n[rulings]\ntyposquat = "note"', person='preset = "default"')
    assert found.policy == Policy(rulings={"typosquat": "note"})
    relaxed = place.load(organisation='preset = "relaxed"', person='preset = "strict"').policy
    assert (relaxed.rulings, relaxed.ask) == ({"source-build": "block"}, {})


def test_a_later_preset_leaves_what_is_locked(place: Layers) -> None:
    organisation = 'lock = ["rulings.source-build", "questions"]\npreset = "strict"'
    policy = place.load(organisation=organisation, named='preset = "relaxed"').policy
    assert (policy.questions, policy.cooldown, policy.rulings["source-build"]) == ("refuse", 0, "block")


def test_a_stranger_s_relaxed_loosens_nothing_and_each_key_is_told(place: Layers) -> None:
    found = place.load(project='\npreset = "relaxed"')
    assert_no_softer(found.policy, Policy())
    (remark,) = found.remarks
    for key in ("cooldown", "[rulings] revived-project", "[ask] lost-provenance", "[ask] new-install-hook"):
        assert key in remark
    assert "gatekeeper.toml:2: preset relaxed's" in remark
    assert "gatekeeper policy trust" in remark


def test_a_stranger_s_strict_tightens(place: Layers) -> None:
    found = place.load(person='preset = "relaxed"', project='preset = "strict"')
    policy = found.policy
    assert (policy.cooldown, policy.questions, policy.hooks) == (168, "refuse", "waived")
    assert rule_on(SDIST, policy).word == "block"
    assert found.remarks == ()
    undone = place.load(named='preset = "default"').policy
    assert (undone.cooldown, undone.questions, undone.floors) == (24, "ask", {})


def test_a_preset_that_nobody_knows_is_a_mistake(place: Layers) -> None:
    with pytest.raises(UsageError) as told:
        place.load(person='preset = "relax"')
    assert told.value.hint == "did you mean `relaxed`?"


def test_where_questions_are_refused_there_are_none() -> None:
    asking, refusing = Policy(), Policy(questions="refuse")
    for finding in FINDINGS:
        before = rule_on(finding, asking).word
        assert rule_on(finding, refusing).word == {"ask": "block"}.get(before, before)
        assert is_refused_question([finding], refusing) == (before == "ask")
        assert not is_refused_question([finding], asking)


def test_what_is_blocked_anyway_is_no_refused_question() -> None:
    bad = Finding("decode-then-exec", Severity.CRITICAL, Confidence.HIGH, "message")
    assert ruling_of([QUESTION, bad], Policy(questions="refuse")).word == "block"
    assert not is_refused_question([QUESTION, bad], Policy(questions="refuse"))
