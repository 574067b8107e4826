"""The lines around what was found: numbered as people count, few, and none where nobody could say which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UnreadableError
from gatekeeper.evidence.around import LONGEST, MOST_BYTES, MOST_FINDINGS, around, with_lines
from gatekeeper.model import Severity, When
from tests.support.outcomes import FINDING

FOUND = replace(FINDING, line=4, around=())
CODE = b"import base64\r\nfrom setuptools import setup\n\nexec(x)\rsetup()\nlast"


def told(content: bytes, finding=FOUND):
    (first,) = with_lines([finding], {"setup.py"}, {"setup.py": content}.__getitem__)
    return first.around


def test_two_lines_before_and_two_after_are_kept_with_their_numbers() -> None:
    assert told(CODE) == (
        (2, "from setuptools import setup"),
        (3, ""),
        (4, "exec(x)"),
        (5, "setup()"),
        (6, "last"),
    )
    assert told(b"exec(x)", replace(FOUND, line=1)) == ((1, "exec(x)"),)


@pytest.mark.parametrize(
    "finding",
    [
        replace(FOUND, line=None),
        replace(FOUND, line=7),
        replace(FOUND, line=0),
        replace(FOUND, when=None),
        replace(FOUND, when=When.NEVER),
        replace(FOUND, severity=Severity.LOW),
        replace(FOUND, file="other.py"),
        replace(FOUND, file=None),
    ],
)
def test_what_stops_nobody_or_has_no_place_has_no_lines(finding) -> None:
    assert told(CODE, finding) == ()


def test_what_cannot_be_read_or_was_written_by_programs_has_no_lines() -> None:
    def read(_: str) -> bytes:
        raise UnreadableError("broken")

    (first,) = with_lines([FOUND], {"setup.py"}, read)
    assert first == FOUND
    assert told(b"\n" * (MOST_BYTES + 1)) == ()
    assert all(len(line) <= LONGEST for _, line in told(b"x" * 9999 + b"\n" * 9))


def test_only_as_many_findings_have_lines_as_anybody_reads() -> None:
    many = [replace(FOUND, message=str(number)) for number in range(MOST_FINDINGS + 5)]
    found = with_lines(many, {"setup.py"}, {"setup.py": CODE}.__getitem__)
    assert [replace(each, around=()) for each in found] == many
    assert sum(bool(each.around) for each in found) == MOST_FINDINGS


@given(st.binary(max_size=200), st.integers(-3, 30))
def test_any_bytes_have_lines_and_the_finding_s_own_is_among_them(content: bytes, line: int) -> None:
    shown = told(content, replace(FOUND, line=line))
    assert not shown or line in dict(shown)


def test_no_lines_outside_of_a_file() -> None:
    assert around([], 1) == ()
