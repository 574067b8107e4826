"""pip's other verbs: those that only read pass through, those that fetch are gated, the rest is refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.proof.stage import Stage
from tests.support.clients import NEWEST, NEWEST_ONLY
from tests.support.ground import BLOCKED, USAGE, MakeGround
from tests.support.packages import wheel

if TYPE_CHECKING:
    from tests.support.index import Index

READING = {
    "list": ("list",),
    "list-json": ("list", "--format", "json"),
    "freeze": ("freeze",),
    "show": ("show", "-f", "mossgarden"),
    "check": ("check",),
    "config": ("config", "list"),
    "version": ("--version",),
    "help": ("help", "install"),
    "hash": ("hash", "file.txt"),
}


@pytest.mark.parametrize("label", READING)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_verb_that_only_reads_says_what_pip_says(
    client: str, label: str, make_ground: MakeGround, index: Index
) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(client, index_url=index.url)
    ground.bare_pip("install", "mossgarden")
    ground.write("file.txt", "some text")
    before = ground.snapshot()
    expected = ground.bare_pip(*READING[label])
    done = ground.safe_install("pip", *READING[label])
    assert done.out == expected.out
    ground.assert_unchanged_since(before)


@pytest.mark.parametrize(
    "words", [("frobnicate",), ("instal", "mossgarden"), ("search", "mossgarden")], ids=lambda words: words[0]
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_verb_that_nobody_listed_is_refused(
    client: str, words: tuple[str, ...], make_ground: MakeGround, index: Index
) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(client, index_url=index.url)
    before = ground.snapshot()
    done = ground.safe_install("pip", *words, expect=USAGE)
    assert words[0] in done.err
    assert index.asked == []
    ground.assert_unchanged_since(before)


def test_lock_is_gated_or_refused(make_ground: MakeGround, index: Index, other_index: Index) -> None:
    """`pip lock` builds what it locks."""
    stage = Stage(make_ground(NEWEST, index_url=index.url), index, other_index)
    index.add(stage.backend_sdist())
    done = stage.ground.safe_install("pip", "lock", "mossgarden", expect=None)
    assert done.code in {BLOCKED, USAGE}, done.text
    assert not stage.marker.exists()
    stage.ground.bare_pip("lock", "mossgarden", expect=None)
    assert stage.marker.exists(), "the control"


def test_index_is_gated_or_refused(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    done = ground.safe_install("pip", "index", "versions", "mossgarden", expect=None)
    assert done.code in {0, USAGE}, done.text
    assert done.code or "1.0" in done.out


def test_uninstalling_fetches_nothing_and_works_or_is_refused(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    ground.bare_pip("install", "mossgarden")
    done = ground.safe_install("pip", "uninstall", "-y", "mossgarden", expect=None)
    assert done.code in {0, USAGE}, done.text
    assert (ground.environment.site / "mossgarden").is_dir() == (done.code == USAGE)


@pytest.mark.parametrize("door", [("pip",), ("pip3",), ("pip", "install")])
def test_the_clients_own_words_are_understood(door: tuple[str, ...], make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    ground.safe_install(*door, *(() if "install" in door else ("install",)), "mossgarden")
    assert (ground.environment.site / "mossgarden").is_dir()


def test_python_of_the_gate_is_not_the_target(make_ground: MakeGround) -> None:
    ground = make_ground(NEWEST)
    done = ground.safe_install("pip", "--version")
    assert str(ground.environment.folder) in done.out
    assert sys.prefix not in done.out
