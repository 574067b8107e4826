"""`gatekeeper shell`: what it puts into start-up files, it takes out again without a trace, and it never breaks one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.commands import _start_files
from gatekeeper.commands._start_files import BEGIN, END, added, removed
from gatekeeper.commands.shell import SHELLS, Person, install, lines, run, uninstall
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.shims import NAMES

LINES = "if [ -r '/x y/shell.sh' ]; then . '/x y/shell.sh'; fi"
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from([b"\n", b"\r\n", b"export A=1\n", b"\n\n", b"# no end", BEGIN[:-1], b" " + BEGIN, b"x" + END]),
    ),
    max_size=8,
).map(b"".join)
WHOLE = PIECES.filter(lambda content: not _start_files.MARK.search(content))


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody with every shell, and a home."""
    home = tmp_path / "home of o'brien"
    home.mkdir()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "zsh", "fish", "pwsh"):
        (programs / name).touch()
        (programs / name).chmod(0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    return Person(home, {"PATH": str(programs)})


def contents(folder: Path) -> dict[str, bytes | str]:
    """Every file below a folder, and every link."""
    return {
        str(path.relative_to(folder)): f"-> {path.readlink()}" if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


# --- the block ------------------------------------------------------------------------------------------------------


@given(WHOLE)
def test_what_is_put_in_comes_out_without_a_trace(content: bytes) -> None:
    assert removed(added(content, LINES)) == content


@given(WHOLE)
def test_putting_in_twice_is_putting_in_once(content: bytes) -> None:
    once = added(content, LINES)
    assert added(once, LINES) == once
    assert removed(added(added(content, "other lines"), LINES)) == content


@given(WHOLE, WHOLE)
def test_what_the_person_writes_round_the_block_stays(before: bytes, behind: bytes) -> None:
    text = added(before, LINES)
    kept = removed(text + behind)
    assert kept is not None
    # A line that had no end has one now: without it, two lines would become one.
    assert kept in (before + behind, before + b"\n" + behind)
    assert (b"\n" not in before[-1:]) or kept == before + behind


@given(WHOLE)
def test_the_block_begins_on_a_line_of_its_own(content: bytes) -> None:
    text = added(content, LINES)
    assert text.startswith(content)
    assert [mark.start() for mark in _start_files.MARK.finditer(text)] == [text.rindex(BEGIN), text.rindex(END)]
    assert text.endswith(f"\n{LINES}\n".encode() + END + b"\n")


@given(st.lists(st.sampled_from([BEGIN + b"\n", END + b"\n", b"a\n"]), max_size=6).map(b"".join))
def test_half_a_block_or_two_are_left_alone(content: bytes) -> None:
    whole = content.count(BEGIN) == content.count(END) == 1 and content.index(BEGIN) < content.index(END)
    if BEGIN not in content and END not in content:
        assert removed(content) == content
    elif whole:
        assert BEGIN not in (removed(content) or b"")
    else:
        with pytest.raises(ValueError, match=r"line [0-9]+: gatekeeper's marks are not one block"):
            removed(content)


def test_a_file_that_was_made_for_the_block_goes_with_it_and_an_empty_one_stays() -> None:
    assert removed(added(None, LINES)) is None
    assert removed(added(b"", LINES)) == b""
    assert removed(added(None, LINES) + b"export A=1\n") == b"export A=1\n"


# --- the files ------------------------------------------------------------------------------------------------------


def test_every_shell_is_set_up_and_leaving_leaves_what_was_there(who: Person) -> None:
    (who.home / ".bashrc").write_bytes(b"alias ll='ls -l'\nexport A=1")
    (who.home / ".bash_profile").write_bytes(b"")
    (who.home / ".zshrc").write_bytes(b"bindkey -e\r\n")
    before = contents(who.home)
    said = list(install(who))
    assert f"changed: {who.home / '.bashrc'}" in said
    assert f"made: {who.home / '.zshenv'}" in said
    after = contents(who.home)
    changed = {name for name in after if after[name] != before.get(name) and "shims" not in name}
    assert changed == {
        *(".bashrc", ".bash_profile", ".zshenv", ".zshrc"),
        ".config/fish/conf.d/gatekeeper.fish",
        ".config/powershell/profile.ps1",
    }
    assert set(NAMES) <= {Path(name).name for name in after}
    list(install(who))
    assert contents(who.home) == after
    list(uninstall(who))
    assert contents(who.home) == before
    assert list(uninstall(who)) == ["shells that are open find the clients themselves from now on"]


def test_only_the_shells_that_are_there_are_set_up(who: Person) -> None:
    programs = Path(who.environ["PATH"])
    for name in ("zsh", "fish", "pwsh"):
        (programs / name).unlink()
    list(install(who))
    assert {name for name in contents(who.home) if "shims" not in name} == {".bashrc", ".profile"}
    (programs / "bash").unlink()
    with pytest.raises(UsageError, match="no shell was found"):
        list(install(who))


def test_a_shell_that_is_gone_is_left_like_the_others(who: Person) -> None:
    list(install(who))
    shutil.rmtree(who.environ["PATH"])
    list(uninstall(who))
    assert contents(who.home) == {}


def test_mode_owner_and_link_stay(who: Person, tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    (dotfiles / "bashrc").write_text("export A=1\n")
    (dotfiles / "bashrc").chmod(0o600)
    (who.home / ".bashrc").symlink_to(dotfiles / "bashrc")
    if os.geteuid() == 0:
        os.chown(dotfiles / "bashrc", 12345, 12345)
    before = (dotfiles / "bashrc").stat()
    list(install(who))
    assert (who.home / ".bashrc").is_symlink()
    now = (dotfiles / "bashrc").stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert (dotfiles / "bashrc").read_bytes().startswith(b"export A=1\n" + BEGIN)
    assert sorted(path.name for path in dotfiles.iterdir()) == ["bashrc"]
    list(uninstall(who))
    assert contents(dotfiles) == {"bashrc": b"export A=1\n"}


@pytest.mark.parametrize("odd", ["a folder", "a link to nothing", "half a block", "UTF-16", "read-only"])
def test_a_file_that_cannot_be_changed_stops_it_before_anything_is(
    odd: str, who: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who.home / ".bashrc").write_text("export A=1\n")
    place = who.home / ".zshrc"
    if odd == "a folder":
        place.mkdir()
    elif odd == "a link to nothing":
        place.symlink_to(who.home / "nowhere")
    elif odd == "read-only":
        place.write_text("")
        place.chmod(0o444)
        can = os.access  # who runs the tests may be allowed everything
        monkeypatch.setattr(
            os, "access", lambda path, mode: can(path, mode) and not (path == place and mode == os.W_OK)
        )
    else:
        place.write_bytes(b"a\n" + BEGIN + b"\n" if odd == "half a block" else "a\n".encode("utf-16"))
    before = contents(who.home)
    with pytest.raises(UndecidedError, match=r"\.zshrc|nowhere") as told:
        list(install(who))
    assert "nothing was changed" in told.value.message
    assert contents(who.home) == before


def test_when_the_last_file_fails_the_first_ones_are_put_back(who: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    (who.home / ".bashrc").write_text("export A=1\n")
    real = _start_files.write
    last = who.start_files("powershell")[0]

    def failing(edit: _start_files.Edit) -> None:
        if edit.path == last:
            raise OSError(28, "No space left on device")
        real(edit)

    monkeypatch.setattr(_start_files, "write", failing)
    with pytest.raises(UndecidedError, match="No space left on device; nothing was changed"):
        list(install(who))
    assert contents(who.home) == {".bashrc": b"export A=1\n"}


def test_a_file_that_changes_meanwhile_is_not_overwritten(who: Person) -> None:
    place = who.home / ".bashrc"
    place.write_text("export A=1\n")
    edit = _start_files.plan(place, LINES)
    assert edit is not None
    place.write_text("export A=2\n")
    with pytest.raises(UndecidedError, match="changed meanwhile"):
        _start_files.apply([edit])
    assert place.read_text() == "export A=2\n"


def test_what_else_lies_beside_the_shims_is_kept(who: Person) -> None:
    list(install(who))
    (who.shims / "mine").write_text("")
    assert any(line.startswith("kept, because it holds other files too") for line in uninstall(who))
    assert [path.name for path in who.shims.iterdir()] == ["mine"]


def test_zsh_is_set_up_where_it_looks(who: Person) -> None:
    elsewhere = Person(who.home, {**who.environ, "ZDOTDIR": str(who.home / "zsh")})
    assert elsewhere.start_files("zsh") == [who.home / "zsh" / ".zshenv", who.home / "zsh" / ".zshrc"]
    (who.home / ".zshenv").write_text("export ZDOTDIR=~/zsh\n")
    assert elsewhere.start_files("zsh") == [who.home / ".zshenv", who.home / "zsh" / ".zshrc"]


# --- the lines, and the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_are_shown_and_the_shims_that_they_need_are_there(
    shell: str, who: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(who.home))
    (said,) = run(None, shell, None)
    assert said == lines(shell, who)
    assert all(stat.S_IMODE((who.shims / name).stat().st_mode) == 0o755 for name in NAMES)
    assert {name for name in contents(who.home) if "shims" not in name} == set()


def test_the_shims_alone_go_into_any_folder_and_nothing_is_said(tmp_path: Path) -> None:
    assert list(run(None, None, str(tmp_path / "a folder" / "shims"))) == []
    assert {path.name for path in (tmp_path / "a folder" / "shims").iterdir()} == {
        *NAMES,
        *("shell.sh", "shell.fish", "shell.ps1"),
    }


@pytest.mark.parametrize("folder", ["a:b", "a\nb"])
def test_a_folder_that_cannot_stand_on_path_is_refused(folder: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot stand on PATH"):
        list(run(None, None, str(tmp_path / folder)))


@pytest.mark.parametrize("words", [(None, None, None), ("install", "bash", None), (None, "bash", "x")])
def test_one_thing_at_a_time(words: tuple[str | None, str | None, str | None]) -> None:
    with pytest.raises(UsageError, match="one of --install"):
        list(run(*words))


def test_an_unknown_shell_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="tcsh is no shell that is known"):
        list(run(None, "tcsh", None))


def test_an_interpreter_that_finds_gatekeeper_only_by_its_settings_will_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(UsageError, match="does not find gatekeeper by itself"):
        list(run(None, None, str(tmp_path / "shims")))
    assert not (tmp_path / "shims").exists()


def test_the_command_does_all_of_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".bashrc").write_text("export A=1")
    environ = {"HOME": str(home), "PATH": os.environ["PATH"]}
    for option, expected in (("--install", "shims for pip, pip3, npm, npx: "), ("--uninstall", "changed: ")):
        command = [sys.executable, "-m", "gatekeeper", "shell", option]
        done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(expected)
    assert contents(home) == {".bashrc": b"export A=1"}
