"""Private npm registries: they work, their tokens stay with the gate, and no other host hears of anything."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import NpmStage, honest
from tests.support.index import redirects
from tests.support.npm_clients import BOTH_ENDS, NEWEST, NEWEST_ONLY
from tests.support.npm_packages import package
from tests.support.npm_registry import Registry, running
from tests.support.npm_verdaccio import PrivateRegistry, verdaccio

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.ground import Done
    from tests.support.npm_ground import MakeNpmGround, NpmGround

TOKEN = "npm_s3cretLovelace0123456789"


def a_slow_hook(name: str, **dependencies: str) -> object:
    """An honest package whose hook takes half a second, so that one can look around meanwhile."""
    files = {"wait.js": "setTimeout(() => {}, 500)\n"}
    return package(name, files=files, scripts={"postinstall": "node wait.js"}, dependencies=dependencies)


def in_the_users_settings(ground: NpmGround, private: PrivateRegistry) -> tuple[str, ...]:
    ground.user_settings += [f"@acme:registry={private.url}", f"//{private.host}/:_authToken={private.token}"]
    ground.write_user_settings()
    return ()


def in_the_environment(ground: NpmGround, private: PrivateRegistry) -> tuple[str, ...]:
    ground.environ["ACME_TOKEN"] = private.token
    ground.write(".npmrc", f"@acme:registry={private.url}\n//{private.host}/:_authToken=${{ACME_TOKEN}}\n")
    return ()


def in_the_words(ground: NpmGround, private: PrivateRegistry) -> tuple[str, ...]:
    return (f"--@acme:registry={private.url}", f"--//{private.host}/:_authToken={private.token}")


def as_a_password(ground: NpmGround, private: PrivateRegistry) -> tuple[str, ...]:
    password = base64.b64encode(private.password.encode()).decode()
    ground.write(
        ".npmrc",
        f"@acme:registry={private.url}\n//{private.host}/:username={private.user}\n//{private.host}/:_password={password}\n",
    )
    return ()


def as_basic_authorization(ground: NpmGround, private: PrivateRegistry) -> tuple[str, ...]:
    ground.user_settings += [f"@acme:registry={private.url}", f"//{private.host}/:_auth={private.basic}"]
    ground.write_user_settings()
    return ()


WAYS_TO_SAY_IT = (
    in_the_users_settings,
    in_the_environment,
    *(pytest.param(say, marks=pytest.mark.matrix) for say in (in_the_words, as_a_password, as_basic_authorization)),
)


def is_the_question(command: bytes, environ: bytes) -> bool:
    """Say whether a process is `npm config ls`, which soon calls itself just `npm`; all later ones know the gate."""
    return b"npm\0config\0ls" in command or (command.strip(b"\0") == b"npm" and b"http_proxy=" not in environ)


def assert_secret_kept(done: Done, ground: NpmGround, *secrets: str) -> None:
    """`safe-install` itself was given the words; what stands below it must not have the secret."""
    assert done.watch is not None
    assert len(done.watch.environments) > 1, "the watch saw the processes below the gate"
    for secret in secrets:
        assert secret not in done.out + done.err
        assert [path for path in ground.mentions(secret) if not path.endswith("project/.npmrc")] == []
        for pid, environ in done.watch.environments.items():
            if is_the_question(done.watch.commands[pid], environ):
                continue  # the person's own npm, asked for its settings before any package is there
            assert secret.encode() not in environ, done.watch.commands[pid]
            assert secret.encode() not in done.watch.commands[pid]


@pytest.mark.parametrize("say", WAYS_TO_SAY_IT, ids=lambda say: say.__name__.replace("_", "-"))
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_private_scope_works_and_its_token_stays_with_the_gate(
    client: str,
    say: Callable[[NpmGround, PrivateRegistry], tuple[str, ...]],
    make_npm_ground: MakeNpmGround,
    registry: Registry,
) -> None:
    registry.add(honest("mossgarden"))
    with verdaccio(a_slow_hook("@acme/tools", mossgarden="^1.0.0")) as private:
        ground = make_npm_ground(client, index_url=registry.url)
        ground.manifest()
        words = say(ground, private)
        done = ground.gated("install", *words, "@acme/tools", watch=True)
        assert (ground.modules / "@acme" / "tools" / "wait.js").is_file()
        assert (ground.modules / "mossgarden").is_dir()
        assert_secret_kept(done, ground, private.token, private.password, private.basic)
        assert registry.asked
        assert registry.authorizations == set()
        assert [path for path in registry.paths() if "acme" in path] == [], "the name is nobody else's business"


def test_bare_npm_shows_the_token_to_every_hook(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    """The control for the watch."""
    with verdaccio(a_slow_hook("@acme/tools")) as private:
        ground = make_npm_ground(NEWEST, index_url=registry.url)
        ground.manifest()
        in_the_environment(ground, private)
        done = ground.run(ground.bin / "npm", "install", "@acme/tools", watch=True)
        assert done.code == 0, done.text
        assert done.watch is not None
        hooks = [pid for pid, command in done.watch.commands.items() if b"wait.js" in command]
        assert any(private.token.encode() in done.watch.environments[pid] for pid in hooks)


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_private_lock_is_installed_as_bare_npm_does(
    client: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    with verdaccio(honest("@acme/tools")) as private:
        ground = make_npm_ground(client, index_url=private.url)
        ground.user_settings.append(f"//{private.host}/:_authToken={private.token}")
        ground.write_user_settings()
        ground.manifest(dependencies={"@acme/tools": "^1.0.0"})
        ground.bare("install")
        by_npm = ground.snapshot()
        ground.gated("ci")
        ground.assert_unchanged_since(by_npm)


@pytest.mark.parametrize("client", BOTH_ENDS)
def test_a_wrong_token_is_an_error_that_names_the_registry_and_not_the_token(
    client: str, make_npm_ground: MakeNpmGround
) -> None:
    with running(Registry(token=TOKEN)) as private:
        private.add(honest("@acme/tools"))
        ground = make_npm_ground(client, index_url=private.url)
        ground.user_settings.append(f"//{private.host}/:_authToken=npm_hunter22")
        ground.write_user_settings()
        ground.manifest()
        before = ground.snapshot()
        done = ground.gated("install", "@acme/tools", expect=12)
        assert private.host in done.err
        assert "hunter22" not in done.out + done.err
        ground.assert_unchanged_since(before)


@pytest.fixture
def private_stage(make_npm_ground: MakeNpmGround, registry: Registry, other_registry: Registry) -> NpmStage:
    """The scope @acme comes from `other_registry`, below a path, to those who have its token."""
    other_registry.path, other_registry.token = "/api/npm/acme/", TOKEN
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.user_settings += [
        f"@acme:registry={other_registry.url}",
        f"//{other_registry.host}{other_registry.path}:_authToken={TOKEN}",
    ]
    ground.write_user_settings()
    ground.manifest()
    return NpmStage(ground, registry, other_registry)


def test_a_registry_below_a_path_gets_its_token(private_stage: NpmStage) -> None:
    packed = honest("@acme/tools")
    private_stage.other.add(packed)
    private_stage.ground.gated("install", "@acme/tools")
    lock = private_stage.ground.read_json("package-lock.json")
    assert lock["packages"]["node_modules/@acme/tools"]["resolved"] == private_stage.other.tarball_url(packed)
    assert private_stage.other.authorizations == {f"Bearer {TOKEN}"}
    assert private_stage.registry.authorizations == set()


def test_a_host_to_which_the_registry_sends_us_gets_no_token(private_stage: NpmStage) -> None:
    packed = honest("@acme/tools")
    private_stage.other.add(packed)
    private_stage.registry.add(packed)
    private_stage.other.fault(packed.filename, redirects(private_stage.registry.tarball_url(packed)))
    private_stage.ground.gated("install", "@acme/tools", expect=None)
    assert private_stage.other.authorizations == {f"Bearer {TOKEN}"}
    assert private_stage.registry.authorizations == set()


def test_a_lock_cannot_send_the_token_elsewhere(private_stage: NpmStage) -> None:
    packed = honest("@acme/tools")
    private_stage.other.add(packed)
    private_stage.registry.add(packed)
    private_stage.lock(packed, resolved=private_stage.registry.tarball_url(packed))
    private_stage.ground.gated("ci", expect=None)
    assert private_stage.registry.authorizations == set()


def test_another_path_of_the_host_gets_no_token(private_stage: NpmStage) -> None:
    """Two teams share a host: the token of one is not the other's."""
    packed = honest("mossgarden")
    private_stage.other.add(packed)
    private_stage.registry.add(packed, url=f"http://{private_stage.other.host}/api/npm/them/mossgarden-1.0.0.tgz")
    private_stage.ground.gated("install", "mossgarden", expect=None)
    assert private_stage.other.authorizations == set()


def test_a_registry_that_the_words_replace_is_not_asked(private_stage: NpmStage) -> None:
    """The names of private packages must not leak to a registry that bare npm would not ask."""
    with running(Registry()) as third:
        third.add(honest("mossgarden"))
        private_stage.ground.gated("install", f"--registry={third.url}", "mossgarden")
    assert [path for path in private_stage.registry.paths() if "moss" in path] == []
    assert private_stage.other.asked == []


def test_a_scope_of_ones_own_never_comes_from_the_public_registry(private_stage: NpmStage) -> None:
    """Dependency confusion: somebody published the scoped name where everybody looks."""
    private_stage.other.add(honest("@acme/tools", "1.0.0"))
    private_stage.registry.add(honest("@acme/tools", "99.0.0"))
    private_stage.ground.gated("install", "@acme/tools")
    assert private_stage.ground.read_json("node_modules/@acme/tools/package.json")["version"] == "1.0.0"
    assert [path for path in private_stage.registry.paths() if "acme" in path] == []
