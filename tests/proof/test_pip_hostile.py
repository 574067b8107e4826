"""No way that hostile code takes through pip ends with it running, or with anything changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof import ways_beside_indexes, ways_by_code, ways_by_source
from tests.proof.stage import Proof, Stage, on_clients
from tests.support.ground import MakeGround, in_words

if TYPE_CHECKING:
    from tests.support.index import Index

WAYS = [*ways_by_code.WAYS, *ways_by_source.WAYS, *ways_beside_indexes.WAYS]


@pytest.fixture
def stage(make_ground: MakeGround, index: Index, other_index: Index, client: str) -> Stage:
    return Stage(make_ground(client, index_url=index.url), index, other_index)


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS, controls=True))
def test_bare_pip_lets_it_run(stage: Stage, way: Proof) -> None:
    """The control: each way is a real one."""
    words = way.lay(stage)
    assert not stage.marker.exists()
    stage.ground.bare_pip(way.verb, *words, expect=None)
    stage.ground.start_python(way.later)
    assert stage.marker.exists()


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS))
def test_the_gate_refuses_before_anything_runs(stage: Stage, way: Proof) -> None:
    words = way.lay(stage)
    before = stage.ground.snapshot()
    done = stage.ground.safe_install(*in_words(way.verb, words), expect=way.refused_with)
    stage.ground.assert_unchanged_since(before)
    stage.ground.start_python(way.later)
    assert not stage.marker.exists(), done.text
