"""Ways round the gate that somebody has found once: each was open, and each stays shut."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import NpmStage, honest
from tests.support import npm_attacks
from tests.support.npm_clients import NEWEST, OLDEST
from tests.support.npm_packages import package, scripted

if TYPE_CHECKING:
    from tests.support.ground import Done
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

# What reads its parents' environments and memory for the way to the gate, and uses it to carry something out.
SPY = """
const fs = require('fs'), http = require('http');
let pid = process.pid, found = '';
for (let i = 0; i < 12 && pid > 1; i++) {
  for (const place of ['environ', 'cmdline', 'mem'])
    try {
      const text = place === 'mem' ? fs.readFileSync('/proc/' + pid + '/maps', 'latin1')
                                   : fs.readFileSync('/proc/' + pid + '/' + place, 'latin1');
      const match = /http:..127.0.0.1:[0-9]+.[0-9a-f]{32}/.exec(text);
      if (match) found = match[0];
    } catch (error) {}
  try { pid = +fs.readFileSync('/proc/' + pid + '/stat', 'latin1').split(') ').pop().split(' ')[1]; }
  catch (error) { break; }
}
fs.writeFileSync('spied.txt', found);
"""


@pytest.fixture
def stage(make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry) -> NpmStage:
    return NpmStage(make_npm_ground(NEWEST, index_url=registry.url), registry, other_registry)


def recon(stage: NpmStage) -> str:
    return npm_attacks.recon(stage.marker)


def encoded(stage: NpmStage) -> str:
    hidden = base64.b64encode(recon(stage).encode()).decode()
    return f"#!/usr/bin/env node\nrequire('child_process').execSync(Buffer.from('{hidden}', 'base64').toString())\n"


def refused(stage: NpmStage, *words: str, code: int = 10, program: str = "npm", ours: tuple[str, ...] = ()) -> Done:
    before = stage.ground.snapshot()
    done = stage.ground.gated(*words, program=program, expect=code, ours=ours)
    assert not stage.marker.exists(), done.text
    stage.ground.assert_unchanged_since(before)
    return done


def test_a_command_that_only_the_registry_announces(stage: NpmStage) -> None:
    """npm links what the registry says, and npx starts that."""
    says = {"name": "mossgarden", "version": "1.0.0", "bin": {"mossgarden": "x.js"}}
    honest_one = "#!/usr/bin/env node\nconsole.log('ok')\n"
    stage.registry.add(
        package(
            "mossgarden", files={"x.js": encoded(stage), "ok.js": honest_one}, bin={"mossgarden": "ok.js"}, says=says
        )
    )
    done = refused(stage, "--yes", "mossgarden", program="npx")
    assert "a command mossgarden (x.js)" in done.err


def test_a_command_that_only_the_lock_announces(stage: NpmStage) -> None:
    packed = package("mossgarden", files={"x.sh": f"#!/bin/sh\n{recon(stage)}\n"})
    stage.registry.add(packed)
    stage.lock(packed)
    lock = stage.ground.read_json("package-lock.json")
    lock["packages"]["node_modules/mossgarden"]["bin"] = {"node": "x.sh"}
    stage.write_lock(lock)
    done = refused(stage, "ci")
    assert "a command node (x.sh)" in done.err


@pytest.mark.parametrize(
    ("patterns", "code"),
    [
        (["packages/{evil,b}"], 10),
        (["!!packages/evil"], 10),
        (["!packages/evil", "packages/evil"], 10),
        (["packages/@(evil|b)"], 2),
        (["packages/[e]vil"], 2),
    ],
)
def test_a_workspace_behind_an_unusual_pattern(patterns: list[str], code: int, stage: NpmStage) -> None:
    stage.project(workspaces=patterns)
    stage.ground.manifest("packages/evil", scripts={"postinstall": recon(stage)})
    refused(stage, "install", code=code)


@pytest.mark.parametrize("verb", ["ci", "install"])
def test_a_lock_that_links_a_folder_in_the_place_of_a_release(verb: str, stage: NpmStage) -> None:
    stage.registry.add(honest("evil"))
    stage.project(dependencies={"evil": "^1.0.0"})
    stage.ground.manifest("tools/evil", scripts={"postinstall": recon(stage)})
    packages = {
        "": {"name": "project", "version": "1.0.0", "dependencies": {"evil": "^1.0.0"}},
        "node_modules/evil": {"resolved": "tools/evil", "link": True},
        "tools/evil": {"name": "evil", "version": "1.0.0", "hasInstallScript": True},
    }
    lock = {"name": "project", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}
    stage.write_lock(lock)
    refused(stage, verb)


def test_the_folder_that_one_stands_in_installed_globally(stage: NpmStage) -> None:
    stage.project(scripts={"postinstall": recon(stage)})
    refused(stage, "install", "-g")


def test_what_runs_inside_cannot_find_the_way_to_the_wrapper(stage: NpmStage) -> None:
    stage.project(scripts={"postinstall": "node spy.js"})
    stage.ground.write("spy.js", SPY)
    stage.ground.gated("install", ours=("--yes",), expect=None)
    spied = stage.ground.project / "spied.txt"
    assert not spied.exists() or spied.read_text("utf-8") == ""


def test_a_broken_lock_inside_a_package_is_undecided_and_nobody_waits(stage: NpmStage) -> None:
    says = {"name": "mossgarden", "version": "1.0.0", "_hasShrinkwrap": True}
    stage.registry.add(package("mossgarden", files={"npm-shrinkwrap.json": "{ nope"}, says=says))
    stage.project()
    refused(stage, "install", "mossgarden", code=12)


@pytest.mark.parametrize("inside", [False, True])
def test_a_malformed_address_in_a_lock_leads_nowhere(inside: bool, stage: NpmStage) -> None:
    """npm passes over it, and so do we."""
    address = "http://[bad/q.tgz"
    lock = json.dumps({"packages": {"node_modules/q": {"resolved": address}}})
    packed = package("mossgarden", files={"npm-shrinkwrap.json": lock}) if inside else honest("mossgarden")
    stage.registry.add(packed)
    stage.lock(packed, **({} if inside else {"resolved": address}))
    stage.ground.gated("ci", expect=None)


def test_a_link_in_node_modules_that_no_manifest_names(stage: NpmStage) -> None:
    stage.registry.add(honest("evil"))
    stage.project(dependencies={"evil": "^1.0.0"})
    stage.ground.manifest("tools/evil", scripts={"postinstall": recon(stage)})
    stage.ground.modules.mkdir()
    (stage.ground.modules / "evil").symlink_to("../tools/evil")
    refused(stage, "install")


def test_an_old_lock_that_names_a_folder_in_the_place_of_a_release(stage: NpmStage) -> None:
    stage.registry.add(honest("evil"))
    stage.project(dependencies={"evil": "^1.0.0"})
    stage.ground.manifest("tools/evil", scripts={"postinstall": recon(stage)})
    entry = {"version": "file:tools/evil"}
    stage.write_lock({"name": "project", "version": "1.0.0", "lockfileVersion": 1, "dependencies": {"evil": entry}})
    refused(stage, "ci")


def test_npx_without_a_command_is_refused(stage: NpmStage) -> None:
    stage.project()
    stage.ground.write(".npmrc", f"call={recon(stage)}\n")
    refused(stage, "exec", code=2)


def test_a_project_cannot_make_every_install_a_global_one(stage: NpmStage) -> None:
    stage.registry.add(scripted("mossgarden", files={"ok.js": ""}, postinstall="node ok.js"))
    stage.project()
    shell = stage.ground.write("tools/shell.sh", f"#!/bin/sh\n{recon(stage)}\n")
    shell.chmod(0o755)
    stage.ground.write(".npmrc", f"global=true\nscript-shell={shell}\n")
    refused(stage, "install", "mossgarden")


def test_a_refused_optional_package_of_a_workspace_leaves_its_manifest_as_it_was(stage: NpmStage) -> None:
    stage.project(workspaces=["packages/a"])
    stage.ground.manifest("packages/a")
    stage.registry.add(stage.hooked())
    refused(stage, "install", "-w", "a", "--save-optional", "mossgarden")


@pytest.mark.parametrize(
    "oddity", [{"url": "http://[bad/q.tgz"}, {"url": "http://h.example/\ud800"}, {"integrity": ["x"]}]
)
def test_one_malformed_version_does_not_spoil_the_others(oddity: dict, stage: NpmStage) -> None:
    stage.registry.add(honest("mossgarden", "0.9.0"), **oddity)
    stage.registry.add(honest("mossgarden", "1.0.0"))
    stage.project()
    stage.ground.gated("install", "mossgarden")


def test_a_range_that_never_ends_takes_no_time(stage: NpmStage) -> None:
    stage.registry.add(package("mossgarden", optionalDependencies={"quietharbour": "1" * 40_000}), honest())
    stage.project()
    done = stage.ground.gated("install", "mossgarden", expect=None)
    assert done.seconds < 60


def test_secrets_in_upper_case_variables_stay_with_the_gate(stage: NpmStage) -> None:
    stage.ground.environ.update(
        NPM_CONFIG__AUTHTOKEN="SECRET1", NPM_CONFIG__AUTH="SECRET2", NPM_CONFIG__PASSWORD="SECRET3"
    )
    stage.project(
        scripts={"postinstall": "node -e \"require('fs').writeFileSync('names', Object.values(process.env)+'')\""}
    )
    stage.ground.gated("install", ours=("--yes",), expect=None)
    said = stage.ground.project / "names"
    assert not said.exists() or "SECRET" not in said.read_text("utf-8")


def test_a_rebuild_follows_links_in_node_modules(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    ground = make_npm_ground(OLDEST, index_url=registry.url)
    stage = NpmStage(ground, registry, registry)
    stage.project()
    ground.manifest("tools/pkg", scripts={"postinstall": recon(stage)})
    ground.modules.mkdir()
    (ground.modules / "@evil").symlink_to("../tools")
    refused(stage, "rebuild")


def test_services_lead_nowhere_else_on_the_registrys_host(stage: NpmStage) -> None:
    stage.registry.add(scripted("mossgarden", files={"ok.js": ""}, postinstall="node ok.js"))
    stage.project()
    stage.ground.gated("install", "mossgarden", expect=None)
    assert not [path for path in stage.registry.paths() if ".." in path]
