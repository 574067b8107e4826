"""Hostile code in the project that somebody cloned: its scripts, its settings, its folders."""

from __future__ import annotations

from tests.proof.npm_stage import NpmStage, Proof, Words, honest, listed_in
from tests.support import npm_attacks
from tests.support.npm_packages import package, scripted

WAYS: list[Proof] = []
way = listed_in(WAYS)


def planted_shell(stage: NpmStage, path: str = "tools/shell.sh") -> str:
    """A program in the project that looks around and then does what a shell does."""
    stage.ground.write(path, f'#!/bin/sh\n{npm_attacks.recon(stage.marker)}\nexec /bin/sh "$@"\n').chmod(0o755)
    return f"./{path}"


# --- its scripts ----------------------------------------------------------------------------------------------------


@way()
def _root_postinstall(stage: NpmStage) -> Words:
    stage.project(scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("install",)


@way(rare=True)
def _root_preinstall_of_a_clean_install(stage: NpmStage) -> Words:
    stage.registry.add(honest())
    stage.lock(honest())
    manifest = stage.ground.read_json("package.json")
    manifest["scripts"] = {"preinstall": npm_attacks.download_and_run(stage.marker)}
    stage.project(**manifest)
    return ("ci",)


@way(rare=True)
def _root_prepare_that_runs_a_file(stage: NpmStage) -> Words:
    stage.ground.write("tools/prepare.js", npm_attacks.decode_then_exec(stage.marker))
    stage.project(scripts={"prepare": "node tools/prepare.js"})
    return ("install",)


@way(rare=True)
def _root_prepublish(stage: NpmStage) -> Words:
    stage.project(scripts={"prepublish": npm_attacks.recon(stage.marker)})
    return ("install",)


@way(rare=True)
def _root_script_around_prepare(stage: NpmStage) -> Words:
    stage.project(scripts={"prepare": "node --version", "postprepare": npm_attacks.recon(stage.marker)})
    return ("install",)


@way(rare=True)
def _root_script_that_runs_when_dependencies_changed(stage: NpmStage) -> Words:
    stage.registry.add(honest())
    stage.project(scripts={"dependencies": npm_attacks.recon(stage.marker)})
    return ("install", "quietharbour")


@way(rare=True)
def _root_script_that_runs_another(stage: NpmStage) -> Words:
    stage.project(scripts={"postinstall": "npm run setup", "setup": npm_attacks.recon(stage.marker)})
    return ("install",)


@way(rare=True)
def _root_script_when_something_is_added(stage: NpmStage) -> Words:
    """A named install leaves the root's own hooks alone, a rebuild does not."""
    stage.registry.add(honest())
    stage.project(scripts={"install": npm_attacks.recon(stage.marker)}, dependencies={"quietharbour": "1"})
    return ("rebuild",)


@way(rare=True)
def _workspace_postinstall(stage: NpmStage) -> Words:
    stage.project(workspaces=["packages/*"])
    stage.ground.manifest("packages/garden", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("install",)


@way()
def _workspace_prepare(stage: NpmStage) -> Words:
    stage.project(workspaces={"packages": ["packages/**"]})
    stage.ground.manifest("packages/deep/garden", scripts={"prepare": npm_attacks.recon(stage.marker)})
    return ("install",)


@way(rare=True)
def _linked_folder(stage: NpmStage) -> Words:
    stage.project(dependencies={"garden": "file:lib/garden"})
    stage.ground.manifest("lib/garden", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("install",)


@way()
def _typed_folder(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("lib/garden", scripts={"prepare": npm_attacks.recon(stage.marker)})
    return ("install", "./lib/garden")


@way(rare=True)
def _typed_folder_outside_the_project(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("../garden", scripts={"install": npm_attacks.recon(stage.marker)})
    return ("install", "../garden")


@way(rare=True)
def _linked_from_another_folder(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("../garden", scripts={"preinstall": npm_attacks.recon(stage.marker)})
    return ("link", "../garden")


@way(rare=True)
def _own_folder_globally(stage: NpmStage) -> Words:
    stage.project(scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("link",)


@way()
def _another_folder_by_prefix(stage: NpmStage) -> Words:
    stage.ground.manifest("app", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("--prefix", "app", "install")


@way(rare=True)
def _another_folder_by_its_short_name(stage: NpmStage) -> Words:
    stage.ground.manifest("app", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("-C", "app", "i")


# --- its settings ---------------------------------------------------------------------------------------------------


@way(oldest=True)
def _script_shell(stage: NpmStage) -> Words:
    stage.registry.add(scripted("mossgarden", postinstall="node --version"))
    stage.project()
    stage.settings(f"script-shell={planted_shell(stage)}")
    # npm starts it in the package's folder, so the address must be a whole one.
    stage.settings(f"script-shell={stage.ground.project}/tools/shell.sh")
    return ("install", "mossgarden")


@way(rare=True)
def _script_shell_for_the_own_script(stage: NpmStage) -> Words:
    stage.project(scripts={"prepare": "node --version"})
    stage.settings(f"script-shell = {planted_shell(stage)}")
    return ("install",)


@way()
def _node_options(stage: NpmStage) -> Words:
    stage.ground.write("tools/first.js", npm_attacks.decode_then_exec(stage.marker))
    stage.project(scripts={"prepare": "node --version && node -e 0"})
    stage.settings("node-options=--require ./tools/first.js")
    return ("install",)


@way(rare=True)
def _node_options_quoted(stage: NpmStage) -> Words:
    stage.ground.write("tools/first.js", npm_attacks.decode_then_exec(stage.marker))
    stage.registry.add(scripted("mossgarden", postinstall="node -e 0"))
    stage.project()
    stage.settings(f'node-options="-r {stage.ground.project}/tools/first.js"')
    return ("install", "mossgarden")


@way()
def _init_module(stage: NpmStage) -> Words:
    stage.ground.write("tools/init.js", npm_attacks.decode_then_exec(stage.marker) + "module.exports = {}\n")
    stage.ground.write("node_modules/.keep", "")  # so that npm takes the folder for a project, with settings
    stage.settings(f"init-module={stage.ground.project}/tools/init.js", "yes=true")
    return ("init",)


@way(rare=True)
def _git_program(stage: NpmStage) -> Words:
    address, _ = stage.repository({"package.json": '{"name": "mossgarden", "version": "1.0.0"}'})
    stage.project(dependencies={"mossgarden": address})
    stage.ground.write("tools/git.sh", f'#!/bin/sh\n{npm_attacks.recon(stage.marker)}\nexec git "$@"\n').chmod(0o755)
    stage.settings(f"git={stage.ground.project}/tools/git.sh")
    return ("install",)


@way(rare=True)
def _settings_that_allow_hooks_which_the_person_forbade(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    stage.ground.user_settings.append("ignore-scripts=true")
    stage.ground.write_user_settings()
    stage.project(dependencies={"mossgarden": "1"})
    stage.settings("ignore-scripts=false")
    return ("install",)


@way(rare=True)
def _build_file_of_the_root(stage: NpmStage) -> Words:
    stage.ground.write("binding.gyp", "{'targets': []}\n")
    stage.project(scripts={"install": npm_attacks.recon(stage.marker)})
    stage.registry.add(package("quietharbour"))
    return ("install",)
