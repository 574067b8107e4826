"""For GitHub Actions: annotations the runner reads as meant, and a summary in which no package text is markup."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from gatekeeper.model import Outcome, Place, Release, Ruling, Severity
from gatekeeper.reports import github
from gatekeeper.terminal.voice import Voice
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

if TYPE_CHECKING:
    from pathlib import Path

OWN_HTML = {"<code>", "</code>", "<br>", "<details>", "</details>", "<summary>", "</summary>"}


def commands(rendered: str) -> list[tuple[str, dict[str, str], str]]:
    """Read what the runner reads: the command, its properties and its message, unescaped by the runner's own rules."""
    found = []
    for line in rendered.split("\n"):
        if (match := re.match(r"\s*::([a-z-]+)(?: (.*?))?::(.*)$", line)) is not None:
            pairs = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if pair)
            found.append((match[1], {key: unescaped(value) for key, value in pairs.items()}, unescaped(match[3])))
    return found


def unescaped(words: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        words = words.replace(code, char)
    return words


def annotations(outcome: Outcome) -> list[tuple[str, dict[str, str], str]]:
    return [each for each in commands(github.render(outcome)) if each[0] in {"error", "warning", "notice"}]


def test_an_annotation_stands_at_the_line_that_names_the_release() -> None:
    named = replace(BLOCKED, place=Place("api/requirements.txt", 7))
    ((level, at, message),) = annotations(Outcome(Ruling.BLOCK, (named, ALLOWED)))
    assert level == "error"
    assert at == {"file": "api/requirements.txt", "line": "7", "title": "gatekeeper: block reqeusts 1.0"}
    assert message.splitlines() == [
        "decode-then-exec (high): runs decoded text when it is built [setup.py:12 (build)]",
        "wanted by flask",
    ]


def test_an_annotation_without_a_line_names_no_file() -> None:
    ((_, at, message),) = annotations(Outcome(Ruling.ERROR, (UNREAD,)))
    assert at == {"title": "gatekeeper: error numpy"}
    assert message.startswith("could-not-decide: the index did not answer")
    ((_, at, _),) = annotations(Outcome(Ruling.BLOCK, (replace(BLOCKED, place=Place("command line")),)))
    assert "file" not in at


def test_a_question_is_a_warning_and_what_was_allowed_is_silent() -> None:
    assert [each[0] for each in annotations(Outcome(Ruling.ASK, (replace(BLOCKED, ruling=Ruling.ASK),)))] == ["warning"]
    assert annotations(Outcome(Ruling.ALLOW, (ALLOWED,))) == []
    assert [each[0] for each in annotations(Outcome(Ruling.ALLOW, (replace(BLOCKED, ruling=Ruling.ALLOW),)))] == [
        "notice"
    ]


def test_a_run_that_came_to_nothing_is_an_error() -> None:
    ((level, at, message),) = annotations(Outcome(Ruling.ERROR, (), error="no network"))
    assert (level, at["title"], message) == ("error", "gatekeeper: error", "no network")


def test_no_more_annotations_than_a_step_shows_and_the_last_counts_the_others() -> None:
    many = tuple(replace(BLOCKED, release=Release("pypi", f"p{number}", "1")) for number in range(25))
    told = annotations(Outcome(Ruling.BLOCK, many))
    assert len(told) == 10
    assert told[-1][2].startswith("16 more releases not allowed")
    assert len(annotations(Outcome(Ruling.BLOCK, many[:10]))) == 10


def test_package_text_is_escaped_as_the_runner_reads_it() -> None:
    words = "50% of a,b:c\r\n::error::owned"
    verdict = replace(BLOCKED, release=Release("pypi", words, "1"), findings=(replace(FINDING, message=words),))
    rendered = github.render(Outcome(Ruling.BLOCK, (replace(verdict, place=Place(words, 1)),)))
    ((_, at, message),) = [each for each in commands(rendered) if each[0] == "error"]
    assert at["title"] == "gatekeeper: block 50% of a,b:c\\r\\n::error::owned 1"
    assert message.splitlines()[0].startswith("decode-then-exec (high): 50% of a,b:c\\r\\n::error::owned")


def test_the_log_has_every_release_in_a_folded_group() -> None:
    lines = github.render(OUTCOME).splitlines()
    group = lines[lines.index("::group::gatekeeper: 3 releases") : lines.index("::endgroup::")]
    for name in ("requests 2.32.3", "reqeusts 1.0", "numpy"):
        assert any(line.startswith(name) for line in group)
    assert lines[-2].startswith("block: 2 of 3 releases judged")


def markup(page: str) -> set[str]:
    """Name everything in a Markdown page that is more than text and tables."""
    found = set()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(page):
        for each in [token, *(token.children or [])]:
            if each.type in {"html_inline", "html_block"}:
                found |= set(re.findall(r"</?\w+[^>]*>", each.content))
            elif each.type in {"link_open", "image", "code_inline", "fence", "code_block", "s_open", "em_open"}:
                found.add(each.type)
    return found


def rows(page: str) -> int:
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    return sum(token.type == "tr_open" for token in tokens)


@pytest.mark.parametrize("words", [HOSTILE, MARKUP, "a|b\n|c|", "`x` ``y``", "**b** _i_ ~~s~~ 1. x", "@a/b #12 GH-1"])
def test_package_text_is_no_markup_in_the_summary(words: str) -> None:
    page = github.summary(hostile_outcome(words))
    assert markup(page) <= OWN_HTML
    assert rows(page) == 3
    shown = re.sub(r"<code>.*?</code>", "", page)
    for sign in ("@", "&#64;", "&#35;1"):  # GitHub makes links of mentions and numbers after Markdown, not in code
        assert sign not in shown


@given(outcomes())
@settings(max_examples=60, deadline=None)
def test_any_summary_is_text_and_one_row_a_release(outcome: Outcome) -> None:
    page = github.summary(outcome)
    assert all(line.isprintable() for line in page.split("\n"))
    assert markup(page) <= OWN_HTML
    stopped = sum(verdict.ruling is not Ruling.ALLOW for verdict in outcome.verdicts)
    allowed = len(outcome.verdicts) - stopped
    assert rows(page) == stopped + bool(stopped) + allowed + bool(allowed)


def test_a_summary_fits_github_and_counts_what_does_not() -> None:
    long = tuple(
        replace(
            BLOCKED, release=Release("pypi", f"p{number}", "1"), findings=(replace(FINDING, message="x|" * 400),) * 5
        )
        for number in range(3000)
    )
    page = github.summary(Outcome(Ruling.BLOCK, long))
    assert len(page.encode()) < 1024 * 1024
    assert re.search(r"^\.\.\. and \d+ more that do not fit here$", page, re.MULTILINE)
    assert len(github.summary(large_outcome()).encode()) < 1024 * 1024
    wordy = replace(OUTCOME, error="|" * 10**6, remarks=("|" * 10**5,) * 100)
    assert len(github.summary(wordy, 60_000).encode()) < 65_536


def test_the_summary_reads_like_this() -> None:
    noted = replace(ALLOWED, findings=(replace(FINDING, severity=Severity.LOW),))
    page = github.summary(replace(OUTCOME, verdicts=(replace(BLOCKED, place=Place("requirements.txt", 7)), noted)))
    assert "> [!CAUTION]\n> block&#58; 1 of 2 releases judged" in page
    assert "| **block** | <code>reqeusts 1.0</code> | <code>requirements.txt&#58;7</code> | flask | " in page
    assert "<summary>1 release allowed</summary>" in page


def test_the_job_gets_the_summary_and_the_log_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "summary.md"
    page.write_text("# another step\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert Voice("gatekeeper", layout="github").tell(lambda: OUTCOME) == 10
    assert capsys.readouterr().out == github.render(OUTCOME)
    assert page.read_text("utf-8") == "# another step\n" + github.summary(OUTCOME)


def test_a_summary_that_cannot_be_written_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert Voice("gatekeeper", layout="github").tell(lambda: Outcome(Ruling.ALLOW, (ALLOWED,))) == 12
    assert "the report cannot be written" in capsys.readouterr().err
