"""No way that hostile code takes through npm ends with it running, or with anything changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof import ways_npm_by_code, ways_npm_by_disguise, ways_npm_by_project, ways_npm_by_source
from tests.proof.npm_stage import NpmStage, Proof, on_clients

if TYPE_CHECKING:
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

WAYS = [
    *ways_npm_by_code.WAYS,
    *ways_npm_by_source.WAYS,
    *ways_npm_by_project.WAYS,
    *ways_npm_by_disguise.WAYS,
]


@pytest.fixture
def stage(make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry, client: str) -> NpmStage:
    return NpmStage(make_npm_ground(client, index_url=registry.url), registry, other_registry)


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS, controls=True))
def test_bare_npm_lets_it_run(stage: NpmStage, way: Proof) -> None:
    """The control: each way is a real one."""
    words = way.lay(stage)
    assert not stage.marker.exists()
    done = stage.ground.bare(*words, program=way.program, expect=None)
    later = stage.ground.node(way.later) if way.later else None
    assert stage.marker.exists(), f"{done.text}\n{later.text if later else ''}"


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS))
def test_the_gate_refuses_before_anything_runs(stage: NpmStage, way: Proof) -> None:
    words = way.lay(stage)
    before = stage.ground.snapshot()
    done = stage.ground.gated(*words, program=way.program, expect=way.refused_with)
    assert done.code != 0, done.text
    stage.ground.assert_unchanged_since(before)
    if way.later:
        stage.ground.node(way.later)
    assert not stage.marker.exists(), done.text
