"""Hostile npm packages and settings that look like something else to whoever reads them otherwise than npm does."""

from __future__ import annotations

import gzip
import io
import tarfile

from tests.proof.npm_stage import NpmStage, Proof, Words, honest, listed_in
from tests.support import npm_attacks
from tests.support.ground import UNDECIDED, USAGE
from tests.support.npm_packages import Manifest, Packed, as_json, tarball

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- archives -------------------------------------------------------------------------------------------------------


def disguised(stage: NpmStage, *members: tuple[str, str], plain: bool = False) -> None:
    """Publish a tarball of these members, the first of which is an honest package.json; npm is told of an honest hook."""
    says: Manifest = {"name": "mossgarden", "version": "1.0.0", "scripts": {"postinstall": "node --version"}}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in (("package/package.json", as_json(says)), *members):
            entry = tarfile.TarInfo(path)
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    content = out.getvalue() if plain else gzip.compress(out.getvalue(), mtime=0)
    stage.registry.add(Packed("mossgarden", "1.0.0", content, says))


def hostile_code(stage: NpmStage) -> str:
    return npm_attacks.decode_then_exec(stage.marker)


@way(later="require('mossgarden')", refused_with=UNDECIDED)
def _the_same_file_twice(stage: NpmStage) -> Words:
    """The last one wins when npm unpacks."""
    disguised(stage, ("package/index.js", "// honest\n"), ("package/index.js", hostile_code(stage)))
    return ("install", "mossgarden")


@way(later="require('mossgarden')", refused_with=UNDECIDED, rare=True)
def _two_folders_at_the_top(stage: NpmStage) -> Words:
    """npm takes away the first part of every path, whatever it is."""
    disguised(stage, ("package/index.js", "// honest\n"), ("other/index.js", hostile_code(stage)))
    return ("install", "mossgarden")


@way(later="require('mossgarden')", rare=True)
def _another_folder_at_the_top(stage: NpmStage) -> Words:
    files = {"package.json": as_json({"name": "mossgarden", "version": "1.0.0"}), "index.js": hostile_code(stage)}
    says: Manifest = {"name": "mossgarden", "version": "1.0.0"}
    stage.registry.add(Packed("mossgarden", "1.0.0", tarball(files, top="moss-garden-4f2a"), says))
    return ("install", "mossgarden")


@way(later="require('mossgarden')", rare=True)
def _an_archive_that_is_not_compressed(stage: NpmStage) -> Words:
    disguised(stage, ("package/index.js", hostile_code(stage)), plain=True)
    return ("install", "mossgarden")


# --- locks ----------------------------------------------------------------------------------------------------------


@way()
def _lock_that_names_a_file(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.hooked().write(stage.ground.project / "assets")
    stage.lock(stage.hooked(), resolved="file:assets/mossgarden-1.0.0.tgz")
    return ("ci",)


@way(rare=True)
def _lock_that_another_lock_overrules(stage: NpmStage) -> Words:
    """npm-shrinkwrap.json wins over the package-lock.json that everybody looks at."""
    stage.registry.add(honest("mossgarden"))
    hostile = stage.hooked()
    stage.other.add(hostile)
    stage.write_lock(stage.lock(hostile, resolved=stage.other.tarball_url(hostile)), "npm-shrinkwrap.json")
    stage.lock(honest("mossgarden"))
    return ("ci",)


# --- settings -------------------------------------------------------------------------------------------------------


def more_settings(stage: NpmStage, *lines: str) -> str:
    prefix = f"prefix={stage.ground.globals}"
    return str(stage.ground.write("tools/more.npmrc", "\n".join([prefix, *lines, ""])))


@way(rare=True)
def _settings_that_name_other_settings_for_the_user(stage: NpmStage) -> Words:
    hostile = stage.hooked()
    stage.other.add(hostile)
    stage.project(dependencies={"mossgarden": "1"})
    stage.settings(f"userconfig={more_settings(stage, f'registry={stage.other.url}')}")
    return ("install",)


@way()
def _settings_that_name_other_settings_with_a_shell(stage: NpmStage) -> Words:
    shell = stage.ground.write("tools/shell.sh", f'#!/bin/sh\n{npm_attacks.recon(stage.marker)}\nexec sh "$@"\n')
    shell.chmod(0o755)
    stage.project(scripts={"prepare": "node --version"})
    stage.settings(f"globalconfig={more_settings(stage, f'script-shell={shell}')}")
    return ("install",)


@way(rare=True)
def _settings_with_a_variable_in_their_name(stage: NpmStage) -> Words:
    stage.ground.environ["KIND"] = "shell"
    shell = stage.ground.write("tools/shell.sh", f'#!/bin/sh\n{npm_attacks.recon(stage.marker)}\nexec sh "$@"\n')
    shell.chmod(0o755)
    stage.project(scripts={"prepare": "node --version"})
    stage.settings(f"script-${{KIND}} = {shell}")
    return ("install",)


@way(refused_with=None)
def _settings_with_a_cache_that_rides_along(stage: NpmStage) -> Words:
    """The repository ships a cache of npm, and says that nobody else is to be asked."""
    stage.registry.add(stage.hooked())
    stage.project(dependencies={"mossgarden": "1"})
    stage.ground.bare("install", "--ignore-scripts", "--cache", str(stage.ground.project / "cache"))
    stage.ground.reset(keep_project=True)
    for name in ("node_modules/.package-lock.json", "node_modules/mossgarden/package.json", "package-lock.json"):
        (stage.ground.project / name).unlink()
    stage.registry.clear()
    stage.settings(f"cache={stage.ground.project}/cache", "offline=true")
    return ("install",)


@way()
def _settings_and_scripts_above_the_folder(stage: NpmStage) -> Words:
    """The person stands in a folder that is no project: npm looks for one above it."""
    stage.ground.manifest("..", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("install",)


# --- words ----------------------------------------------------------------------------------------------------------


@way(rare=True)
def _an_option_at_the_end_that_wants_a_value(stage: NpmStage) -> Words:
    """It would take the first word that somebody puts behind it."""
    hostile = stage.hooked()
    stage.other.add(hostile)
    stage.ground.environ["npm_config_registry"] = stage.other.url
    return ("install", "mossgarden", "--omit")


@way(since="10", refused_with=USAGE)
def _a_folder_behind_an_option_that_not_every_npm_knows(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("lib/garden", scripts={"postinstall": npm_attacks.recon(stage.marker)})
    return ("install", "--cpu", "x64", "./lib/garden")


@way(rare=True, refused_with=USAGE)
def _a_folder_behind_an_option_that_no_npm_knows(stage: NpmStage) -> Words:
    stage.project()
    stage.ground.manifest("lib/garden", scripts={"prepare": npm_attacks.recon(stage.marker)})
    return ("install", "--moss", "./lib/garden")


@way(rare=True, program="npx")
def _npx_behind_an_option_with_a_value(stage: NpmStage) -> Words:
    stage.registry.add(npm_attacks.program("mossgarden", stage.marker), honest())
    return ("--yes", "--loglevel", "silent", "mossgarden", "quietharbour")
