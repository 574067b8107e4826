"""The policy: one table, and more findings never soften a ruling."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import Confidence, Finding, Ruling, Severity, When
from gatekeeper.policy import (
    COLUMN,
    QUESTION_WORDS,
    RULING_WORDS,
    TABLE,
    Policy,
    allows_unattended,
    rule_on,
    ruling_of,
)

FINDINGS = st.builds(
    Finding,
    check=st.sampled_from(["a", "b", "c"]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=st.just("x"),
    when=st.sampled_from([None, *When]),
    waived=st.sampled_from([None, None, None, "somebody looked"]),
)
POLICIES = st.builds(
    Policy,
    rulings=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(sorted(RULING_WORDS))),
    ask=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["refuse", "allow"])),
    floors=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["ask", "block"])),
    questions=st.sampled_from(QUESTION_WORDS),
)


def finding(severity: Severity, confidence: Confidence, when: When | None = None, check: str = "a") -> Finding:
    return Finding(check, severity, confidence, "x", when)


@given(st.lists(FINDINGS), FINDINGS, POLICIES)
def test_another_finding_never_softens_a_ruling(findings: list[Finding], more: Finding, policy: Policy) -> None:
    assert ruling_of([*findings, more], policy) >= ruling_of(findings, policy)


@given(st.lists(FINDINGS), POLICIES)
def test_the_order_of_findings_does_not_matter(findings: list[Finding], policy: Policy) -> None:
    assert ruling_of(findings, policy) is ruling_of(reversed(findings), policy)


@given(st.lists(FINDINGS), FINDINGS, POLICIES)
def test_another_finding_never_answers_a_question(findings: list[Finding], more: Finding, policy: Policy) -> None:
    assert allows_unattended(findings, policy) or not allows_unattended([*findings, more], policy)


def test_nothing_found_is_allowed() -> None:
    assert ruling_of([], Policy()) is Ruling.ALLOW


def test_the_table_is_complete_and_rises_with_severity_and_confidence_and_falls_with_the_moment() -> None:
    assert set(COLUMN) == {None, *When}
    for column in range(3):
        for low, high in itertools.pairwise(Severity):
            for confidence in Confidence:
                assert TABLE[low][confidence][column] <= TABLE[high][confidence][column]
        for severity in Severity:
            for low_, high_ in itertools.pairwise(Confidence):
                assert TABLE[severity][low_][column] <= TABLE[severity][high_][column]
    for row in TABLE.values():
        for first, second, third in row.values():
            assert first >= second >= third


@pytest.mark.parametrize("when", [None, When.INSTALL, When.STARTUP, When.IMPORT])
def test_what_runs_unasked_and_is_high_is_blocked(when: When | None) -> None:
    assert rule_on(finding(Severity.HIGH, Confidence.MEDIUM, when), Policy()) is Ruling.BLOCK


def test_a_note_never_asks_and_what_never_runs_never_asks() -> None:
    for confidence in Confidence:
        assert rule_on(finding(Severity.NOTE, confidence), Policy()) is Ruling.ALLOW
        assert rule_on(finding(Severity.CRITICAL, confidence, When.NEVER), Policy()) is Ruling.ALLOW


@pytest.mark.parametrize(("word", "ruling"), RULING_WORDS.items())
def test_a_policys_word_for_a_check_decides(word: str, ruling: Ruling) -> None:
    policy = Policy(rulings={"a": word})
    assert rule_on(finding(Severity.CRITICAL, Confidence.HIGH), policy) is ruling
    assert rule_on(finding(Severity.CRITICAL, Confidence.HIGH, check="b"), policy) is Ruling.BLOCK


def test_a_waived_finding_is_allowed() -> None:
    assert rule_on(Finding("a", Severity.CRITICAL, Confidence.HIGH, "x", waived="looked at"), Policy()) is Ruling.ALLOW


def test_a_question_about_code_of_medium_severity_is_never_answered_by_a_policy() -> None:
    policy = Policy(ask={"a": "allow"})
    assert allows_unattended([finding(Severity.MEDIUM, Confidence.HIGH)], policy)
    assert not allows_unattended([finding(Severity.MEDIUM, Confidence.HIGH, When.INSTALL)], policy)
    assert not allows_unattended([finding(Severity.MEDIUM, Confidence.HIGH)], Policy())


@given(POLICIES, st.sampled_from(["allow", "note", "ask"]))
def test_no_word_of_a_policy_softens_known_malware(policy: Policy, word: str) -> None:
    found = Finding("known-malware", Severity.CRITICAL, Confidence.HIGH, "recorded as malware")
    policy = replace(policy, rulings={**policy.rulings, found.check: word})
    assert rule_on(found, policy) is Ruling.BLOCK
