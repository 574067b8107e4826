"""The text that reports a false alarm: nothing in it acts, and nothing is told that is nobody else's business."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from gatekeeper.model import Finding, Outcome, Place, Release, Ruling, Severity, Verdict
from gatekeeper.reports.markdown import false_alarm
from tests.support.outcomes import (
    BLOCKED,
    EXPLAINED,
    FINDING,
    HOSTILE,
    MARKUP,
    hostile_outcome,
    outcomes,
)

OWN = {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "code_block"}
OWN_INLINE = {"text", "softbreak", "strong_open", "strong_close"}
ABOUT = ["gatekeeper 0.1.0, Python 3.12.1 on linux"]


def assert_inert(page: str) -> None:
    assert all(line.isprintable() for line in page.split("\n"))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page)
    assert {token.type for token in tokens} <= OWN
    inline = [each for token in tokens for each in token.children or []]
    assert {each.type for each in inline} <= OWN_INLINE
    said = " ".join(each.content for each in inline)
    assert not set("@#<>[]`") & set(said)  # of which GitHub would make links and mentions


@pytest.mark.parametrize("words", [HOSTILE, MARKUP, "\n# x\n- y\n```\nz", "\n\n<b>x</b>", "@a/b #12 GH-1", "\t- x"])
def test_package_text_is_code_and_nothing_else(words: str) -> None:
    assert_inert(false_alarm(hostile_outcome(words), [words]))


@given(outcomes())
@settings(max_examples=40, deadline=None)
def test_any_package_text_is_code_and_nothing_else(outcome: Outcome) -> None:
    assert_inert(false_alarm(outcome, ABOUT))


def test_it_says_what_whoever_looks_into_it_needs() -> None:
    page = false_alarm(replace(EXPLAINED, client="pip 25.3 on Python 3.12.1"), ABOUT)
    for words in (
        "gatekeeper 0.1.0, Python 3.12.1 on linux",
        "pip 25.3 on Python 3.12.1",
        "sha256:" + "0" * 64,
        "pkg:pypi/reqeusts@1.0",
        "reqeusts-1.0.tar.gz, 1234567 bytes",
        "cd" * 32,
        "decode-then-exec: high severity, high confidence, runs: build",
        "setup.py:12",
        "> 12 | exec(base64.b64decode('...'))",
    ):
        assert words in page, words


def test_it_keeps_to_itself_what_is_nobody_elses_business() -> None:
    private = replace(
        BLOCKED,
        source="https://index.corp.example/simple/",
        public=False,
        via=("acme-billing",),
        path="/home/sam/secret-plans/reqeusts.whl",
        place=Place("/home/sam/work/requirements.txt", 7),
    )
    typed = "git+https://sam:hunter2@code.corp.example/x from /home/sam/work/r.txt and C:\\Users\\sam\\x, which no gate"
    source = Finding("ungated-source", Severity.HIGH, FINDING.confidence, typed, file="/home/sam/r.txt", line=3)
    ungated = Verdict(Release("pypi", typed.partition(" ")[0]), Ruling.BLOCK, (source,), error=typed)
    page = false_alarm(Outcome(Ruling.BLOCK, (private, ungated), remarks=("sam said so",)), ABOUT)
    for words in ("corp.example", "acme-billing", "sam", "hunter2", "secret-plans", "requirements.txt"):
        assert words not in page, words
    assert page.count("is it yours to show?") == 2
    assert "source      left out" in page


def test_the_index_that_everybody_uses_is_named() -> None:
    page = false_alarm(Outcome(Ruling.BLOCK, (replace(BLOCKED, public=True),)), ABOUT)
    assert "source      https://index.example/simple/" in page
    assert "is it yours to show?" not in page


def test_code_of_ones_own_folder_is_not_shown() -> None:
    own = replace(BLOCKED, artifact=None, path=".")
    page = false_alarm(Outcome(Ruling.BLOCK, (own,)), ABOUT)
    assert "exec(" not in page
    assert "setup.py" not in page
