from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper.artifacts import limits
from gatekeeper.artifacts.opening import open_folder
from gatekeeper.errors import UnreadableError


def write(path: Path, content: str = "x = 1\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(folder / "setup.py")
    write(folder / "pkg" / "__init__.py")
    return folder


def test_a_folder_gives_its_files(project: Path) -> None:
    (project / "run.sh").touch(mode=0o755)
    with open_folder(project) as opened:
        assert opened.kind == "folder"
        assert set(opened.members) == {"setup.py", "pkg/__init__.py", "run.sh"}
        assert opened.read("pkg/__init__.py") == b"x = 1\n"
        assert opened.read_up_to("setup.py", 3) == b"x ="
        assert b"".join(opened.chunks("setup.py")) == b"x = 1\n"
        assert opened.members["run.sh"].executable
        assert opened.problems == ()


def test_what_tools_put_there_is_skipped_and_named(project: Path) -> None:
    for name in (
        ".git/config",
        "node_modules/a/index.js",
        "pkg/__pycache__/a.pyc",
        ".tox/x",
        ".venv/pyvenv.cfg",
        ".venv/lib/a.py",
    ):
        write(project / name)
    with open_folder(project) as opened:
        assert set(opened.members) == {"setup.py", "pkg/__init__.py"}
        assert opened.skipped == (".git", ".tox", ".venv", "node_modules", "pkg/__pycache__")


def test_code_in_a_folder_that_is_only_called_like_an_environment_is_read(project: Path) -> None:
    write(project / "venv" / "evil.py")
    with open_folder(project) as opened:
        assert "venv/evil.py" in opened.members


def test_links_are_followed_inside_the_folder_only(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret", "key")
    (project / "out").symlink_to(tmp_path / "secret")
    (project / "outside").symlink_to("..")
    (project / "gone").symlink_to("nothing")
    (project / "inside.py").symlink_to("setup.py")
    (project / "absolute.py").symlink_to(project / "setup.py")
    (project / "also").symlink_to("pkg")
    (project / "round").symlink_to(".")
    with open_folder(project) as opened:
        assert {unread.path for unread in opened.unread} == {"out", "outside", "gone", "round"}
        assert opened.read("inside.py") == opened.read("absolute.py") == b"x = 1\n"
        assert opened.members["also/__init__.py"].link == "pkg/__init__.py"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_named_and_never_waited_for(project: Path) -> None:
    os.mkfifo(project / "pipe")
    with open_folder(project) as opened:
        assert [unread.path for unread in opened.unread] == ["pipe"]
        (project / "setup.py").unlink()
        os.mkfifo(project / "setup.py")
        with pytest.raises(UnreadableError, match="not a regular file"):
            opened.read("setup.py")


def test_a_file_that_becomes_a_link_or_grows_is_not_handed_out(project: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret", "x = 2\n")
    with open_folder(project) as opened:
        (project / "setup.py").unlink()
        (project / "setup.py").symlink_to(tmp_path / "secret")
        with pytest.raises(UnreadableError, match=r"setup\.py"):
            opened.read("setup.py")
        write(project / "pkg" / "__init__.py", "x = 1\ny = 2\n")
        with pytest.raises(UnreadableError, match="changed while it was read"):
            opened.read("pkg/__init__.py")


def test_an_odd_name_is_named_and_the_rest_is_read(project: Path) -> None:
    (project / "a\nb.py").touch()
    (project / b"caf\xe9.txt".decode("utf-8", "surrogateescape")).write_text("odd")
    with open_folder(project) as opened:
        assert [unread.path for unread in opened.unread] == ["a\\nb.py"]
        assert [opened.read(path) for path in opened.members if path.startswith("caf")] == [b"odd"]


def test_names_that_differ_in_case_are_a_folders_own_business(project: Path) -> None:
    write(project / "README")
    write(project / "readme")
    with open_folder(project) as opened:
        assert "setup.py" in opened.members


def test_a_folder_that_cannot_be_listed_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if Path(folder).name == "pkg":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    with open_folder(project) as opened:
        assert [unread.path for unread in opened.unread] == ["pkg"]


def test_nothing_to_judge_is_an_error(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none", project / "setup.py"):
        with pytest.raises(UnreadableError):
            open_folder(folder)
    monkeypatch.setattr(limits, "MAX_MEMBERS", 1)
    with pytest.raises(UnreadableError, match="more than 1 files"):
        open_folder(project)
