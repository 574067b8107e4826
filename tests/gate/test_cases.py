"""What a release's metadata says it wants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate.answers import answered
from gatekeeper.gate.requirements import requirements_in
from gatekeeper.model import Confidence, Finding, Release, Ruling, Severity, Verdict, When
from gatekeeper.policy import Policy

METADATA = b"""Metadata-Version: 2.1
Name: app
Version: 1.0
Requires-Dist: urllib3 (<3,>=1.21)
Requires-Dist: PySocks!=1.5.7 ; extra == 'socks'
Requires-Dist: charset_normalizer[fast]<4,>=2
Requires-Dist: inner @ https://files.example/inner-1.0.whl

Requires-Dist: not-a-header >= 1
"""


def test_names_specifiers_addresses_and_markers_are_read() -> None:
    read = {each.name: each for each in requirements_in(METADATA)}
    assert read["urllib3"].specifier == "<3,>=1.21"
    assert read["pysocks"].marked
    assert read["charset-normalizer"].specifier == "<4,>=2"
    assert read["inner"].url == "https://files.example/inner-1.0.whl"


def test_the_description_is_no_header() -> None:
    assert "not-a-header" not in {each.name for each in requirements_in(METADATA)}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_complaint(junk: bytes) -> None:
    requirements_in(b"Requires-Dist: " + junk)


class Person:
    def __init__(self, says: bool | None) -> None:
        self.says, self.heard = says, 0

    def answer(self, _verdict: Verdict) -> bool | None:
        self.heard += 1
        return self.says


def verdict(ruling: Ruling) -> Verdict:
    return Verdict(Release("pypi", "a", "1"), ruling, (Finding("x", Severity.MEDIUM, Confidence.HIGH, "m"),))


def test_only_a_question_is_put_to_the_person() -> None:
    for ruling in (Ruling.ALLOW, Ruling.ERROR, Ruling.BLOCK):
        person = Person(says=True)
        assert answered(verdict(ruling), person, Policy()).ruling is ruling  # type: ignore[arg-type]
        assert person.heard == 0


def test_yes_allows_no_blocks_and_silence_leaves_the_question() -> None:
    answers = {says: answered(verdict(Ruling.ASK), Person(says), Policy()).ruling for says in (True, False, None)}  # type: ignore[arg-type]
    assert answers == {True: Ruling.ALLOW, False: Ruling.BLOCK, None: Ruling.ASK}


def test_where_nobody_is_there_the_policy_answers_but_not_about_code() -> None:
    policy = Policy(ask={"x": "allow"})
    about_code = Verdict(
        Release("pypi", "a", "1"), Ruling.ASK, (Finding("x", Severity.MEDIUM, Confidence.HIGH, "m", When.INSTALL),)
    )
    nobody = Person(says=None)
    assert answered(verdict(Ruling.ASK), nobody, policy).ruling is Ruling.ALLOW  # type: ignore[arg-type]
    assert answered(about_code, nobody, policy).ruling is Ruling.ASK  # type: ignore[arg-type]
