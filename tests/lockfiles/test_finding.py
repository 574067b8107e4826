"""Which files are locks and manifests, and where they are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper import lockfiles
from gatekeeper.errors import UndecidedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_every_format_has_its_names() -> None:
    assert list(lockfiles.formats()) == [
        "bun_lock",
        "cargo_lock",
        "environment",
        "gemfile_lock",
        "go_sum",
        "package_json",
        "package_lock",
        "packages_lock_json",
        "pdm_lock",
        "pipfile",
        "pipfile_lock",
        "pnpm_lock",
        "poetry_lock",
        "pylock",
        "pyproject",
        "requirements",
        "setup_cfg",
        "uv_lock",
        "yarn",
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("requirements.txt", "requirements"),
        ("a/requirements-dev.txt", "requirements"),
        ("dev-requirements.txt", "requirements"),
        ("requirements/base.in", "requirements"),
        ("constraints.txt", "requirements"),
        ("pylock.toml", "pylock"),
        ("pylock.dev.toml", "pylock"),
        ("npm-shrinkwrap.json", "package_lock"),
        ("environment-dev.yaml", "environment"),
        ("gems.locked", "gemfile_lock"),
        ("bun.lockb", "bun_lock"),
        ("notes.txt", None),
        ("requirements.md", None),
        ("requirements/README.md", None),
        ("package.json5", None),
        ("my-package.json", None),
    ],
)
def test_a_format_is_told_by_the_name(path: str, name: str | None) -> None:
    assert lockfiles.format_of(path) == name


def test_files_are_found_in_order_and_not_among_other_peoples_packages(tmp_path: Path) -> None:
    for name in (
        "b/package-lock.json",
        "b/node_modules/x/package.json",
        "a/uv.lock",
        "a/requirements/dev.txt",
        "a/vendor/x/go.sum",
        ".venv/requirements.txt",
        "env/pyvenv.cfg",
        "env/lib/requirements.txt",
        ".git/package.json",
        "lib/site-packages/x/poetry.lock",
        "pyproject.toml",
        "notes.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "yarn.lock").symlink_to(tmp_path / "a/uv.lock")
    found = [str(path.relative_to(tmp_path)) for path in lockfiles.find(tmp_path)]
    assert found == ["pyproject.toml", "a/uv.lock", "a/requirements/dev.txt", "b/package-lock.json"]


def test_a_name_that_stands_for_no_format_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"notes\.txt: neither"):
        lockfiles.read("", "notes.txt")


def test_a_binary_lock_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "bun.lockb").write_bytes(b"#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00\xff")
    with pytest.raises(UndecidedError, match=r"^bun\.lockb: ") as told:
        lockfiles.load("bun.lockb", lockfiles.on_disk(tmp_path))
    assert "--save-text-lockfile" in (told.value.hint or "")


def test_the_shown_name_is_what_places_say(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/requirements.txt").write_text("x==1\n")
    (lock,) = lockfiles.load("a/requirements.txt", lockfiles.on_disk(tmp_path))
    assert [str(each.place) for each in lock.releases] == ["a/requirements.txt:1"]
    assert lock.format == "requirements"
