"""The commands that document the checks, on checks made for the purpose, and what was refused last."""

from __future__ import annotations

import types
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from gatekeeper import __version__, cli, refusals
from gatekeeper import checks as room
from gatekeeper.cli.side import gatekeeper as program
from gatekeeper.commands import checks, explain
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.gate import keeping
from gatekeeper.model import (
    Behaviour,
    Confidence,
    Evidence,
    Finding,
    Lookalike,
    Notice,
    Place,
    Release,
    Severity,
    Unread,
    When,
)
from tests.support.outcomes import EXPLAINED, hostile_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEASE = Release("pypi", "reqeusts", "1.0")


def _finds(evidence: Evidence) -> Iterator[Finding]:
    moment = evidence.behaviours[0].when if evidence.behaviours else None
    yield Finding("decode-then-exec", Severity.HIGH, Confidence.HIGH, "m", moment)


@pytest.fixture
def _two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    first = types.SimpleNamespace(
        __doc__="Does it run decoded text?\n\nHonest code has no reason to.\nAsk its author.\n",
        ATTACK=("T1195.001", "T1204.005"),
        hits=(
            Evidence(
                RELEASE,
                behaviours=(Behaviour("exec", "decoded", "setup.py", 3, When.CALL, "exec(x)", ("decoded",)),),
                requested=True,
            ),
            Evidence(RELEASE, notices=(Notice("vcs-source", "git+https://code.example/x", Place("r.txt", 2)),)),
        ),
        misses=(
            Evidence(RELEASE, lookalikes=(Lookalike("requests", "transposition", 1),)),
            Evidence(RELEASE, unread=(Unread("a.py", "too large"),)),
            Evidence(RELEASE, kind="wheel"),
        ),
        find=_finds,
    )
    second = types.SimpleNamespace(__doc__="Is the name a slip?", ATTACK=(), hits=(), misses=())
    found = {"decode-then-exec": first, "typosquat": second}
    for module in (checks, explain):
        monkeypatch.setattr(module, "all_checks", lambda: found)
    assert room.all_checks is not checks.all_checks


@pytest.mark.usefixtures("_two_checks")
def test_the_list_begins_each_line_with_an_id() -> None:
    assert checks.listing() == "decode-then-exec  Does it run decoded text?\ntyposquat         Is the name a slip?\n"


@pytest.mark.usefixtures("_two_checks")
def test_the_page_has_a_chapter_for_every_check() -> None:
    page = checks.markdown()
    assert page.startswith(checks.INTRODUCTION)
    assert "\n## decode-then-exec\n\nDoes it run decoded text?\n\nHonest code has" in page
    assert "\nAsk its author.\n\nMITRE ATT&CK: T1195.001, T1204.005\n\n## typosquat\n\nIs the name a slip?\n" in page


@pytest.mark.usefixtures("_two_checks")
def test_a_check_is_explained_with_its_examples() -> None:
    assert (
        explain.explain("decode-then-exec")
        == """\
decode-then-exec: Does it run decoded text?

Honest code has no reason to.
Ask its author.

Fires on:
  - setup.py:3 (command) exec: exec(x) (from: decoded)
      We are sure, high severity, in code that runs when it is used: a question.
  - vcs-source: git+https://code.example/x (r.txt:2)
      We are sure, high severity, before any code could run: blocked.

Leaves alone:
  - reqeusts 1.0 (pypi), close to requests (transposition), number 1 by downloads
  - a.py not read to the end: too large
  - wheel: reqeusts 1.0 (pypi)

To rule otherwise, in a policy file:
  [rulings]
  decode-then-exec = "ask"    # allow | note | ask | block

To excuse one release whose bytes you have looked at:
  gatekeeper allow RELEASE --check decode-then-exec --reason TEXT --expires DATE

MITRE ATT&CK: T1195.001, T1204.005
"""
    )


@pytest.mark.usefixtures("_two_checks")
def test_a_slip_in_the_id_is_guessed() -> None:
    with pytest.raises(UsageError) as told:
        explain.explain("typosqat")
    assert told.value.hint == "did you mean `typosquat`?"


@pytest.mark.usefixtures("_two_checks")
@pytest.mark.parametrize("typed", ["decode_then_exec", "Decode-Then-Exec", "decode-than-exec"])
def test_an_id_written_in_another_way_is_guessed(typed: str) -> None:
    with pytest.raises(UsageError) as told:
        explain.explain(typed)
    assert told.value.hint == "did you mean `decode-then-exec`?"


@pytest.mark.parametrize("name", sorted(room.all_checks()))
def test_every_check_has_examples_that_can_be_told_apart(name: str) -> None:
    page = explain.explain(name)
    assert "\n      We are sure" in page or "\n      Prob" in page or "\n      Perhaps" in page  # how it is ruled
    check = room.all_checks()[name]
    told = Counter("\n".join(explain._facts(example)) for example in (*check.hits, *check.misses))
    assert [facts for facts, times in told.items() if times > 1] == []


def test_nothing_softens_what_is_never_excused() -> None:
    page = explain.explain("known-malware")
    assert "Nothing softens it" in page
    assert "[rulings]" not in page.partition("Nothing softens")[2]


NOW = datetime(2026, 3, 1, 12, 30, tzinfo=timezone.utc)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keeping, "folder_of_stores", lambda: tmp_path)
    refusals.keep(EXPLAINED, tmp_path, NOW)
    return tmp_path


def test_the_last_refusal_is_explained_in_full_and_can_be_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(program, "gatekeeper", ["explain"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"Refused on 2026-03-01 at 12:30 UTC by gatekeeper {__version__}:\n")
    for words in ("BLOCK reqeusts 1.0", "> 12 | exec(", "ERROR numpy", "gatekeeper allow pkg:pypi/reqeusts@1.0", "SHA"):
        assert words.lower() in page.lower(), words
    report = explain.report(folder)
    assert page.endswith(report)
    assert cli.run(program, "gatekeeper", ["explain", "--report"]) == 0
    assert capsys.readouterr().out == report


def test_a_refusal_of_an_earlier_version_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "__version__", "9.9")
    assert f"gatekeeper {__version__} (now 9.9)" in explain.report(folder)


def test_what_cannot_be_explained_is_an_error_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(program, "gatekeeper", ["explain", "--report", "typosquat"]) == 2
    (folder / refusals.NAME).write_bytes(b"{")
    assert cli.run(program, "gatekeeper", ["explain"]) == 12
    (folder / refusals.NAME).unlink()
    assert cli.run(program, "gatekeeper", ["explain", "--report"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("gatekeeper: error: ") == 3
    with pytest.raises(UsageError):
        explain.report(folder)


def test_hostile_text_cannot_act_in_an_explanation(folder: Path) -> None:
    for words in ("\x1b]52;c;x\x07\x9b2J\u202e\r\n::error::x", "##[error]x", "\ud800", "a\n::set-output name=x::y"):
        refusals.keep(hostile_outcome(words), folder, NOW)
        lines = explain.refusal(folder).split("\n")
        assert all(line.isprintable() for line in lines)
        assert not any(line.lstrip().startswith("::") or "##[" in line for line in lines)


def test_a_tampered_refusal_is_no_crash(folder: Path) -> None:
    (folder / refusals.NAME).write_bytes((folder / refusals.NAME).read_bytes().replace(b'"block"', b'"allow_all"'))
    with pytest.raises(UndecidedError):
        explain.refusal(folder)
