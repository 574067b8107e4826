"""npm's other verbs: those that only read pass through, the rest is gated or refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import NpmStage, honest
from tests.support import npm_attacks
from tests.support.ground import USAGE
from tests.support.npm_clients import NEWEST, NEWEST_ONLY, npm_folder

if TYPE_CHECKING:
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_registry import Registry

READING = {
    "ls": ("ls", "--all"),
    "ls-json": ("ls", "--json"),
    "explain": ("explain", "mossgarden"),
    "view": ("view", "mossgarden", "dist.tarball"),
    "outdated": ("outdated", "--parseable"),
    "config": ("config", "get", "registry"),
    "root": ("root", "-g"),
    "prefix": ("--silent", "prefix"),
    "query": ("query", "*"),
    "run": ("run", "--silent", "greet"),
    "version": ("--version",),
    "fund": ("fund", "--json"),
}
USUAL = ("ls", "config", "run")


@pytest.fixture
def ground(make_npm_ground: MakeNpmGround, registry: Registry, client: str) -> NpmGround:
    registry.add(honest("mossgarden"))
    ground = make_npm_ground(client, index_url=registry.url)
    ground.manifest(scripts={"greet": "echo hello"})
    return ground


@pytest.mark.parametrize(
    "labels", [USUAL, pytest.param(tuple(READING), marks=pytest.mark.matrix)], ids=["usual", "all"]
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_verb_that_only_reads_says_what_npm_says(client: str, labels: tuple[str, ...], ground: NpmGround) -> None:
    """Several in one test: each starts npm twice, and they leave nothing behind."""
    ground.bare("install", "mossgarden")
    before = ground.snapshot()
    for label in labels:
        words = READING[label]
        expected = ground.bare(*words)
        done = ground.gated(*words)
        assert done.out.replace(" ", "") == expected.out.replace(" ", ""), label
    ground.assert_unchanged_since(before)


@pytest.mark.parametrize(
    "words",
    [
        ("frobnicate",),
        ("--unknown", "install", "mossgarden"),
        ("edit", "mossgarden"),
        ("cache", "add", "mossgarden"),
        ("pack", "github:moss/garden"),
    ],
    ids=lambda words: "-".join(words).replace(":", "-").replace("/", "-"),
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_what_cannot_be_gated_is_refused_and_nobody_is_asked(
    client: str, words: tuple[str, ...], ground: NpmGround, registry: Registry
) -> None:
    before = ground.snapshot()
    done = ground.gated(*words, expect=USAGE)
    assert any(word in done.err for word in words)
    assert registry.asked == []
    ground.assert_unchanged_since(before)


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_packing_another_package_is_gated(client: str, ground: NpmGround, registry: Registry) -> None:
    stage = NpmStage(ground, registry, registry)
    ground.gated("pack", "mossgarden")
    assert (ground.project / "mossgarden-1.0.0.tgz").read_bytes() == honest("mossgarden").content
    registry.add(npm_attacks.hooked("quietharbour", stage.marker))
    ground.gated("pack", "quietharbour", expect=10)
    assert not (ground.project / "quietharbour-1.0.0.tgz").exists()


@pytest.mark.parametrize("client", [NEWEST])
def test_npm_as_a_script_of_its_own_is_understood(client: str, ground: NpmGround) -> None:
    """Version managers put a script in the place of npm's link."""
    npm = ground.bin / "npm"
    npm.unlink()
    npm.write_text(f'#!/bin/sh\nexec node "{npm_folder(client)}/bin/npm-cli.js" "$@"\n', "utf-8")
    npm.chmod(0o755)
    done = ground.gated("install", "mossgarden", expect=None)
    assert done.code in {0, USAGE}, done.text
    assert (ground.modules / "mossgarden").is_dir() == (done.code == 0)


@pytest.mark.parametrize("client", [NEWEST])
def test_without_npm_it_says_so(client: str, ground: NpmGround) -> None:
    shutil.rmtree(ground.bin)
    ground.environ["PATH"] = str(ground.bin)
    done = ground.gated("install", "mossgarden", expect=None)
    assert done.code in {USAGE, 12}
    assert "npm" in done.err
