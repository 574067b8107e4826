"""What npm takes a spec for that no registry serves, and how it is led to what the gate fetched in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.managers._npm_addresses import give_back
from gatekeeper.managers._npm_foreign import foreign, git_environ, git_options, understood
from gatekeeper.model import Place
from gatekeeper.wish import Foreign, Opened, Wish
from gatekeeper.wish.npm_specs import Kind
from tests.support.npm_clients import NEWEST, NEWEST_ONLY, npm_folder, path_with_npm

COMMIT = "0123456789" * 4
HERE = Place("package.json", 3)


def read(client: str, *texts: str, kind: Kind = Kind.GIT, name: str = "mossgarden") -> list[Foreign]:
    npm = npm_folder(client) / "bin" / "npm-cli.js"
    return list(understood([foreign(name, text, kind, HERE) for text in texts], str(npm), path_with_npm()))


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_full_commit_is_pinned(client: str) -> None:
    plain, ssh, hosted = read(
        client,
        f"git+https://code.example/a.git#{COMMIT}",
        f"git+ssh://git@code.example/a.git#{COMMIT}",
        f"moss/garden#{COMMIT}",
    )
    assert plain.remotes == ("https://code.example/a.git",)
    assert ssh.remotes == ("ssh://git@code.example/a.git",)
    assert [remote.partition(":")[0] for remote in hosted.remotes] == ["https", "ssh"]
    assert {plain.commit, ssh.commit, hosted.commit} == {COMMIT}
    assert "look at this commit" in plain.notice.detail


@pytest.mark.parametrize(
    "end", ["", "#main", "#0123456", f"#{COMMIT.replace('9', 'A')}", f"#{COMMIT}::path:a", "#semver:^1"]
)
def test_what_may_move_is_not(end: str) -> None:
    (found,) = read(NEWEST, f"git+https://code.example/a.git{end}")
    assert found.commit is None
    assert "pin the full commit" in found.notice.detail


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_an_address_keeps_its_query_and_its_path(client: str) -> None:
    (found,) = read(client, "https://code.example/a b.tgz?c=1", kind=Kind.ADDRESS)
    assert (found.address, found.path) == ("https://code.example/a b.tgz?c=1", "/a%20b.tgz")


def test_a_word_without_a_name_goes_by_its_own_text() -> None:
    text = f"git+https://code.example/a.git#{COMMIT}"
    (found,) = read(NEWEST, text, name="")
    assert (found.name, found.commit) == (text, COMMIT)


def test_where_npms_own_reader_is_not_found_nothing_is_opened(tmp_path: Path) -> None:
    launcher = tmp_path / "bin" / "npm"
    launcher.parent.mkdir()
    launcher.touch()
    drafts = [foreign("a", f"git+https://code.example/a.git#{COMMIT}", Kind.GIT, HERE)]
    assert list(understood(drafts, str(launcher), path_with_npm())) == drafts


def test_a_password_is_not_shown() -> None:
    found = foreign("a", "git+https://ada:secret@code.example/a.git", Kind.GIT, HERE)
    assert "secret" not in found.notice.detail
    assert "secret" not in repr(found)


def wish(tmp_path: Path, *opened: Opened) -> Wish:
    return Wish("install", gated=True, opened=opened, raw={"git": "/usr/bin/git"})


def test_git_is_out_of_reach_unless_a_commit_was_opened(tmp_path: Path) -> None:
    archive = Opened(Foreign("a", "", foreign("a", "", Kind.ADDRESS, HERE).notice, address="https://code.example/a"))
    for each in (wish(tmp_path), wish(tmp_path, archive)):
        assert git_options(each) == ["--git=/bin/false"]
        assert git_environ(each) == {"GIT_ALLOW_PROTOCOL": "none"}


def test_git_reaches_nothing_but_what_was_fetched(tmp_path: Path) -> None:
    remotes = ("https://code.example/a.git", 'ssh://git@code.example/"a\\b.git')
    source = Foreign("a", "", foreign("a", "", Kind.GIT, HERE).notice, commit=COMMIT, remotes=remotes)
    opened = wish(tmp_path, Opened(source, tmp_path / "repository-0"))
    environ = git_environ(opened)
    assert git_options(opened) == ["--git=/usr/bin/git"]
    assert environ["GIT_ALLOW_PROTOCOL"] == "file"
    settings = Path(environ["GIT_CONFIG_GLOBAL"])
    assert settings.parent == tmp_path, "where nothing inside of the fence may write"
    assert '\tinsteadOf = "ssh://git@code.example/\\"a\\\\b.git"' in settings.read_text("utf-8")


OURS, OWN = "http://127.0.0.1:4000/a%20b.tgz", "https://code.example/a%20b.tgz?c=1&d=\u00e9"


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.just(OURS), st.integers()), max_size=5))
def test_a_lock_gets_its_address_back_and_keeps_all_else(
    tmp_path_factory: pytest.TempPathFactory, lock: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("lock") / "package-lock.json"
    path.write_bytes(json.dumps(lock, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    expected = {key: OWN if value == OURS else value for key, value in lock.items()}
    give_back([str(path)], [[OURS, OWN]])
    assert path.read_bytes().decode("utf-8", "surrogatepass") == json.dumps(expected, indent=2, ensure_ascii=False)


def test_a_lock_of_yarns_gets_it_back_too_and_a_longer_address_stays(tmp_path: Path) -> None:
    path = tmp_path / "yarn.lock"
    path.write_text(f'a:\n  resolved "{OURS}#abc"\nb:\n  resolved "{OURS}.tgz"\n', "utf-8")
    give_back([str(path), str(tmp_path / "missing")], [[OURS, OWN]])
    assert path.read_text("utf-8") == f'a:\n  resolved "{OWN}#abc"\nb:\n  resolved "{OURS}.tgz"\n'


def test_a_link_in_the_place_of_a_lock_is_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(f'"{OURS}"', "utf-8")
    (tmp_path / "package-lock.json").symlink_to(outside)
    give_back([str(tmp_path / "package-lock.json")], [[OURS, OWN]])
    assert outside.read_text("utf-8") == f'"{OURS}"'
