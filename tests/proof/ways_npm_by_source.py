"""Sources from which hostile npm packages come: named in words, settings, locks, caches, or by a package."""

from __future__ import annotations

from tests.proof.npm_stage import NpmStage, Proof, Words, honest, listed_in
from tests.support import npm_attacks
from tests.support.ground import UNANSWERED
from tests.support.npm_packages import as_json, depending, package

WAYS: list[Proof] = []
way = listed_in(WAYS)


def elsewhere(stage: NpmStage, name: str = "mossgarden", version: str = "1.0.0") -> str:
    """Put a hostile tarball on a host that is not the person's registry; give its address."""
    packed = stage.hooked(name, version)
    stage.other.add(packed)
    return stage.other.tarball_url(packed)


# --- git ------------------------------------------------------------------------------------------------------------


@way(rare=True)
def _git(stage: NpmStage) -> Words:
    address, _ = stage.hostile_repository()
    stage.project()
    return ("install", address)


@way(rare=True)
def _git_in_package_json(stage: NpmStage) -> Words:
    address, commit = stage.hostile_repository()
    stage.project(dependencies={"mossgarden": f"{address}#{commit}"})
    return ("install",)


@way()
def _git_that_a_package_asks_for(stage: NpmStage) -> Words:
    address, _ = stage.hostile_repository("quietharbour")
    stage.registry.add(depending("mossgarden", quietharbour=address))
    return ("install", "mossgarden")


@way(oldest=True)
def _git_as_an_optional_dependency_with_a_commit(stage: NpmStage) -> Words:
    address, commit = stage.hostile_repository("quietharbour")
    stage.registry.add(package("mossgarden", optionalDependencies={"quietharbour": f"{address}#{commit}"}))
    return ("install", "mossgarden")


@way(rare=True)
def _git_although_a_sibling_is_refused(stage: NpmStage) -> Words:
    """npm runs `prepare` as soon as it has cloned, whatever became of the other packages."""
    address, _ = stage.hostile_repository("quietharbour")
    stage.registry.add(stage.hooked("oldlantern"), depending("mossgarden", quietharbour=address))
    return ("install", "oldlantern", "mossgarden")


@way(rare=True)
def _git_in_the_lock(stage: NpmStage) -> Words:
    address, commit = stage.hostile_repository()
    spec = f"{address}#{commit}"
    lock = stage.lock(honest("mossgarden"))
    stage.project(dependencies={"mossgarden": spec})
    lock["packages"][""]["dependencies"] = {"mossgarden": spec}
    lock["packages"]["node_modules/mossgarden"] = {"version": "1.0.0", "resolved": spec}
    stage.write_lock(lock)
    return ("ci",)


@way(rare=True)
def _git_by_an_override(stage: NpmStage) -> Words:
    address, _ = stage.hostile_repository("quietharbour")
    stage.registry.add(depending("mossgarden", quietharbour="1"), honest())
    stage.project(dependencies={"mossgarden": "1"}, overrides={"quietharbour": address})
    return ("install",)


@way(program="npx", since="10", rare=True)
def _git_with_npx(stage: NpmStage) -> Words:
    address, _ = stage.hostile_repository()
    return ("--yes", address)


# --- addresses of tarballs ------------------------------------------------------------------------------------------


@way(rare=True)
def _address(stage: NpmStage) -> Words:
    return ("install", elsewhere(stage))


@way(rare=True)
def _address_in_package_json(stage: NpmStage) -> Words:
    stage.project(dependencies={"mossgarden": elsewhere(stage)})
    return ("install",)


@way()
def _address_that_a_package_asks_for(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour=elsewhere(stage, "quietharbour")))
    return ("install", "mossgarden")


@way(rare=True)
def _address_by_an_override(stage: NpmStage) -> Words:
    stage.registry.add(depending("mossgarden", quietharbour="1"), honest())
    stage.project(dependencies={"mossgarden": "1"}, overrides={"quietharbour": elsewhere(stage, "quietharbour")})
    return ("install",)


@way(rare=True)
def _tarball_on_another_host(stage: NpmStage) -> Words:
    packed = stage.hooked()
    stage.registry.add(packed, url=elsewhere(stage))
    return ("install", "mossgarden")


# --- files ----------------------------------------------------------------------------------------------------------


@way()
def _local_tarball(stage: NpmStage) -> Words:
    stage.project()
    return ("install", f"./{stage.hooked().write(stage.ground.project).name}")


@way(rare=True)
def _local_tarball_in_package_json(stage: NpmStage) -> Words:
    stage.hooked().write(stage.ground.project / "vendor")
    stage.project(dependencies={"mossgarden": "file:vendor/mossgarden-1.0.0.tgz"})
    return ("install",)


@way()
def _file_that_a_package_asks_for(stage: NpmStage) -> Words:
    """A folder or a tarball that lies on the person's disk for another reason."""
    path = stage.hooked("quietharbour").write(stage.ground.folder / "downloads")
    stage.registry.add(depending("mossgarden", quietharbour=f"file:{path}"))
    return ("install", "mossgarden")


# --- registries -----------------------------------------------------------------------------------------------------


@way(rare=True)
def _registry_in_the_words(stage: NpmStage) -> Words:
    elsewhere(stage)
    return ("install", f"--registry={stage.other.url}", "mossgarden")


@way(rare=True)
def _registry_in_abbreviated_words(stage: NpmStage) -> Words:
    elsewhere(stage)
    return ("install", "mossgarden", "--reg", stage.other.url)


@way(oldest=True)
def _registry_in_the_projects_settings(stage: NpmStage) -> Words:
    elsewhere(stage)
    stage.project()
    stage.settings(f"registry={stage.other.url}", "replace-registry-host=never", "fetch-retries=0")
    return ("install", "mossgarden")


@way(rare=True)
def _registry_of_a_scope_in_the_projects_settings(stage: NpmStage) -> Words:
    elsewhere(stage, "@moss/garden")
    stage.project()
    stage.settings(f"@moss:registry={stage.other.url}")
    return ("install", "@moss/garden")


@way()
def _registry_of_a_scope_in_the_words(stage: NpmStage) -> Words:
    elsewhere(stage, "@moss/garden")
    return ("install", f"--@moss:registry={stage.other.url}", "@moss/garden")


@way(rare=True)
def _registry_behind_three_dashes(stage: NpmStage) -> Words:
    """Two dashes or more end npm's options: what is put behind them is no option any more."""
    elsewhere(stage)
    stage.ground.environ["npm_config_registry"] = stage.other.url
    return ("install", "---", "mossgarden")


@way(rare=True)
def _registry_in_the_environment(stage: NpmStage) -> Words:
    elsewhere(stage)
    stage.ground.environ["NPM_CONFIG_REGISTRY"] = stage.other.url
    stage.ground.environ["npm_config_replace_registry_host"] = "never"
    return ("install", "mossgarden")


@way(rare=True)
def _registry_in_settings_that_the_environment_names(stage: NpmStage) -> Words:
    elsewhere(stage)
    named = stage.ground.write("more.npmrc", f"registry={stage.other.url}\nprefix={stage.ground.globals}\n")
    stage.ground.environ["NPM_CONFIG_USERCONFIG"] = str(named)
    return ("install", "mossgarden")


@way(refused_with=UNANSWERED, rare=True)
def _proxy_in_the_projects_settings(stage: NpmStage) -> Words:
    """Whoever is the proxy answers for every registry."""
    stage.other.add(stage.hooked())
    packed = stage.hooked()
    path = f"{stage.registry.url}mossgarden"
    stage.other.extra[path] = stage.other.packument("mossgarden", "application/json")
    stage.other.extra[f"{path}/-/{packed.filename}"] = stage.other.file("mossgarden", packed.filename)
    stage.project()
    stage.settings(f"proxy=http://{stage.other.host}/", "noproxy=none.example")
    return ("install", "mossgarden", "--registry=http://registry.example/")


# --- locks ----------------------------------------------------------------------------------------------------------


@way(oldest=True)
def _lock_that_sends_elsewhere(stage: NpmStage) -> Words:
    """The registry's own release is honest; the lock names another file, and its digest."""
    stage.registry.add(honest("mossgarden"))
    stage.lock(stage.hooked(), resolved=elsewhere(stage))
    return ("ci",)


@way(rare=True)
def _lock_that_sends_elsewhere_with_the_host_kept(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.lock(stage.hooked(), resolved=elsewhere(stage))
    stage.settings("replace-registry-host=never")
    return ("install",)


@way(later="require('mossgarden')")
def _lock_of_the_first_version_that_sends_elsewhere(stage: NpmStage) -> Words:
    hostile = npm_attacks.waiting("mossgarden", stage.marker)
    stage.registry.add(honest("mossgarden"))
    stage.other.add(hostile)
    stage.lock(hostile, resolved=stage.other.tarball_url(hostile), lockfile=1)
    return ("ci",)


@way(rare=True)
def _lock_under_its_other_name(stage: NpmStage) -> Words:
    stage.registry.add(honest("mossgarden"))
    stage.write_lock(stage.lock(stage.hooked(), resolved=elsewhere(stage)), "npm-shrinkwrap.json")
    (stage.ground.project / "package-lock.json").unlink()
    return ("install",)


@way(rare=True)
def _lock_without_digests(stage: NpmStage) -> Words:
    stage.registry.add(stage.hooked())
    lock = stage.lock(stage.hooked())
    del lock["packages"]["node_modules/mossgarden"]["integrity"]
    stage.write_lock(lock)
    return ("ci",)


@way(rare=True)
def _lock_that_swaps_the_package(stage: NpmStage) -> Words:
    """The name says one package, the address another one of the same registry."""
    hostile = stage.hooked("oldlantern")
    stage.registry.add(honest("mossgarden"), hostile)
    lock = stage.lock(honest("mossgarden"))
    row = {"resolved": stage.registry.tarball_url(hostile), "integrity": hostile.integrity, "hasInstallScript": True}
    lock["packages"]["node_modules/mossgarden"] |= row
    stage.write_lock(lock)
    return ("ci",)


@way()
def _lock_inside_a_package(stage: NpmStage) -> Words:
    """A published npm-shrinkwrap.json decides for npm what its package gets."""
    needs = {"dependencies": {"quietharbour": "1.0.0"}}
    hostile = stage.hooked("quietharbour")
    row = {"version": "1.0.0", "resolved": elsewhere(stage, "quietharbour"), "integrity": hostile.integrity}
    root = {"name": "mossgarden", "version": "1.0.0"}
    packages = {"": {**root, **needs}, "node_modules/quietharbour": {**row, "hasInstallScript": True}}
    lock = {**root, "lockfileVersion": 3, "requires": True, "packages": packages}
    says = {**root, **needs, "_hasShrinkwrap": True}
    stage.registry.add(
        honest(), package("mossgarden", files={"npm-shrinkwrap.json": as_json(lock)}, says=says, **needs)
    )
    return ("install", "mossgarden")


# --- caches ---------------------------------------------------------------------------------------------------------


@way()
def _warm_cache(stage: NpmStage) -> Words:
    """npm fetched it yesterday, without running it: today nothing would be fetched."""
    stage.registry.add(stage.hooked())
    stage.ground.bare("install", "--ignore-scripts", "mossgarden")
    stage.ground.reset(keep_home=True, keep_project=False)
    return ("install", "--prefer-offline", "mossgarden")


@way(program="npx", rare=True)
def _warm_cache_of_npx(stage: NpmStage) -> Words:
    """npx keeps what it installed: the next run starts it without asking any registry."""
    stage.registry.add(npm_attacks.program("mossgarden", stage.marker))
    stage.ground.bare("--yes", "mossgarden", program="npx")
    stage.marker.unlink()
    return ("--yes", "mossgarden")
