"""Whatever a package, a registry or a policy says is text wherever it is told: it acts on no terminal, runner or parser.

Here every place that tells something is asked for the same words, and what comes out is read back by whoever would act
on it: a terminal, a CI runner, a JSON parser, a browser's HTML parser, a Markdown renderer.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from gatekeeper.audit._book import SCHEMA
from gatekeeper.audit.reading import ENDED, RELEASE
from gatekeeper.commands import log
from gatekeeper.errors import UndecidedError
from gatekeeper.explaining import Explaining
from gatekeeper.gate.server import one_line, reason_of
from gatekeeper.model import Outcome, Release, Ruling
from gatekeeper.reports import github, html, markdown, sarif, text
from gatekeeper.reports import json as json_report
from gatekeeper.terminal.voice import complain
from tests.reports.test_false_alarm import assert_inert as assert_inert_markdown
from tests.reports.test_github import OWN_HTML, markup
from tests.reports.test_html import assert_inert as assert_inert_html
from tests.support.outcomes import BLOCKED, FINDING, HOSTILE, MARKUP, hostile_outcome, outcomes

if TYPE_CHECKING:
    from pathlib import Path

HARMFUL = {
    "colours": "\x1b[31mred\x1b[0m",
    "a cleared screen": "\x1b[2J\x1b[H",
    "a title": "\x1b]0;owned\x07",
    "a link": "\x1b]8;;http://links.example/\x07here\x1b]8;;\x1b\\",
    "a clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "8-bit controls": "\x9b31m\x9d52;c;eA==\x9c\x90q\x85",
    "a carriage return": "bad\rgood",
    "lines": "one\ntwo\r\nthree\u2028four\u2029five\x0bsix\x0cseven\x85eight",
    "nul and backspaces": "\x00bad\b\b\bgood\x7f",
    "bidirectional text": "\u202egnp.exe\u2066x\u2069\u061c\u200f",
    "characters that nobody sees": "a\u200b\u200d\u2060\ufeff\u00ad\u180e\u3164\u115f\ufe0fb",
    "tags": "a\U000e0041\U000e0042\U000e007f",
    "lone surrogates": "\ud800x\udfff",
    "private and unassigned": "\ue000\U0010ffff\u0378",
    "a runner's output": "::set-output name=x::owned",
    "a runner's error": "\n::error file=a,line=1::owned",
    "a runner's mask": " \t::add-mask::owned",
    "a runner stopped": "::stop-commands::token",
    "older commands": "##[error]owned ##vso[task.setvariable variable=x]owned ###[x]",
    "encoded lines": "%0A::error::owned%0D%0a::x::%25",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "the end of a page": "</style></script></pre></details></body>]]>--><!--",
    "a quote": '"\'`\\"},{"ruling": "allow"}]',
    "Markdown": "[x](http://links.example/) ![x](http://images.example/) **b** # h\n- l\n> q\n| a | b |\n```\n~~~\n<b>x</b>",
    "mentions": "@person #1 GH-2 owner/repo#3 0123456789abcdef0123456789abcdef01234567",
    "placeholders": "{0} {1} ${HOME} $(id) %s %(x)s",
    "everything": HOSTILE + MARKUP,
}
OWN_COMMAND = re.compile(r"::(error|warning|notice) [^:]+::|::group::gatekeeper: \d+ releases?$|::endgroup::$")
# Where lines of ours begin, before any text from elsewhere
TELLERS = {
    "text": text.render,
    "text, all of it": lambda outcome: text.render(outcome, verbose=True),
    "the last refusal": text.explained,
    "a question": lambda outcome: "".join(map(text.describe, outcome.verdicts)),
    "a plan": text.table,
    "json": json_report.render,
    "sarif": sarif.render,
    "github": lambda outcome: github.render(outcome, verbose=True),
    "summary": github.summary,
    "markdown": markdown.render,
    "html": html.render,
    "false alarm": lambda outcome: markdown.false_alarm(outcome, ["gatekeeper"]),
    "the client's own report": lambda outcome: "\n".join(map(reason_of, outcome.verdicts)),
}


def assert_no_terminal_acts(told: str) -> None:
    for line in told.split("\n"):
        assert line.isprintable(), ascii(line)


def assert_no_runner_acts(told: str, own: re.Pattern[str] | None = None) -> None:
    for line in re.split(r"[\r\n]", told):
        assert not re.search(r"##(vso)?\[", line), line
        assert not line.lstrip().startswith("::") or (own is not None and own.match(line)), line


def read_back(teller: str, told: str) -> None:
    if teller in {"json", "sarif"}:
        assert told.isascii()
        json.loads(told)
    elif teller == "html":
        assert_inert_html(told)
    elif teller in {"summary", "markdown"}:
        assert markup(told) <= OWN_HTML
    elif teller == "false alarm":
        assert_inert_markdown(told)


@pytest.mark.parametrize("words", HARMFUL.values(), ids=HARMFUL.keys())
@pytest.mark.parametrize("teller", TELLERS)
def test_harmful_text_is_only_shown(teller: str, words: str) -> None:
    for outcome in (hostile_outcome(words), Outcome(Ruling.ERROR, (), error=words, remarks=(words,))):
        told = TELLERS[teller](outcome)
        assert_no_terminal_acts(told)
        assert_no_runner_acts(told, OWN_COMMAND if teller == "github" else None)
        read_back(teller, told)


@given(outcomes())
@settings(max_examples=25, deadline=None)
def test_any_text_is_only_shown(outcome: Outcome) -> None:
    explained = Explaining(again="safe-install").outcome(outcome)
    for teller, tell in TELLERS.items():
        told = tell(explained)
        assert_no_terminal_acts(told)
        assert_no_runner_acts(told, OWN_COMMAND if teller == "github" else None)


@pytest.mark.parametrize(
    "words", ["::error::x", "y ::error::x", "##[error]x", "::error::x " * 40, "z" * 77 + " ::x::y"]
)
def test_no_line_that_is_broken_begins_with_a_command(words: str) -> None:
    for at in range(60, 90):
        finding = replace(FINDING, message="m" * at + f" {words}", why="w" * at + f" {words}", ruling=Ruling.BLOCK)
        verdict = replace(BLOCKED, findings=(replace(finding, rule="r" * at + words),), rule="q" * at + f" {words}")
        for told in (text.render(Outcome(Ruling.BLOCK, (verdict,))), text.describe(verdict)):
            assert_no_runner_acts(told)


@pytest.mark.parametrize("words", HARMFUL.values(), ids=HARMFUL.keys())
def test_error_lines_and_answers_to_the_client_are_one_line_each(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    complain("safe-install", UndecidedError(words, hint=words))
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2
    assert_no_terminal_acts(told)
    assert_no_runner_acts(told)
    for line in (one_line(words), one_line(f"gatekeeper: {words}")):
        assert line.isascii()
        assert_no_terminal_acts(line)
        assert_no_runner_acts(line)
        assert "\n" not in line


@pytest.mark.parametrize("words", HARMFUL.values(), ids=HARMFUL.keys())
def test_the_log_is_read_as_text(tmp_path: Path, words: str) -> None:
    head = {
        "schema": SCHEMA,
        "time": "2026-03-01T12:00:00Z",
        "run": "r",
        "user": words,
        "command": words,
        "client": words,
    }
    release = {**head, "event": RELEASE, "purl": words, "ruling": words, "error": words, "answered": words}
    release |= {"findings": [{"check": words, "severity": words}], "sha256": words}
    release |= {"waivers": [{"check": words, "reason": words, "author": words, "expires": words}]}
    path = tmp_path / "audit.jsonl"
    rows = [release, {**head, "event": ENDED, "ruling": words, "exit": 0, "error": words}]
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in rows) + words.replace("\n", " ") + "\n", "utf-8", "replace"
    )
    for as_json, least in ((False, 3), (True, 2)):
        lines = list(log.read(path, log.Wanted(), as_json=as_json))
        assert len(lines) >= least
        for line in lines:
            assert_no_terminal_acts(line)
            assert_no_runner_acts(line)
            assert not as_json or json.loads(line)["run"] == "r"


def test_a_value_is_what_it_was_in_json() -> None:
    for words in HARMFUL.values():
        (first, _) = json.loads(json_report.render(hostile_outcome(words)))["releases"]
        assert first["findings"][0]["around"][0]["text"] == words
        assert first["ways"][0] == {"title": words, "words": words, "command": words}


def test_a_name_that_hides_is_never_a_command_to_be_typed() -> None:
    for words in HARMFUL.values():
        verdict = replace(BLOCKED, release=Release("pypi", words, words), requested=True)
        told = Explaining(again="safe-install").verdict(verdict)
        assert not any(way.command.startswith("safe-install") for way in told.ways)
