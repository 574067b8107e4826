"""Programs that lie in the person's project under famous names never run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import honest
from tests.support import npm_attacks
from tests.support.npm_clients import NEWEST

if TYPE_CHECKING:
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_registry import Registry

# Where a name may be found: in the folder itself when PATH has an empty entry or a dot, and in what `npm run` puts first.
ENTRIES = {"empty": "", "dot": ".", "bin": "node_modules/.bin"}


def plant(ground: NpmGround, name: str, entry: str) -> None:
    path = f"{entry or '.'}/{name}"
    ground.write(path, f"#!/bin/sh\n{npm_attacks.recon(ground.marker)}\nexit 0\n").chmod(0o755)
    place = str(ground.project / entry) if "/" in entry else entry
    ground.environ["PATH"] = f"{place}:{ground.bin}:/usr/bin:/bin"


@pytest.mark.parametrize("entry", ["bin", *(pytest.param(one, marks=pytest.mark.matrix) for one in ("empty", "dot"))])
@pytest.mark.parametrize("name", ["npm", "node"])
def test_a_planted_program_does_not_run(
    name: str, entry: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(honest("mossgarden"))
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    plant(ground, name, ENTRIES[entry])
    done = ground.gated("install", "mossgarden", expect=None)
    assert not ground.marker.exists(), done.text
    assert done.code in {0, 2, 10, 12}, done.text
    assert (ground.modules / "mossgarden").is_dir() == (done.code == 0)
    ground.run("/bin/sh", "-c", f"{name} --version")
    assert ground.marker.exists(), "the control: a shell runs it"


def test_a_planted_module_does_not_run(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    """Neither npm's own modules nor what a bootstrap may require are looked for in the project."""
    registry.add(honest("mossgarden"))
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    for name in ("npm", "nopt", "@npmcli/config", "@npmcli/arborist", "graceful-fs", "semver"):
        ground.write(f"node_modules/{name}/package.json", '{"main": "index.js"}')
        ground.write(f"node_modules/{name}/index.js", npm_attacks.write(ground.marker))
    done = ground.gated("install", "--no-save", "mossgarden", expect=None)
    assert not ground.marker.exists(), done.text
    ground.node("require('nopt')")
    assert ground.marker.exists() or not (ground.modules / "nopt").exists(), "the control"
