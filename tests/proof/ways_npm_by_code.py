"""Hostile code in npm packages: what runs while npm installs, and what waits in what is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.npm_stage import NpmStage, Proof, Words, honest, listed_in
from tests.support import npm_attacks
from tests.support.npm_clients import node
from tests.support.npm_packages import as_json, depending, package
from tests.support.npm_registry import QUESTIONS, said

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- lifecycle scripts ----------------------------------------------------------------------------------------------


@way(oldest=True)
def _postinstall(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    return ("install", "mossgarden")


@way(rare=True)
def _preinstall(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked(hook="preinstall"))
    return ("install", "mossgarden")


@way(rare=True)
def _install(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked(hook="install"))
    return ("i", "mossgarden")


@way()
def _download_and_run(stage: NpmStage) -> Words:
    stage.registry.add(
        package("mossgarden", scripts={"postinstall": npm_attacks.download_and_run(stage.marker)}),
    )
    return ("add", "mossgarden")


@way(rare=True)
def _hook_that_runs_a_file(stage: NpmStage) -> Words:
    files = {"scripts/setup.js": npm_attacks.decode_then_exec(stage.marker)}
    stage.registry.add(package("mossgarden", files=files, scripts={"postinstall": "node scripts/setup"}))
    return ("install", "mossgarden")


@way()
def _hook_that_runs_a_file_that_requires_another(stage: NpmStage) -> Words:
    files = {"setup.js": "require('./lib')\n", "lib/index.js": npm_attacks.rebuilt_names(stage.marker)}
    stage.registry.add(package("mossgarden", files=files, scripts={"install": "node ./setup.js || exit 0"}))
    return ("install", "mossgarden")


@way(rare=True)
def _hook_with_code_in_the_line(stage: NpmStage) -> Words:
    code = npm_attacks.spawn_shell(stage.marker).strip().replace('"', '\\"')
    stage.registry.add(package("mossgarden", scripts={"preinstall": f'node -e "{code}"'}))
    return ("install", "mossgarden")


@way()
def _binding_gyp_without_scripts(stage: NpmStage) -> Words:
    headers = Path(node()).resolve().parents[1]
    if not (headers / "include" / "node" / "node.h").is_file():
        pytest.skip("node-gyp wants the headers of Node.js")
    stage.ground.user_settings.append(f"nodedir={headers}")
    stage.ground.write_user_settings()
    stage.registry.add(npm_attacks.gyp("mossgarden", stage.marker))
    return ("install", "mossgarden")


@way(until="10")
def _bundled_package_with_a_hook(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.bundling("mossgarden", stage.marker))
    return ("install", "mossgarden")


@way(until="8")
def _script_that_only_the_tarball_has(stage: NpmStage) -> Words:
    """In old npms the hooks come from the tarball, whatever the registry said."""
    stage.registry.add(npm_attacks.confused("mossgarden", stage.marker))
    return ("install", "mossgarden")


@way(since="10")
def _script_that_only_the_registry_has(stage: NpmStage) -> Words:
    """In newer npms the hooks come from the registry's page, whatever the tarball says."""
    says = {"name": "mossgarden", "version": "1.0.0", "scripts": {"postinstall": npm_attacks.recon(stage.marker)}}
    stage.registry.add(package("mossgarden", says=says))
    return ("install", "mossgarden")


# --- whose package it is --------------------------------------------------------------------------------------------


@way(rare=True)
def _dependency_of_a_dependency(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="^1.0.0"), depending("quietharbour", oldlantern="*"))
    stage.registry.add(stage.hooked("oldlantern"))
    return ("install", "mossgarden")


@way()
def _optional_dependency(stage: NpmStage) -> Words:
    """npm would go on without it, and say nothing."""
    stage.registry.add(package("mossgarden", optionalDependencies={"oldlantern": "*"}), stage.hooked("oldlantern"))
    return ("install", "mossgarden")


@way(rare=True)
def _peer_dependency(stage: NpmStage) -> Words:
    stage.registry.add(package("mossgarden", peerDependencies={"oldlantern": "*"}), stage.hooked("oldlantern"))
    return ("install", "mossgarden")


@way(rare=True)
def _development_dependency(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked(), honest())
    stage.project(devDependencies={"mossgarden": "~1.0.0"})
    return ("install", "quietharbour")


@way(rare=True)
def _alias(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked("oldlantern"))
    return ("install", "mossgarden@npm:oldlantern@1")


@way(rare=True)
def _tag(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.registry.add(stage.hooked(version="2.0.0"), tag="beta")
    return ("install", "mossgarden@beta")


@way(rare=True)
def _override_by_another_package(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="1"), honest(), stage.hooked("oldlantern"))
    stage.project(dependencies={"mossgarden": "1"}, overrides={"quietharbour": "npm:oldlantern@1"})
    return ("install",)


@way(rare=True)
def _workspace_needs_it(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.project(workspaces=["packages/*"])
    stage.ground.manifest("packages/garden", dependencies={"mossgarden": "1"})
    return ("install", "-w", "garden")


# --- npm's other verbs ----------------------------------------------------------------------------------------------


@way(oldest=True)
def _clean_install_over_what_is_there(stage: NpmStage) -> Words:
    """`npm ci` deletes node_modules before it fetches anything: it must stay."""
    stage.registry.add(honest(), stage.hooked())
    stage.lock(honest(), stage.hooked())
    for folder in ("quietharbour", "oldthing"):
        stage.ground.write(f"node_modules/{folder}/index.js", "// mine\n")
    return ("ci",)


@way(rare=True)
def _update(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project(dependencies={"mossgarden": "^1.0.0"})
    stage.ground.bare("install")
    stage.registry.add(stage.hooked(version="1.1.0"))
    return ("update",)


@way(rare=True)
def _update_by_name(stage: NpmStage) -> Words:
    _update(stage)
    return ("udpate", "mossgarden")


@way()
def _uninstalling_another_package_installs_what_is_missing(stage: NpmStage) -> Words:
    stage.registry.add(honest(), stage.hooked())
    stage.project(dependencies={"quietharbour": "1"})
    stage.ground.bare("install")
    stage.project(dependencies={"quietharbour": "1", "mossgarden": "1"})
    return ("uninstall", "quietharbour")


@way(rare=True)
def _dedupe_installs_what_is_missing(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.project(dependencies={"mossgarden": "1"})
    return ("dedupe",)


@way(rare=True)
def _prune_installs_what_is_missing(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.lock(stage.hooked())
    return ("prune",)


@way()
def _audit_fix(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project(dependencies={"mossgarden": "^1.0.0"})
    stage.ground.bare("install")
    stage.registry.add(stage.hooked(version="1.0.1"))
    advisory = {"id": 1, "url": "https://advisories.example/1", "title": "old", "severity": "high"}
    advisories = {"mossgarden": [{**advisory, "vulnerable_versions": "<1.0.1"}]}
    stage.registry.extra[f"{QUESTIONS}advisories/bulk".lstrip("/")] = said(advisories)
    return ("audit", "fix")


@way()
def _rebuild_of_what_is_there(stage: NpmStage) -> Words:
    """Somebody put it there without running it: an earlier `--ignore-scripts`, an unpacked archive."""
    stage.registry.add(stage.hooked())
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install", "--ignore-scripts")
    return ("rebuild",)


@way(rare=True)
def _globally(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    return ("install", "-g", "mossgarden")


@way(rare=True)
def _link_by_name(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.project()
    return ("link", "mossgarden")


@way(rare=True)
def _install_then_test(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.project(dependencies={"mossgarden": "1"}, scripts={"test": "node --version"})
    return ("it",)


@way(rare=True)
def _clean_install_then_test(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.lock(stage.hooked())
    return ("cit",)


@way(program="npx")
def _npx(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.program("mossgarden", stage.marker))
    return ("--yes", "mossgarden")


@way(rare=True)
def _exec_of_a_command_in_a_package(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.program("mossgarden", stage.marker, command="garden"))
    return ("exec", "--yes", "--package=mossgarden", "--", "garden", "--help")


@way(program="npx", rare=True)
def _npx_with_a_hook(stage: NpmStage) -> Words:
    stage.registry.add(
        package(
            "mossgarden",
            files={"cli.js": "#!/usr/bin/env node\nconsole.log('hello')\n"},
            bin={"mossgarden": "cli.js"},
            executable=("cli.js",),
            scripts={"postinstall": npm_attacks.recon(stage.marker)},
        )
    )
    return ("-y", "-p", "mossgarden", "-c", "mossgarden")


@way(rare=True)
def _initializer(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.program("create-mossgarden", stage.marker))
    return ("init", "--yes", "mossgarden")


@way(rare=True)
def _initializer_of_a_scope(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.program("@moss/create", stage.marker, command="create"))
    return ("create", "-y", "@moss")


# --- code that waits in what is installed ---------------------------------------------------------------------------


@way(later="require('mossgarden')")
def _import_time(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.waiting("mossgarden", stage.marker))
    return ("install", "mossgarden")


@way(later="require('mossgarden')", rare=True)
def _import_time_without_scripts(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.waiting("mossgarden", stage.marker))
    return ("install", "--ignore-scripts", "mossgarden")


@way(later="require('@moss/garden')")
def _import_time_in_a_scope_behind_exports(stage: NpmStage) -> Words:
    files = {"lib/node.cjs": npm_attacks.decode_then_exec(stage.marker)}
    exports = {".": {"require": {"node": "./lib/node.cjs"}, "default": "./index.js"}}
    stage.registry.add(package("@moss/garden", files=files, exports=exports))
    return ("install", "@moss/garden@^1")


@way(later="require('quietharbour/package.json'); require('mossgarden/node_modules/quietharbour')", rare=True)
def _import_time_in_a_bundled_package(stage: NpmStage) -> Words:
    inner = {"name": "quietharbour", "version": "1.0.0", "main": "x.js"}
    files = {
        "node_modules/quietharbour/package.json": as_json(inner),
        "node_modules/quietharbour/x.js": npm_attacks.decode_then_exec(stage.marker),
        "index.js": "module.exports = require('quietharbour')\n",
    }
    stage.registry.add(
        honest(),
        package("mossgarden", files=files, dependencies={"quietharbour": "1.0.0"}, bundleDependencies=["quietharbour"]),
    )
    stage.project(dependencies={"quietharbour": "1"})
    return ("install", "mossgarden")
