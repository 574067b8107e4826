"""Commits are fetched by their id alone, and nothing of them runs or is left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import UndecidedError
from gatekeeper.gate.commits import Repository, pack
from tests.support.clients import MACHINE

if TYPE_CHECKING:
    from pathlib import Path

AUTHOR = {f"GIT_{role}_{fact}": "ada@corp.example" for role in ("AUTHOR", "COMMITTER") for fact in ("NAME", "EMAIL")}
GIT = shutil.which("git", path=MACHINE.get("PATH", os.defpath)) or "git"


class Upstream:
    """Somebody's repository."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q")

    def git(self, *words: str) -> str:
        environ = {**MACHINE, **AUTHOR, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run([GIT, *words], cwd=self.folder, env=environ, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, content in files.items():
            (self.folder / name).write_text(content, "utf-8")
        self.git("add", "-A")
        self.git("commit", "-qm", "more")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def ours(tmp_path: Path) -> Repository:
    return Repository(GIT, tmp_path / "ours", 40)


def laid_out(repository: Repository, commit: str, folder: Path) -> dict[str, str]:
    repository.lay_out(commit, folder)
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()}


def test_a_commit_is_fetched_that_is_no_longer_the_newest(upstream: Upstream, ours: Repository, tmp_path: Path) -> None:
    older = upstream.commit(a="1")
    newer = upstream.commit(a="2", b="3")
    ours.fetch((upstream.folder.as_uri(),), older)
    assert laid_out(ours, older, tmp_path / "older") == {"a": "1"}
    ours.fetch((upstream.folder.as_uri(),), newer)
    assert laid_out(ours, newer, tmp_path / "newer") == {"a": "2", "b": "3"}
    assert laid_out(ours, older, tmp_path / "again") == {"a": "1"}


def test_the_first_remote_that_has_it_gives_it(upstream: Upstream, ours: Repository, tmp_path: Path) -> None:
    commit = upstream.commit(a="1")
    ours.fetch(((tmp_path / "nowhere").as_uri(), upstream.folder.as_uri()), commit)
    assert laid_out(ours, commit, tmp_path / "tree") == {"a": "1"}


def test_an_id_that_nobody_has_names_the_reason(upstream: Upstream, ours: Repository) -> None:
    upstream.commit(a="1")
    with pytest.raises(UndecidedError, match=r"commit f{40} could not be fetched: "):
        ours.fetch((upstream.folder.as_uri(),), "f" * 40)


def test_a_branch_that_is_called_like_an_id_is_not_it(upstream: Upstream, ours: Repository) -> None:
    upstream.commit(a="1")
    upstream.git("branch", "-q", "f" * 40, "HEAD")
    with pytest.raises(UndecidedError):
        ours.fetch((upstream.folder.as_uri(),), "f" * 40)


def test_the_id_of_a_tag_is_no_commit(upstream: Upstream, ours: Repository) -> None:
    upstream.commit(a="1")
    upstream.git("tag", "-a", "-m", "one", "v1")
    with pytest.raises(UndecidedError):
        ours.fetch((upstream.folder.as_uri(),), upstream.git("rev-parse", "v1"))


def test_no_ref_of_the_remote_is_kept(upstream: Upstream, ours: Repository) -> None:
    commit = upstream.commit(a="1")
    upstream.git("branch", "other")
    ours.fetch((upstream.folder.as_uri(),), commit)
    refs = subprocess.run([GIT, "for-each-ref"], cwd=ours.folder, check=True, capture_output=True, text=True).stdout
    assert [line.split("\t")[1] for line in refs.splitlines()] == [f"refs/heads/commit-{commit}"]


def test_a_remote_that_would_run_a_command_does_not(ours: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    for remote in (f"ext::sh -c touch% {marker}", f"--upload-pack=touch {marker}"):
        with pytest.raises(UndecidedError):
            ours.fetch((remote,), "f" * 40)
    assert not marker.exists()


def test_settings_that_run_something_are_not_followed(
    upstream: Upstream, ours: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter of the person's would change what is judged, and a hook would run on it."""
    marker = tmp_path / "marker"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n", "utf-8")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "settings"
    settings.write_text(f'[core]\n\thooksPath = {hooks}\n[filter "x"]\n\tsmudge = touch {marker}\n', "utf-8")
    commit = upstream.commit(a="1", **{".gitattributes": "a filter=x export-ignore\n"})
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(upstream.folder / ".git"))
    ours.fetch((upstream.folder.as_uri(),), commit)
    assert laid_out(ours, commit, tmp_path / "tree")["a"] == "1"
    assert not marker.exists()


def test_everything_in_a_commit_is_packed_but_links(upstream: Upstream, ours: Repository, tmp_path: Path) -> None:
    (upstream.folder / "node_modules").mkdir()
    (upstream.folder / "node_modules" / "b").write_text("2", "utf-8")
    (upstream.folder / "link").symlink_to("/etc/hostname")
    commit = upstream.commit(a="1", **{".gitattributes": "a export-ignore\n"})
    ours.fetch((upstream.folder.as_uri(),), commit)
    ours.lay_out(commit, tmp_path / "tree")
    pack(tmp_path / "tree", tmp_path / "packed.tar")
    with tarfile.open(tmp_path / "packed.tar") as archive:
        assert archive.getnames() == ["package/.gitattributes", "package/a", "package/node_modules/b"]
