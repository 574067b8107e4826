"""Git commits and archives at an address: a waiver opens just the bytes that it names, and they are judged all the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from gatekeeper.model import Release
from tests.proof.npm_stage import AUTHOR, NpmStage, honest
from tests.support import npm_attacks
from tests.support.clients import MACHINE, changes
from tests.support.ground import BLOCKED, UNDECIDED
from tests.support.index import Answer
from tests.support.npm_clients import NEWEST, NEWEST_ONLY, VERSIONS, npm_folder
from tests.support.npm_packages import as_json, depending, package

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeStage = Callable[[str], NpmStage]
    Laid = tuple[tuple[str, ...], dict[Release, str]]

    from tests.support.ground import Done
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_packages import Packed
    from tests.support.npm_registry import Registry

MOSS = Release("npm", "mossgarden")
# What differs little from another proof is left out of the plain suite.
ON_EACH = tuple(pytest.param(client, marks=pytest.mark.matrix) for client in VERSIONS)
RARELY = tuple(pytest.param(end, marks=pytest.mark.matrix) for end in ("", "#master", "#{short}", "#semver:^1"))


@pytest.fixture
def make_stage(make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry) -> MakeStage:
    def make(client: str) -> NpmStage:
        ground = make_npm_ground(client, index_url=registry.url)
        return NpmStage(ground, registry, other_registry)

    return make


def waiver(purl: str, digest: str) -> str:
    lines = (f'release = "{purl}"', 'check = "ungated-source"', f'sha256 = "{digest}"', 'reason = "our own fork"')
    return "\n".join(["[[waiver]]", *lines, 'author = "sam"', "expires = 2099-01-01", ""])


def gated(stage: NpmStage, *words: str, waived: dict[Release, str], expect: int | None = 0, policy: str = "") -> Done:
    """Run npm's words with waivers for these releases and digests."""
    text = "".join(waiver(release.purl, digest) for release, digest in waived.items())
    path = stage.ground.write("../policy.toml", policy + text)
    return stage.ground.gated(*words, ours=("--policy", str(path)), expect=expect)


def fork(stage: NpmStage, name: str = "mossgarden", **manifest: Any) -> tuple[str, str]:
    """Make a repository with an honest package; give its spec with the full commit, and the commit."""
    said = {"name": name, "version": "1.0.0", "main": "index.js", **manifest}
    address, commit = stage.repository(
        {"package.json": as_json(said), "index.js": f'module.exports = "{name}";\n'}, name
    )
    return f"{address}#{commit}", commit


def archived(stage: NpmStage, packed: Packed, path: str = "files/moss garden.tgz") -> str:
    """Put an archive at an address that is no registry's."""
    stage.other.extra[path] = Answer(200, packed.content, {"Content-Type": "application/octet-stream"})
    return stage.other.url + path.replace(" ", "%20")


def sha256(packed: Packed) -> str:
    return hashlib.sha256(packed.content).hexdigest()


def as_bare_npm(stage: NpmStage, lay: Callable[[], Laid]) -> Done:
    """Run an order with bare npm and gated: the same files must be left, byte for byte."""
    words, _ = lay()
    stage.ground.bare(*words)
    by_npm = stage.ground.snapshot()
    stage.ground.reset(keep_project=False)
    words, waived = lay()
    done = gated(stage, *words, waived=waived)
    assert changes(by_npm, stage.ground.snapshot()) == [], done.text
    return done


# --- git ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_waived_commit_is_installed_as_bare_npm_does(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    stage.registry.add(honest())
    spec, commit = fork(stage, dependencies={"quietharbour": "1"})

    def lay() -> Laid:
        stage.project(dependencies={"mossgarden": spec})
        return ("install",), {MOSS: commit}

    done = as_bare_npm(stage, lay)
    assert "waived: our own fork" in done.err


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_commit_that_is_typed_beside_its_name(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    stage.registry.add(honest())
    spec, commit = fork(stage)

    def lay() -> Laid:
        stage.project(dependencies={"quietharbour": "1"})
        return ("install", f"mossgarden@{spec}"), {MOSS: commit}

    as_bare_npm(stage, lay)


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_commit_in_a_lock(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    spec, commit = fork(stage)
    stage.project(dependencies={"mossgarden": spec})
    stage.ground.bare("install")
    lock = stage.ground.read_json("package-lock.json")

    def lay() -> Laid:
        stage.project(dependencies={"mossgarden": spec})
        stage.write_lock(lock)
        return ("ci",), {MOSS: commit}

    stage.ground.reset(keep_project=False)
    as_bare_npm(stage, lay)


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_waived_commit_is_prepared_with_packages_through_the_gate(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    stage.registry.add(package("oldlantern", files={"build.js": "require('fs').writeFileSync('built.js', '1');\n"}))
    build = "node -e \"require('oldlantern/build.js')\""
    spec, commit = fork(stage, scripts={"prepare": build}, devDependencies={"oldlantern": "1"})

    def lay() -> Laid:
        stage.project(dependencies={"mossgarden": spec})
        return ("install",), {MOSS: commit}

    as_bare_npm(stage, lay)
    assert (stage.ground.modules / "mossgarden" / "built.js").exists()


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_what_a_waived_commit_is_prepared_with_is_judged(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    stage.registry.add(stage.hooked("oldlantern"))
    spec, commit = fork(stage, scripts={"prepare": "node index.js"}, devDependencies={"oldlantern": "1"})
    stage.project(dependencies={"mossgarden": spec})
    gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    assert not stage.marker.exists()


@pytest.mark.matrix
def test_a_commit_that_builds_itself_is_refused_where_no_hook_may_run(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, commit = fork(stage, scripts={"prepare": "node index.js"})
    stage.project(dependencies={"mossgarden": spec})
    done = gated(stage, "install", waived={MOSS: commit}, expect=UNDECIDED, policy='[hooks]\npolicy = "none"\n')
    assert "npm builds it with its script `prepare`" in done.err


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_hostile_commit_is_refused_although_it_is_waived(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    address, commit = stage.hostile_repository()
    stage.project(dependencies={"mossgarden": f"{address}#{commit}"})
    before = stage.ground.snapshot()
    gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    stage.ground.assert_unchanged_since(before)


@pytest.mark.parametrize("hidden", ["index.js export-ignore\n", None])
def test_nothing_in_a_commit_is_left_out_when_it_is_judged(hidden: str | None, make_stage: MakeStage) -> None:
    """What archives of a commit would leave out, and what is left out of folders of one's own."""
    stage = make_stage(NEWEST)
    code = npm_attacks.spawn_shell(stage.marker)
    said: dict[str, Any] = {"name": "mossgarden", "version": "1.0.0"}
    if hidden:
        said["scripts"] = {"prepare": "node index.js"}
        files = {"index.js": code, ".gitattributes": hidden}
    else:
        said |= {"dependencies": {"inner": "1"}, "bundleDependencies": ["inner"]}
        inner = as_json({"name": "inner", "version": "1.0.0", "scripts": {"postinstall": "node index.js"}})
        files = {"index.js": "", "node_modules/inner/package.json": inner, "node_modules/inner/index.js": code}
    files["package.json"] = as_json(said)
    address, commit = stage.repository(files)
    stage.project(dependencies={"mossgarden": f"{address}#{commit}"})
    gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    assert not stage.marker.exists()


@pytest.mark.matrix
def test_submodules_of_a_waived_commit_are_refused(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    modules = '[submodule "inner"]\n\tpath = inner\n\turl = ../inner\n'
    address, commit = stage.repository({"package.json": as_json({"name": "mossgarden"}), ".gitmodules": modules})
    stage.project(dependencies={"mossgarden": f"{address}#{commit}"})
    done = gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    assert "submodules of mossgarden" in done.err


@pytest.mark.matrix
@pytest.mark.parametrize("spec", ["file:./inner", "git+https://code.example/inner.git#{commit}", "moss/inner"])
def test_what_a_waived_commit_asks_for_elsewhere_is_not_waived(spec: str, make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    own, commit = fork(stage, dependencies={"inner": spec.format(commit="0" * 40)})
    stage.project(dependencies={"mossgarden": own})
    gated(stage, "install", waived={MOSS: commit, Release("npm", "inner"): "0" * 40}, expect=BLOCKED)


def test_a_commit_without_a_waiver_is_refused_and_told_how_to_open_it(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, commit = fork(stage)
    stage.project(dependencies={"mossgarden": spec})
    before = stage.ground.snapshot()
    done = gated(stage, "install", waived={}, expect=BLOCKED)
    assert f'[[waiver]] release = "pkg:npm/mossgarden", check = "ungated-source", sha256 = "{commit}"' in done.err
    done = gated(stage, "install", waived={MOSS: "0" * 40}, expect=BLOCKED)
    assert commit in done.err
    stage.ground.assert_unchanged_since(before)


@pytest.mark.parametrize("committish", ["#v1", *RARELY])
def test_a_name_that_may_move_is_refused_although_its_commit_is_waived(committish: str, make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, commit = fork(stage)
    address = spec.partition("#")[0]
    subprocess.run(
        ["git", "-C", address.removeprefix("git+file://"), "tag", "v1"], check=True, env={**MACHINE, **AUTHOR}
    )
    stage.project(dependencies={"mossgarden": address + committish.format(short=commit[:12])})
    done = gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    assert "pin the full commit" in done.err


@pytest.mark.matrix
def test_a_commit_that_the_repository_does_not_have_is_no_yes(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, commit = fork(stage)
    missing = "f" * len(commit)
    stage.project(dependencies={"mossgarden": spec.replace(commit, missing)})
    done = gated(stage, "install", waived={MOSS: missing}, expect=UNDECIDED)
    assert f"commit {missing} could not be fetched" in " ".join(done.err.split())


def test_a_package_gets_a_source_only_where_the_person_names_it_too(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, commit = fork(stage)
    asking = depending("quietharbour", mossgarden=spec)
    stage.registry.add(asking)
    stage.project(dependencies={"quietharbour": "1"})
    waived = {MOSS: commit, Release("npm", "quietharbour", "1.0.0"): sha256(asking)}
    gated(stage, "install", waived=waived, expect=BLOCKED)
    stage.project(dependencies={"quietharbour": "1", "mossgarden": spec})
    gated(stage, "install", waived={MOSS: commit}, expect=BLOCKED)
    gated(stage, "install", waived=waived)
    assert (stage.ground.modules / "mossgarden" / "index.js").exists()


@pytest.mark.parametrize("client", ON_EACH)
def test_an_override_may_name_a_waived_commit(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    stage.registry.add(depending("quietharbour", mossgarden="1"))
    spec, commit = fork(stage)

    def lay() -> Laid:
        stage.project(dependencies={"quietharbour": "1"}, overrides={"mossgarden": spec})
        return ("install",), {MOSS: commit}

    as_bare_npm(stage, lay)


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_commit_that_is_typed_without_a_name(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    spec, commit = fork(stage)

    def lay() -> Laid:
        stage.project()
        return ("install", spec), {Release("npm", spec): commit}

    as_bare_npm(stage, lay)


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_commit_is_installed_globally(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    spec, commit = fork(stage, bin="index.js")
    as_bare_npm(stage, lambda: (("install", "--global", f"mossgarden@{spec}"), {MOSS: commit}))


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_commit_under_a_shorthand_for_its_host(client: str, make_stage: MakeStage) -> None:
    """npm asks for the host's own archive first; the gate has none, and npm clones."""
    stage = make_stage(client)
    spec, commit = fork(stage)
    reader = npm_folder(client) / "node_modules" / "hosted-git-info"
    say = f"console.log(require({json.dumps(str(reader))}).fromUrl('github:moss/garden').https({{noGitPlus: true}}))"
    address = stage.ground.node(say).out.strip()
    settings = stage.ground.home / ".gitconfig"
    settings.write_text(f'[url "{spec.partition("#")[0].removeprefix("git+")}"]\n\tinsteadOf = {address}\n', "utf-8")
    stage.project(dependencies={"mossgarden": f"github:moss/garden#{commit}"})
    gated(stage, "install", waived={MOSS: commit})
    assert (stage.ground.modules / "mossgarden" / "index.js").exists()
    resolved = stage.ground.read_json("package-lock.json")["packages"]["node_modules/mossgarden"]["resolved"]
    assert resolved == f"git+ssh://git@{urlsplit(address).hostname}/moss/garden.git#{commit}"


@pytest.mark.matrix
def test_two_waived_commits_of_one_repository(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    spec, first = fork(stage)
    _, second = stage.repository({"index.js": "module.exports = 2;\n"})
    older, newer = Release("npm", "older"), Release("npm", "newer")
    stage.project(dependencies={"older": spec, "newer": spec.replace(first, second)})
    gated(stage, "install", waived={older: first, newer: second})
    assert "2" in (stage.ground.modules / "newer" / "index.js").read_text("utf-8")
    assert "2" not in (stage.ground.modules / "older" / "index.js").read_text("utf-8")


@pytest.mark.matrix
def test_a_program_from_git_is_refused_although_it_is_waived(make_stage: MakeStage) -> None:
    """It would run at once, and outside of the fence."""
    stage = make_stage(NEWEST)
    spec, commit = fork(stage, bin="index.js")
    stage.project()
    gated(stage, "exec", "--yes", spec, waived={Release("npm", spec): commit}, expect=BLOCKED)


# --- archives at an address -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("client", NEWEST_ONLY)
@pytest.mark.parametrize("query", ["?token=1&b=2", pytest.param("", marks=pytest.mark.matrix)])
def test_a_waived_archive_is_installed_as_bare_npm_does(client: str, query: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    packed = depending("mossgarden", quietharbour="1")

    def lay() -> Laid:
        stage.registry.add(honest())
        address = archived(stage, packed)
        stage.project(dependencies={"mossgarden": address + query})
        return ("install",), {MOSS: sha256(packed)}

    done = as_bare_npm(stage, lay)
    assert "waived: our own fork" in done.err
    assert stage.ground.mentions("files/moss%20garden.tgz")


@pytest.mark.parametrize("client", ON_EACH)
def test_a_waived_archive_is_added_to_what_is_there(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    packed = honest("mossgarden")

    def lay() -> Laid:
        stage.registry.add(honest())
        address = archived(stage, packed)
        stage.project(dependencies={"quietharbour": "1"})
        stage.ground.bare("install")
        return ("install", f"mossgarden@{address}"), {MOSS: sha256(packed)}

    as_bare_npm(stage, lay)


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_waived_archive_in_a_lock(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    packed = honest("mossgarden")

    def lay() -> Laid:
        address = archived(stage, packed)
        stage.project(dependencies={"mossgarden": address})
        stage.ground.bare("install", "--package-lock-only")
        return ("ci",), {MOSS: sha256(packed)}

    as_bare_npm(stage, lay)


def test_an_archive_that_holds_other_bytes_is_refused(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    looked_at, served = honest("mossgarden"), stage.hooked()
    stage.project(dependencies={"mossgarden": archived(stage, served)})
    before = stage.ground.snapshot()
    done = gated(stage, "install", waived={MOSS: sha256(looked_at)}, expect=BLOCKED)
    assert sha256(served) in done.err
    stage.ground.assert_unchanged_since(before)


@pytest.mark.matrix
def test_an_archive_without_a_waiver_is_not_even_fetched(make_stage: MakeStage) -> None:
    stage = make_stage(NEWEST)
    stage.project(dependencies={"mossgarden": archived(stage, honest("mossgarden"))})
    gated(stage, "install", waived={Release("npm", "oldlantern"): "0" * 64}, expect=BLOCKED)
    assert stage.other.asked == []


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_hostile_archive_is_refused_although_it_is_waived(client: str, make_stage: MakeStage) -> None:
    stage = make_stage(client)
    packed = stage.hooked()
    stage.project(dependencies={"mossgarden": archived(stage, packed)})
    before = stage.ground.snapshot()
    gated(stage, "install", waived={MOSS: sha256(packed)}, expect=BLOCKED)
    stage.ground.assert_unchanged_since(before)
