"""The commands that document the checks, on checks made for the purpose."""

from __future__ import annotations

import types

import pytest

from gatekeeper import checks as room
from gatekeeper.commands import checks, explain
from gatekeeper.errors import UsageError
from gatekeeper.model import Behaviour, Evidence, Lookalike, Notice, Place, Release, Unread, When

RELEASE = Release("pypi", "reqeusts", "1.0")


@pytest.fixture(autouse=True)
def _two_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    first = types.SimpleNamespace(
        __doc__="Does it run decoded text?\n\nHonest code has no reason to.\nAsk its author.\n",
        ATTACK=("T1195.001", "T1204.005"),
        hits=(
            Evidence(RELEASE, behaviours=(Behaviour("exec", "decoded", "setup.py", 3, When.CALL, "exec(x)"),)),
            Evidence(RELEASE, notices=(Notice("vcs-source", "git+https://code.example/x", Place("r.txt", 2)),)),
        ),
        misses=(
            Evidence(RELEASE, lookalikes=(Lookalike("requests", "transposition", 1),)),
            Evidence(RELEASE, unread=(Unread("a.py", "too large"),)),
            Evidence(RELEASE, kind="wheel"),
        ),
    )
    second = types.SimpleNamespace(__doc__="Is the name a slip?", ATTACK=(), hits=(), misses=())
    found = {"decode-then-exec": first, "typosquat": second}
    for module in (checks, explain):
        monkeypatch.setattr(module, "all_checks", lambda: found)
    assert room.all_checks is not checks.all_checks


def test_the_list_begins_each_line_with_an_id() -> None:
    assert checks.listing() == "decode-then-exec  Does it run decoded text?\ntyposquat         Is the name a slip?\n"


def test_the_page_has_a_chapter_for_every_check() -> None:
    page = checks.markdown()
    assert page.startswith(checks.INTRODUCTION)
    assert "\n## decode-then-exec\n\nDoes it run decoded text?\n\nHonest code has" in page
    assert "\nAsk its author.\n\nMITRE ATT&CK: T1195.001, T1204.005\n\n## typosquat\n\nIs the name a slip?\n" in page


def test_a_check_is_explained_with_its_examples() -> None:
    assert (
        explain.explain("decode-then-exec")
        == """\
decode-then-exec: Does it run decoded text?

Honest code has no reason to.
Ask its author.

Fires on:
  - setup.py:3 (command) exec: exec(x)
  - vcs-source: git+https://code.example/x (r.txt:2)

Leaves alone:
  - reqeusts, close to requests (transposition)
  - a.py not read to the end: too large
  - wheel: reqeusts 1.0

MITRE ATT&CK: T1195.001, T1204.005
"""
    )


def test_a_slip_in_the_id_is_guessed() -> None:
    with pytest.raises(UsageError) as told:
        explain.explain("typosqat")
    assert told.value.hint == "did you mean `typosquat`?"
