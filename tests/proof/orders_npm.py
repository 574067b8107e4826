"""Honest orders: what people really type to npm, laid out for real. Each must end exactly as it does with bare npm."""

from __future__ import annotations

import sys

from tests.proof.npm_stage import NpmStage, Proof, Words, honest, listed_in
from tests.support.npm_packages import as_json, depending, package, scripted

ORDERS: list[Proof] = []
order = listed_in(ORDERS)

OTHER_PLATFORM = "win32" if sys.platform != "win32" else "linux"
PROGRAM = {"cli.js": "#!/usr/bin/env node\nconsole.log('hello', ...process.argv.slice(2))\n"}


# --- names ----------------------------------------------------------------------------------------------------------


@order(rare=True)
def _a_name_without_a_package_json(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    return ("install", "mossgarden")


@order(oldest=True)
def _several_names_with_dependencies(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="^1.0.0"), honest(), honest("@moss/garden", "3.1.4"))
    stage.project()
    return ("i", "mossgarden", "@moss/garden")


@order()
def _versions_ranges_and_tags(stage: NpmStage) -> Words:
    for name in ("mossgarden", "quietharbour", "oldlantern"):
        stage.registry.add(*(honest(name, version) for version in ("1.0.0", "1.5.0", "2.0.0")))
        stage.registry.add(honest(name, "3.0.0-rc.1"), tag="next")
    stage.project()
    return ("add", "mossgarden@1.0.0", "quietharbour@>=1 <2", "oldlantern@next")


@order(rare=True)
def _an_alias(stage: NpmStage) -> Words:
    stage.registry.add(honest("oldlantern", "1.2.0"), honest("@moss/garden"))
    stage.project()
    return ("install", "lantern@npm:oldlantern@^1", "garden@npm:@moss/garden")


@order(rare=True)
def _for_development(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("install", "-D", "mossgarden")


@order(rare=True)
def _for_development_exactly(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden", "1.2.3"))
    stage.project()
    return ("install", "--save-dev", "--save-exact", "mossgarden")


@order(rare=True)
def _optionally(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("install", "-O", "-E", "mossgarden")


@order(rare=True)
def _without_saving(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("install", "--no-save", "mossgarden")


@order(rare=True)
def _without_a_lock(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("install", "--no-package-lock", "mossgarden")


@order()
def _globally(stage: NpmStage) -> Words:
    stage.registry.add(package("mossgarden", files=PROGRAM, bin={"moss": "cli.js"}))
    return ("install", "-g", "mossgarden")


@order(rare=True)
def _options_before_the_verb(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("--loglevel", "error", "--no-audit", "--no-fund", "install", "mossgarden")


@order(rare=True)
def _as_json(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project()
    return ("install", "--json", "mossgarden")


@order(rare=True)
def _a_package_with_odd_files(stage: NpmStage) -> Words:
    """A program, a folder of types, a name with a dot, a file without an end of line."""
    files = {**PROGRAM, "types/index.d.ts": "export {}", ".hidden": "x", "data/blob.bin": bytes(range(256))}
    stage.registry.add(package("moss.garden", files=files, bin="cli.js", executable=("cli.js",)))
    stage.project()
    return ("install", "moss.garden")


# --- what package.json says -----------------------------------------------------------------------------------------


@order()
def _what_package_json_says(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden", "1.4.0"), honest("quietharbour", "2.0.0"), honest("oldlantern"))
    stage.project(
        dependencies={"mossgarden": "^1.0.0"},
        devDependencies={"quietharbour": "~2.0"},
        optionalDependencies={"oldlantern": "*"},
    )
    return ("install",)


@order(rare=True)
def _without_development(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest())
    stage.project(dependencies={"mossgarden": "1"}, devDependencies={"quietharbour": "1"})
    return ("install", "--omit=dev")


@order()
def _peer_dependencies(stage: NpmStage) -> Words:
    stage.registry.add(
        package(
            "mossgarden",
            peerDependencies={"quietharbour": "^1.0.0", "oldlantern": "*"},
            peerDependenciesMeta={"oldlantern": {"optional": True}},
        ),
        honest(),
        honest(version="2.0.0"),
    )
    stage.project(dependencies={"mossgarden": "1"})
    return ("install",)


@order(rare=True)
def _two_versions_of_one_package(stage: NpmStage) -> Words:
    stage.registry.add(
        depending("mossgarden", oldlantern="^1"),
        depending("quietharbour", oldlantern="^2"),
        honest("oldlantern", "1.0.0"),
        honest("oldlantern", "2.0.0"),
    )
    stage.project(dependencies={"mossgarden": "1", "quietharbour": "1"})
    return ("install",)


@order()
def _optional_dependencies_for_another_platform(stage: NpmStage) -> Words:
    stage.registry.add(
        package("mossgarden", optionalDependencies={"moss-here": "1", "moss-there": "1"}),
        package("moss-here", os=[sys.platform]),
        package("moss-there", os=[OTHER_PLATFORM]),
    )
    stage.project()
    return ("install", "mossgarden")


@order()
def _overrides(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="^2"), honest("quietharbour", "1.0.0"))
    stage.registry.add(honest("quietharbour", "2.0.0"))
    stage.project(dependencies={"mossgarden": "1"}, overrides={"quietharbour": "1.0.0"})
    return ("install",)


@order(rare=True)
def _a_bundled_package(stage: NpmStage) -> Words:
    inner = {"name": "quietharbour", "version": "1.0.0", "main": "index.js"}
    files = {
        "node_modules/quietharbour/package.json": as_json(inner),
        "node_modules/quietharbour/index.js": "module.exports = 1\n",
    }
    stage.registry.add(
        package(
            "mossgarden", files=files, dependencies={"quietharbour": "^1.0.0"}, bundleDependencies=["quietharbour"]
        ),
        honest(),
    )
    stage.project(dependencies={"mossgarden": "1"})
    return ("install",)


@order()
def _workspaces(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest(), honest("oldlantern"))
    stage.project(workspaces=["packages/*"], dependencies={"mossgarden": "1"})
    stage.ground.manifest("packages/garden", dependencies={"quietharbour": "1"})
    stage.ground.manifest("packages/pond", dependencies={"garden": "1.0.0", "oldlantern": "*"})
    return ("install",)


@order(rare=True)
def _one_workspace(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest())
    stage.project(workspaces=["packages/*"], dependencies={"mossgarden": "1"})
    stage.ground.manifest("packages/garden", dependencies={})
    return ("install", "quietharbour", "-w", "garden")


@order(rare=True)
def _a_folder_of_the_own_tree(stage: NpmStage) -> Words:
    stage.registry.add(honest())
    stage.project(dependencies={"garden": "file:lib/garden"})
    stage.ground.manifest("lib/garden", dependencies={"quietharbour": "1"})
    return ("install",)


@order(rare=True)
def _a_typed_folder(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("lib/garden")
    return ("install", "./lib/garden")


@order()
def _a_typed_tarball(stage: NpmStage) -> Words:
    stage.registry.add(honest())
    stage.project()
    depending("mossgarden", quietharbour="1").write(stage.ground.project / "vendor")
    return ("install", "./vendor/mossgarden-1.0.0.tgz")


@order(rare=True)
def _another_folder(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.ground.manifest("app", dependencies={"mossgarden": "1"})
    return ("install", "--prefix", "app")


@order(rare=True)
def _another_folder_by_its_short_name(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.ground.manifest("app")
    return ("-C", "app", "install", "mossgarden")


# --- locks ----------------------------------------------------------------------------------------------------------


def locked(stage: NpmStage, lockfile: int) -> None:
    packages = honest("mossgarden"), honest(), honest("@moss/garden")
    stage.registry.add(*packages)
    stage.registry.add(honest("mossgarden", "1.1.0"))
    stage.lock(*packages, lockfile=lockfile)


@order(oldest=True)
def _a_clean_install(stage: NpmStage) -> Words:
    locked(stage, 3)
    stage.ground.write("node_modules/oldthing/index.js", "// goes away\n")
    return ("ci",)


@order(rare=True)
def _an_install_with_a_lock_of_the_second_version(stage: NpmStage) -> Words:
    locked(stage, 2)
    return ("install",)


@order()
def _a_clean_install_with_a_lock_of_the_first_version(stage: NpmStage) -> Words:
    locked(stage, 1)
    return ("ci",)


@order(rare=True)
def _an_install_with_a_lock_of_the_first_version(stage: NpmStage) -> Words:
    locked(stage, 1)
    return ("install",)


@order(rare=True)
def _a_lock_under_its_other_name(stage: NpmStage) -> Words:
    locked(stage, 3)
    (stage.ground.project / "package-lock.json").rename(stage.ground.project / "npm-shrinkwrap.json")
    return ("install", "--omit=optional")


@order(rare=True)
def _only_a_lock(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="*"), honest())
    stage.project(dependencies={"mossgarden": "1"})
    return ("install", "--package-lock-only")


@order(rare=True)
def _a_lock_that_is_behind(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest())
    stage.lock(honest("mossgarden"))
    stage.project(dependencies={"mossgarden": "1.0.0", "quietharbour": "^1.0.0"})
    return ("install",)


@order(rare=True)
def _a_lock_with_the_addresses_of_the_default_registry(stage: NpmStage) -> Words:
    """npm puts the person's registry in the place of the default one, and only of that."""
    stage.registry.add(honest("mossgarden"))
    stage.lock(honest("mossgarden"))
    return ("install", "--replace-registry-host=always")


# --- npm's other verbs ----------------------------------------------------------------------------------------------


@order(rare=True)
def _update(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden", "1.0.0"))
    stage.project(dependencies={"mossgarden": "^1.0.0"})
    stage.ground.bare("install")
    stage.registry.add(honest("mossgarden", "1.2.0"))
    return ("update",)


@order(rare=True)
def _uninstall(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest())
    stage.project(dependencies={"mossgarden": "1", "quietharbour": "1"})
    stage.ground.bare("install")
    return ("uninstall", "mossgarden")


@order(rare=True)
def _uninstall_without_saving(stage: NpmStage) -> Words:
    _uninstall(stage)
    return ("rm", "--no-save", "mossgarden")


@order(rare=True)
def _dedupe(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", oldlantern="^1.0.0"), honest("oldlantern", "1.0.0"))
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install", "--install-strategy=nested", "--global-style")
    return ("dedupe",)


@order(rare=True)
def _prune(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"), honest())
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install")
    stage.ground.bare("install", "--no-save", "quietharbour")
    return ("prune",)


@order(rare=True)
def _audit_fix(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.lock(honest("mossgarden"))
    return ("audit", "fix")


@order(rare=True)
def _rebuild(stage: NpmStage) -> Words:
    stage.registry.add(BUILDS)
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install", "--ignore-scripts")
    return ("rebuild",)


@order(rare=True)
def _link_to_a_folder(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("lib/garden")
    return ("link", "./lib/garden")


@order(rare=True)
def _exec(stage: NpmStage) -> Words:
    stage.registry.add(package("mossgarden", files=PROGRAM, bin={"moss": "cli.js"}))
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install")
    return ("exec", "--", "moss", "--loud", "-v")


@order(program="npx", oldest=True)
def _npx(stage: NpmStage) -> Words:
    stage.registry.add(package("mossgarden", files=PROGRAM, bin={"moss": "cli.js"}))
    return ("--yes", "mossgarden", "--flag", "word")


@order(rare=True)
def _an_initializer(stage: NpmStage) -> Words:
    code = "#!/usr/bin/env node\nrequire('fs').writeFileSync('made.txt', 'by the initializer')\n"
    stage.registry.add(package("create-mossgarden", files={"cli.js": code}, bin={"create-mossgarden": "cli.js"}))
    return ("init", "-y", "mossgarden")


@order(rare=True)
def _init(stage: NpmStage) -> Words:
    return ("init", "-y")


@order(rare=True)
def _install_then_test(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.project(dependencies={"mossgarden": "1"}, scripts={"test": "node -p 6*7"})
    return ("it",)


# --- honest scripts -------------------------------------------------------------------------------------------------

BUILDS = scripted(
    "mossgarden",
    files={"build.js": "require('fs').writeFileSync('built.txt', 'built with node')\n"},
    postinstall="node build.js",
)
NATIVE = """\
const fs = require('fs')
const path = require('path')
const name = `moss-${process.platform}-${process.arch}`
const from = path.join(path.dirname(require.resolve(`${name}/package.json`)), 'moss.node')
fs.mkdirSync(path.join(__dirname, 'build'), { recursive: true })
fs.copyFileSync(from, path.join(__dirname, 'build', 'moss.node'))
"""


@order()
def _a_hook_that_builds_in_its_own_folder(stage: NpmStage) -> Words:
    stage.registry.add(BUILDS)
    stage.project()
    return ("install", "mossgarden")


@order()
def _a_hook_that_copies_its_binary_from_another_package(stage: NpmStage) -> Words:
    names = [f"moss-{system}-{chip}" for system in ("linux", "darwin") for chip in ("x64", "arm64")]
    for name in names:
        _, system, chip = name.split("-")
        files = {"moss.node": b"\x7fELF not really"}
        stage.registry.add(package(name, files=files, os=[system], cpu=[chip]))
    stage.registry.add(
        package(
            "mossgarden",
            files={"install.js": NATIVE},
            scripts={"install": "node install.js"},
            optionalDependencies=dict.fromkeys(names, "1.0.0"),
        )
    )
    stage.project()
    return ("install", "mossgarden")


@order()
def _the_projects_own_scripts(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.ground.write("tools/generate.js", "require('fs').writeFileSync('generated.txt', 'by the project')\n")
    stage.project(
        dependencies={"mossgarden": "1"},
        scripts={
            "postinstall": "node tools/generate.js",
            "prepare": "npm run build",
            "build": "echo built > built.txt",
        },
    )
    return ("install",)


@order(rare=True)
def _scripts_that_the_person_forbade(stage: NpmStage) -> Words:
    stage.registry.add(BUILDS)
    stage.project()
    stage.settings("ignore-scripts=true", "save-exact=true", "fund=false")
    return ("install", "mossgarden")


# --- registries -----------------------------------------------------------------------------------------------------


@order()
def _a_scope_from_another_registry(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", **{"@moss/garden": "^1"}))
    stage.other.add(honest("@moss/garden"))
    stage.project()
    stage.settings(f"@moss:registry={stage.other.url}")
    return ("install", "mossgarden")


@order(rare=True)
def _a_registry_in_the_words(stage: NpmStage) -> Words:
    stage.other.add(honest("mossgarden"))
    stage.project()
    return ("install", "mossgarden", "--registry", stage.other.url)
