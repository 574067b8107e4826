"""Refusals with the real clients explain themselves on one screen, and once more when they are asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.support import attacks, clients
from tests.support.ground import BLOCKED, GATEKEEPER, UNANSWERED, USAGE, Done, Ground
from tests.support.packages import wheel

if TYPE_CHECKING:
    from tests.support.ground import MakeGround
    from tests.support.index import Index


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    return make_ground(clients.NEWEST, index_url=index.url)


def explained(ground: Ground, *words: str, expect: int = 0) -> Done:
    done = ground.run(*GATEKEEPER, "explain", *words)
    assert done.code == expect, done.text
    return done


def test_a_refusal_shows_its_code_and_the_ways_on_and_can_be_explained_and_reported(
    ground: Ground, index: Index
) -> None:
    built = attacks.setup_sdist("mossgarden", attacks.decode_then_exec(ground.folder / "marker"))
    index.add(built)
    explained(ground, expect=USAGE)
    told = ground.safe_install("mossgarden", expect=BLOCKED).err
    report = told[told.index("BLOCK mossgarden 1.0, wanted by you") :]
    assert len(report.splitlines()) <= 24
    for words in (
        "(decode-then-exec)",
        "| exec(base64.b64decode(",
        "\n  1. Take another version: add 'mossgarden!=1.0' to what you typed\n",
        f"gatekeeper allow pkg:pypi/mossgarden@1.0 --sha256 {built.sha256} --check decode-then-exec --reason",
        "\n  3. A false alarm? This prints what to send: gatekeeper explain --report\n",
    ):
        assert words in report, words
    assert "BLOCK mossgarden 1.0, wanted by you" in explained(ground).out
    page = explained(ground, "--report").out
    assert built.sha256 in page
    assert "\n    pip 2" in page
    assert str(ground.folder / "project") not in page
    assert "127.0.0.1" not in page, "an index of one's own is left out"


def test_where_nothing_is_kept_nothing_is_promised(ground: Ground, index: Index) -> None:
    index.add(wheel("rewuests"))
    told = ground.safe_install("rewuests", expect=UNANSWERED, ours=("--no-store",)).err
    assert "Did you mean requests? gatekeeper install requests" in told
    assert "nothing was kept; run it again without --no-store" in " ".join(told.split())
    explained(ground, expect=USAGE)


def test_a_question_shows_what_a_refusal_would(ground: Ground, index: Index) -> None:
    index.add(wheel("rewuests"))
    command = [*map(str, GATEKEEPER), "install", "rewuests"]
    child = pexpect.spawn(command[0], command[1:], cwd=str(ground.project), env=ground.clean_environ(), timeout=60)
    child.expect(rb"install rewuests 1.0\? \[y/N\] ")
    for words in (
        b"ASK rewuests 1.0, wanted by you",
        b"  when   ",
        b"  why    ",
        b"  sure   ",
        b"Did you mean requests?",
    ):
        assert words in child.before, words
    child.sendline(b"n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == BLOCKED
    assert "the answer was no" in " ".join(explained(ground).out.split())
