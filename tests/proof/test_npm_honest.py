"""Honest orders end as they do with bare npm: the same exit code, the same words, the same files, byte for byte."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import NpmStage, Proof, honest, on_clients
from tests.proof.orders_npm import ORDERS
from tests.support.clients import changes
from tests.support.npm_clients import NEWEST, NEWEST_ONLY

if TYPE_CHECKING:
    from tests.support.ground import Done
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry


# The gate turns `npm init NAME` into the `npm exec` that it stands for, which announces nothing.
BANNER = re.compile(r"> (npx|'?create-.*)")


def words_of(done: Done) -> list[str]:
    """What npm said on stdout, without the time it took."""
    said = [line for line in done.out.splitlines() if line.strip() and not BANNER.fullmatch(line)]
    return [re.sub(r"\bin \d+(\.\d+)?m?s?\b", "in no time", line) for line in said]


@pytest.mark.parametrize(("client", "order"), on_clients(ORDERS))
def test_an_honest_order_leaves_what_bare_npm_leaves(
    client: str, order: Proof, make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry
) -> None:
    ground = make_npm_ground(client, index_url=registry.url)
    stage = NpmStage(ground, registry, other_registry)
    words = order.lay(stage)
    untouched = ground.snapshot()
    bare = ground.bare(*words, program=order.program)
    by_npm = ground.snapshot()
    ground.reset(keep_project=False)
    registry.clear()
    other_registry.clear()
    order.lay(stage)
    assert changes(untouched, ground.snapshot()) == [], "the beginning is the same"
    gated = ground.gated(*words, program=order.program)
    assert changes(by_npm, ground.snapshot()) == [], gated.text
    assert words_of(gated) == words_of(bare)


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_dry_run_installs_nothing(client: str, make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(honest("mossgarden"))
    ground = make_npm_ground(client, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    bare = ground.bare("install", "--dry-run", "mossgarden")
    done = ground.gated("install", "--dry-run", "mossgarden")
    assert words_of(done) == words_of(bare)
    ground.assert_unchanged_since(before)


def test_nothing_to_install_is_no_error(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    ground.gated("install")


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_no_address_of_the_gate_is_left_anywhere(
    client: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(honest("mossgarden"), honest("@moss/garden"))
    ground = make_npm_ground(client, index_url=registry.url)
    ground.manifest(dependencies={"mossgarden": "1"})
    done = ground.gated("install", "@moss/garden")
    ports = {
        port
        for path in ground.project.rglob("*.json")
        for port in re.findall(r"127\.0\.0\.1:(\d+)", path.read_text("utf-8"))
    }
    assert ports == {str(registry.port)}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", done.out + done.err)) <= {str(registry.port)}, done.text


def test_the_report_on_stdout_is_json_whatever_npm_says(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    packed = honest("@moss/garden", "1.2.3")
    registry.add(packed)
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    report = ground.gated("install", "@moss/garden", ours=("--format", "json")).report
    assert (report["schema"], report["ruling"]) == ("gatekeeper.report/1", "allow")
    (release,) = [row for row in report["releases"] if row["artifact"]]
    assert (release["purl"], release["requested"]) == ("pkg:npm/%40moss/garden@1.2.3", True)
    assert release["artifact"]["size"] == len(packed.content)
    assert release["source"].rstrip("/") == registry.url.rstrip("/")


def test_an_unknown_name_is_undecided(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    done = ground.gated("install", "mossgarden", expect=12)
    assert "mossgarden" in done.err
    ground.assert_unchanged_since(before)


def test_what_failed_is_said_and_nothing_is_kept(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    """The tarball is not the one whose digest the registry names."""
    registry.add(honest("mossgarden"), integrity=honest("oldlantern").integrity)
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    done = ground.gated("install", "mossgarden", expect=12)
    assert json.loads((ground.project / "package.json").read_text("utf-8")).get("dependencies") is None
    assert "mossgarden" in done.err
    ground.assert_unchanged_since(before)


def test_tarballs_on_a_host_that_the_policy_names_are_no_question(
    make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry
) -> None:
    packed = honest("mossgarden")
    other_registry.add(packed)
    registry.add(packed, url=other_registry.tarball_url(packed))
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    ground.gated("install", "mossgarden", expect=11)
    policy = ground.write("../policy.toml", '[hosts]\npackage = ["127.0.0.1"]\n')
    ground.gated("install", "mossgarden", ours=("--policy", str(policy)))
    lock = ground.read_json("package-lock.json")
    assert lock["packages"]["node_modules/mossgarden"]["resolved"] == other_registry.tarball_url(packed)
