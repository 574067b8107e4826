"""npm's words and settings files, read and rewritten without npm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UsageError
from gatekeeper.managers._npm_manifest import find_root, read_manifest, workspaces_of
from gatekeeper.managers._npm_planned import is_for, is_left_out
from gatekeeper.managers._npm_program import initializer, packages_of
from gatekeeper.managers._npm_words import (
    SACRIFICE,
    as_exec,
    option,
    with_options,
    without_secrets,
    without_workspaces,
)
from gatekeeper.managers._npmrc import logins_in, settings_in
from gatekeeper.managers._npmrc import without_secrets as text_without_secrets
from gatekeeper.managers.npm import safe_path
from gatekeeper.model import Place, Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("npx", "npm"),
    [
        ("cowsay hi", "exec -- cowsay hi"),
        ("-y cowsay --version", "exec --yes -- cowsay --version"),
        ("-p cowsay -c moo", "exec --package cowsay --call moo"),
        ("--package=cowsay -- cowsay -f x", "exec --package=cowsay -- cowsay -f x"),
        ("--no-install cowsay", "exec --no -- cowsay"),
        ("", "exec"),
    ],
)
def test_npx_becomes_npm_exec(npx: str, npm: str) -> None:
    assert as_exec(npx.split()) == tuple(npm.split())


def test_our_options_stand_behind_the_persons_and_before_the_end_of_options() -> None:
    assert with_options(["i", "--registry=x"], ["--registry=ours"])[-1] == "--registry=ours"
    for end in ("--", "---"):
        assert with_options(["exec", end, "a", "--b"], ["--ours"]) == ["exec", SACRIFICE, "--ours", end, "a", "--b"]


def test_an_option_that_misses_its_value_takes_nothing_of_ours() -> None:
    assert with_options(["i", "--omit"], ["--registry=ours"])[2:] == [SACRIFICE, "--registry=ours"]


def test_secrets_are_taken_out_of_words() -> None:
    words = ["i", "--//a.example/:_authToken=t", "--_auth", "x", "--otp=1", "moss", "--", "--_auth=kept"]
    assert without_secrets(words) == ["i", "moss", "--", "--_auth=kept"]


def test_workspace_options_are_taken_out_of_the_question() -> None:
    assert without_workspaces(["i", "-w", "a", "--workspace=b", "--workspaces", "moss", "--", "x"]) == ["i", "moss"]


def test_the_last_value_of_an_option_counts() -> None:
    assert option(["i", "--prefix", "a", "-C", "b"], "--prefix", "-C") == "b"
    assert option(["i", "--", "--prefix", "a"], "--prefix") is None


@pytest.mark.parametrize(
    ("spec", "package"),
    [
        ("foo", "create-foo"),
        ("foo@1.2", "create-foo@1.2"),
        ("@usr", "@usr/create"),
        ("@usr@2", "@usr/create@2"),
        ("@usr/foo", "@usr/create-foo"),
    ],
)
def test_an_initializer_is_a_package_of_another_name(spec: str, package: str) -> None:
    assert initializer(spec) == package


def test_what_exec_fetches() -> None:
    assert packages_of("exec", ("exec", "--package=a", "--package", "b", "--", "c"), ["c"]) == ["a", "b"]
    assert packages_of("exec", ("exec", "c", "d"), ["c", "d"]) == ["c"]


def test_an_npmrc_is_read_as_npm_reads_it() -> None:
    text = (
        "; comment\n# another\nregistry = https://a.example/ ; why\n//a.example/:_authToken=${TOKEN}\n"
        '"quoted"="va\\"lue"\nbare\nold=${GONE}${MAYBE?}\n[section]\nhidden=1\n'
    )
    found = {setting.key: setting for setting in settings_in(text, {"TOKEN": "t0ken"})}
    assert found["registry"].value == "https://a.example/"
    assert (found["//a.example/:_authToken"].value, found["//a.example/:_authToken"].line) == ("t0ken", 4)
    assert found["//a.example/:_authToken"].variables == ("TOKEN",)
    assert found["quoted"].value == 'va"lue'
    assert found["bare"].value == "true"
    assert found["old"].value == "${GONE}"
    assert "hidden" not in found
    assert "t0ken" not in repr(found)
    assert logins_in(found.values()) == {"//a.example/": {"_authToken": "t0ken"}}


@given(st.text(max_size=200))
def test_any_npmrc_is_read_without_complaint(text: str) -> None:
    list(settings_in(text, {}))
    text_without_secrets(text, {})


def test_the_childs_settings_hold_no_secret_and_no_way_out() -> None:
    text = "//a.example/:_authToken=t\n_auth=x\nregistry=https://a.example\n@b:registry=c\nproxy=p\nsave-exact=true\n"
    assert text_without_secrets(text, {}) == "save-exact=true\n"


def test_a_manifest_tells_lines_overrides_and_workspaces(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(
        '{\n "workspaces": ["packages/*", "!packages/out"],\n "dependencies": {\n  "a": "^1",\n  "b": "github:x/y"\n },\n'
        ' "overrides": {"c": {"d@2": "npm:e@3", ".": "$a"}}\n}\n'
    )
    for name in ("in", "out"):
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / "package.json").write_text("{}")
    root = read_manifest(tmp_path)
    assert root is not None
    assert [(each.name, each.spec, each.line) for each in root.wanted()] == [
        ("a", "^1", 4),
        ("b", "github:x/y", 5),
        ("d", "npm:e@3", 7),
    ]
    assert [each.folder.name for each in workspaces_of(root)] == ["in"]
    assert find_root(tmp_path / "packages" / "in") == (tmp_path, True)
    assert find_root(tmp_path / "packages" / "out") == (tmp_path / "packages" / "out", False)


def test_a_broken_manifest_is_a_usage_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{\n nonsense")
    with pytest.raises(UsageError, match=r"package\.json:2: not JSON"):
        read_manifest(tmp_path)


def locked(groups: tuple[str, ...] = (), platforms: tuple[tuple[str, tuple[str, ...]], ...] = ()) -> Locked:
    return Locked(Release("npm", "a", "1"), Place("lock"), groups=groups, platforms=platforms)


def test_optional_packages_for_other_platforms_are_not_fetched_and_others_are() -> None:
    here = {"os": "linux", "cpu": "x64", "libc": "glibc"}
    elsewhere = (("os", ("darwin",)),)
    assert not is_for(locked(("optional",), elsewhere), here)
    assert is_for(locked((), elsewhere), here)
    assert is_for(locked(("optional",), (("os", ("!win32",)), ("cpu", ("x64", "arm64")))), here)
    assert not is_for(locked(("optional",), (("os", ("!linux",)),)), here)
    assert is_for(locked(("optional",), (("libc", ("musl",)),)), {"libc": None})


def test_what_is_omitted_is_what_is_only_there_for_it() -> None:
    assert is_left_out(locked(("dev",)), ["dev"])
    assert not is_left_out(locked(("devOptional",)), ["dev"])
    assert is_left_out(locked(("devOptional",)), ["dev", "optional"])
    assert not is_left_out(locked(), ["dev", "optional", "peer"])


def test_a_planted_program_is_not_on_the_path(tmp_path: Path) -> None:
    inside, outside = tmp_path / "project" / "bin", tmp_path / "bin"
    inside.mkdir(parents=True)
    outside.mkdir()
    path = safe_path(f"{inside}:.:{outside}::relative", tmp_path / "project")
    assert path == str(outside)
