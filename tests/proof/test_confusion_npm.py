"""Dependency confusion with real npms: npm asks one registry for each name; the gate sees to it that it is the right one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import NpmStage, honest
from tests.support.ground import ALLOWED, BLOCKED, UNANSWERED
from tests.support.npm_clients import NEWEST
from tests.support.npm_packages import depending, package
from tests.support.own_defaults import point_npm_at

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Done
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_packages import Packed
    from tests.support.npm_registry import Registry

NAME = "acme-mossgarden"
TOKEN = "npm_s3cretLovelace0123456789"


def days_ago(days: float) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.fixture
def stage(make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry) -> NpmStage:
    """`registry` is npm's own default, which nobody configured and everybody can write to; `other` is private."""
    ground = make_npm_ground(NEWEST)
    point_npm_at(ground, registry.url)
    ground.manifest()
    return NpmStage(ground, registry, other_registry)


def outsider(stage: NpmStage, name: str = NAME, version: str = "99.0.0") -> Packed:
    """Somebody else's release under a private name; it leaves the marker when it is required."""
    return package(name, version, {"index.js": f'require("fs").writeFileSync({str(stage.marker)!r}, "")\n'})


def patterns(ground: NpmGround, *names: str) -> tuple[str, str]:
    listed = ", ".join(f'"{name}"' for name in names)
    return "--policy", str(ground.write("rules/gatekeeper.toml", f"[origins]\ninternal = [{listed}]\n"))


def installed(stage: NpmStage, name: str) -> Path:
    return stage.ground.modules / name


def asked_about(registry: Registry, name: str) -> list[str]:
    return [path for path in registry.paths() if name in path]


# --- names without a scope: nothing in npm says whose they are ------------------------------------------------------


def test_bare_npm_takes_the_outsiders_release(stage: NpmStage) -> None:
    """The control: whoever forgot to configure the private registry gets what is there."""
    stage.registry.add(outsider(stage))
    stage.ground.bare("install", NAME)
    stage.ground.node(f"require('{NAME}')")
    assert stage.marker.exists()


@pytest.mark.parametrize(
    "lay", ["typed", *(pytest.param(each, marks=pytest.mark.matrix) for each in ("listed", "required")), "locked"]
)
def test_an_internal_name_is_refused_and_never_asked_for_outside(stage: NpmStage, lay: str) -> None:
    packed = outsider(stage)
    stage.registry.add(packed, depending("quietharbour", **{NAME: "*"}))
    words: tuple[str, ...] = ("install",)
    if lay == "locked":
        stage.lock(packed)
        words = ("ci",)
    elif lay == "listed":
        stage.ground.manifest(dependencies={NAME: "*"})
    else:
        words = ("install", NAME if lay == "typed" else "quietharbour")
    ours = patterns(stage.ground, "acme-*")
    before = stage.ground.snapshot()
    done = stage.ground.gated(*words, ours=ours, expect=BLOCKED)
    assert "internal-name" in done.err, done.text
    stage.ground.assert_unchanged_since(before)
    assert not installed(stage, NAME).exists()
    assert asked_about(stage.registry, NAME) == []


def test_a_scope_that_is_internal_comes_from_its_own_registry_only(stage: NpmStage) -> None:
    stage.registry.add(outsider(stage, "@acme/tools"))
    stage.other.add(honest("@acme/tools", "1.0.0"))
    ours = patterns(stage.ground, "@acme/*")
    stage.ground.write(".npmrc", f"@acme:registry={stage.other.url}\n")
    done = stage.ground.gated("install", "@acme/tools", ours=ours)
    assert f".npmrc:1 names a source of its own: @acme:registry {stage.other.url}" in done.err
    assert stage.ground.read_json("node_modules/@acme/tools/package.json")["version"] == "1.0.0"
    assert asked_about(stage.registry, "acme") == []


def test_a_lock_cannot_lead_an_internal_name_outside(stage: NpmStage) -> None:
    packed = outsider(stage, "@acme/tools")
    stage.registry.add(packed)
    stage.other.add(honest("@acme/tools", "1.0.0"))
    stage.ground.write(".npmrc", f"@acme:registry={stage.other.url}\n")
    stage.lock(packed, resolved=stage.registry.tarball_url(packed).replace("127.0.0.1", "localhost"))
    done = stage.ground.gated("ci", ours=patterns(stage.ground, "@acme/*"), expect=BLOCKED)
    assert "internal-name" in done.err, done.text


def test_a_new_project_that_begins_at_99_is_a_question(stage: NpmStage) -> None:
    stage.registry.add(outsider(stage), time=days_ago(3))
    done = stage.ground.gated("install", NAME, expect=UNANSWERED)
    assert "version-confusion" in done.err, done.text


@pytest.mark.matrix
def test_an_old_project_that_counts_by_browsers_is_none(stage: NpmStage) -> None:
    for version, age in (("2.38.0", 2500), ("83.0.0", 2000), ("141.0.5", 60), ("142.0.1", 3)):
        stage.registry.add(honest("quietharbour", version), time=days_ago(age))
    stage.ground.gated("install", "quietharbour", expect=ALLOWED)


# --- who hears of a name --------------------------------------------------------------------------------------------


def test_no_registry_is_asked_for_a_name_that_bare_npm_would_not_ask_it_for(stage: NpmStage) -> None:
    stage.registry.add(honest("quietharbour"), depending("oldlantern", quietharbour="^1.0.0"))
    stage.other.add(depending("@acme/app", **{"@acme/tools": "^1.0.0", "oldlantern": "*"}), honest("@acme/tools"))
    stage.ground.write(".npmrc", f"@acme:registry={stage.other.url}\n")
    asked: list[list[list[str]]] = []
    for how in (stage.ground.bare, stage.ground.gated):
        for each in (stage.registry, stage.other):
            each.asked.clear()
        how("install", "@acme/app", "--no-audit", "--no-save")
        asked.append([each.paths() for each in (stage.registry, stage.other)])
        stage.ground.reset(keep_project=False)
        stage.ground.manifest()
        stage.ground.write(".npmrc", f"@acme:registry={stage.other.url}\n")
    for bare, gated in zip(*asked, strict=True):
        assert set(gated) <= set(bare)
        assert len(gated) <= len(bare) + len(set(bare)), (
            "at most once more, for the times that the short form leaves out"
        )


# --- addresses ------------------------------------------------------------------------------------------------------


def test_a_lock_with_a_lookalike_of_the_registry_is_refused_before_it_is_asked(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    point_npm_at(ground, "https://registry.example/")
    packed = honest()
    NpmStage(ground, registry, registry).lock(packed, resolved="https://reglstry.example/q/-/q-1.0.0.tgz")
    done = ground.gated("ci", expect=BLOCKED)
    assert "lookalike-host" in done.err, done.text
    assert "package-lock.json:" in done.err


@pytest.mark.matrix
def test_a_lookalike_registry_is_refused_before_it_is_asked(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    point_npm_at(ground, "https://registry.example/")
    ground.manifest()
    registry.add(honest())
    done = ground.gated("install", "--registry=https://reglstry.example/", "quietharbour", expect=BLOCKED)
    assert "lookalike-host" in done.err, done.text
    assert registry.asked == []


def test_a_token_in_the_projects_settings_is_a_note_without_it(stage: NpmStage) -> None:
    stage.other.token = TOKEN
    stage.other.add(honest("@acme/tools"))
    stage.ground.write(".npmrc", f"@acme:registry={stage.other.url}\n//{stage.other.host}/:_authToken={TOKEN}\n")
    done: Done = stage.ground.gated("install", "@acme/tools")
    assert ".npmrc:2 holds a password or token" in done.err
    assert TOKEN not in done.out + done.err
