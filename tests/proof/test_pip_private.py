"""Private indexes: they work, their passwords stay with the gate, and no other host hears of anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import backends
from tests.support.clients import BOTH_ENDS, NEWEST, NEWEST_ONLY
from tests.support.index import Index, redirects, running
from tests.support.packages import About, sdist, wheel
from tests.support.pypiservers import PrivateIndex, pypiserver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.ground import Done, Ground, MakeGround


def in_the_address(ground: Ground, private: PrivateIndex) -> None:
    ground.environ["PIP_INDEX_URL"] = private.url_with_password


def in_a_netrc(ground: Ground, private: PrivateIndex) -> None:
    ground.environ["PIP_INDEX_URL"] = private.url
    netrc = ground.home / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {private.user} password {private.password}\n", "utf-8")
    netrc.chmod(0o600)


def in_the_config_file(ground: Ground, private: PrivateIndex) -> None:
    config = ground.write("pip.conf", f"[global]\nindex-url = {private.url_with_password}\n")
    ground.environ["PIP_CONFIG_FILE"] = str(config)


def in_a_requirements_file(ground: Ground, private: PrivateIndex) -> None:
    ground.write("requirements.txt", f"--index-url {private.url_with_password}\nmossgarden\n")


WAYS_TO_SAY_IT = (
    in_the_address,
    in_a_netrc,
    *(pytest.param(say, marks=pytest.mark.matrix) for say in (in_the_config_file, in_a_requirements_file)),
)


def a_slow_build(name: str) -> object:
    """An honest sdist that takes half a second to build, so that one can look around meanwhile."""
    return sdist(name, files=backends.tree(name, prelude="import time\n\ntime.sleep(0.5)\n"))


def assert_secret_kept(done: Done, ground: Ground, secret: str) -> None:
    assert secret not in done.out + done.err
    assert ground.mentions(secret) == []
    assert done.watch is not None
    assert len(done.watch.environments) > 1, "the watch saw the processes below the gate"
    for pid, environ in done.watch.environments.items():
        assert secret.encode() not in environ, done.watch.commands[pid]
        assert secret.encode() not in done.watch.commands[pid]


@pytest.mark.parametrize("say", WAYS_TO_SAY_IT, ids=lambda say: say.__name__.replace("_", "-"))
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_private_index_works_and_its_password_stays_with_the_gate(
    client: str, say: Callable[[Ground, PrivateIndex], None], make_ground: MakeGround, tmp_path: Path
) -> None:
    packages = a_slow_build("mossgarden"), wheel("quietharbour")
    with pypiserver(tmp_path / "private", *packages) as private:
        ground = make_ground(client)
        say(ground, private)
        words = ("-r", "requirements.txt") if say is in_a_requirements_file else ("mossgarden",)
        done = ground.safe_install(*words, "quietharbour", watch=True)
        assert (ground.environment.site / "mossgarden").is_dir()
        assert (ground.environment.site / "quietharbour").is_dir()
        assert_secret_kept(done, ground, private.password)


def test_bare_pip_shows_the_password_to_every_build(make_ground: MakeGround, tmp_path: Path) -> None:
    """The control for the watch."""
    with pypiserver(tmp_path / "private", a_slow_build("mossgarden")) as private:
        ground = make_ground(NEWEST)
        in_the_address(ground, private)
        done = ground.run(ground.python, "-m", "pip", "install", "mossgarden", watch=True)
        assert done.code == 0, done.text
        assert done.watch is not None
        assert any(private.password.encode() in environ for environ in done.watch.environments.values())


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_wrong_password_is_an_error_that_names_the_index_and_not_the_password(
    client: str, make_ground: MakeGround, tmp_path: Path
) -> None:
    with pypiserver(tmp_path / "private", wheel("mossgarden")) as private:
        ground = make_ground(client, index_url=private.url_with_password.replace(private.password, "hunter22"))
        done = ground.safe_install("mossgarden", expect=12)
        assert private.host in done.err
        assert "hunter22" not in done.err + done.out


def test_no_other_host_sees_an_authorization(make_ground: MakeGround, other_index: Index) -> None:
    """Neither the second index, nor the host to which the first sends us for a file, nor an archive's address."""
    moved = wheel("oldlantern")
    with running(Index(user="ada", password="s3cret-lovelace")) as index:
        index.add(wheel("mossgarden"), moved)
        direct = wheel("farmeadow")
        other_index.add(wheel("quietharbour"), moved, direct)
        index.fault(moved.filename, redirects(other_index.file_url(moved)))
        ground = make_ground(NEWEST, index_url=index.url_with_password)
        ground.safe_install("--extra-index-url", other_index.url, "mossgarden", "quietharbour")
        ground.safe_install("oldlantern", expect=None)
        ground.safe_install(other_index.file_url(direct))
        assert any(asked.authorization for asked in index.asked)
        assert other_index.asked
        assert [asked for asked in other_index.asked if asked.authorization] == []


def test_an_index_that_the_words_replace_is_not_asked(
    make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    """The names of private packages must not leak to an index that bare pip would not ask."""
    index.add(wheel("mossgarden", about=About(requires=("quietharbour",))), wheel("quietharbour"))
    ground = make_ground(NEWEST, index_url=other_index.url)
    ground.safe_install("--index-url", index.url, "mossgarden")
    assert other_index.asked == []


@pytest.mark.parametrize("client", BOTH_ENDS)
def test_a_private_name_never_comes_from_the_other_index(
    client: str, make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    """Dependency confusion: bare pip takes the higher version, whoever serves it."""
    index.add(wheel("mossgarden", "1.0"))
    other_index.add(wheel("mossgarden", "99.0"))
    ground = make_ground(client, index_url=index.url)
    words = ("--extra-index-url", other_index.url, "mossgarden")
    ground.bare_pip("install", *words)
    assert "mossgarden==99.0" in ground.bare_pip("freeze").out, "the control"
    ground.reset()
    done = ground.safe_install(*words, expect=None)
    frozen = ground.bare_pip("freeze").out
    assert "99.0" not in frozen, done.text
    assert done.code in {0, 10, 11}, done.text
    assert ("mossgarden==1.0" in frozen) == (done.code == 0), done.text
    said = [line for line in done.err.splitlines() if "mossgarden" in line and f"127.0.0.1:{index.port}" in line]
    assert said, done.text


def test_a_copy_of_an_honest_file_does_not_make_its_host_a_mirror_of_more(
    make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    index.add(wheel("mossgarden", "1.0"))
    other_index.add(wheel("mossgarden", "1.0"), wheel("mossgarden", "99.0"))
    ground = make_ground(NEWEST, index_url=index.url)
    done = ground.safe_install("--extra-index-url", other_index.url, "mossgarden", expect=None)
    assert done.code in {0, 10, 11}, done.text
    assert "99.0" not in ground.bare_pip("freeze").out, done.text


def test_an_owner_named_in_the_policy_serves_the_name(
    make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    """It beats the order in which the indexes are configured, and the higher version."""
    index.add(wheel("acme-mossgarden", "1.0"))
    other_index.add(wheel("acme-mossgarden", "99.0"))
    ground = make_ground(NEWEST, index_url=other_index.url)
    policy = ground.write("rules/gatekeeper.toml", f'[origins]\n"127.0.0.1:{index.port}" = ["acme-*"]\n')
    ground.safe_install("--extra-index-url", index.url, "acme-mossgarden", ours=("--policy", str(policy)))
    assert "acme-mossgarden==1.0" in ground.bare_pip("freeze").out
    assert not [path for path in other_index.paths() if "acme-mossgarden" in path], "the name is nobody else's business"
