"""Commits in real repositories, through the real pre-commit and through the plain hook: what they change is judged."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.lockfiles import format_of, formats
from tests.support import attacks
from tests.support.clients import MACHINE, ROOT
from tests.support.ground import BLOCKED, UNDECIDED, Done, Ground, MakeGround
from tests.support.packages import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index import Index

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
PLAIN = ROOT / "hooks" / "pre-commit"
PERSON = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@corp.example", "GIT_CONFIG_GLOBAL": "/dev/null"}
PERSON |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in PERSON.items() if "AUTHOR" in name}
# What hangs on git and on the check alone is shown once, with the hook that starts nothing else.
BY_THE_PLAIN_HOOK = pytest.mark.parametrize("repository", ["plain"], indirect=True)
IDLE = 0.5  # seconds that a commit may take which changes nothing that matters


def declared() -> dict[str, Any]:
    (hook,) = yaml.safe_load(MANIFEST.read_text("utf-8"))
    return dict(hook)


@pytest.fixture(params=["pre-commit", "plain"])
def repository(request: pytest.FixtureRequest, make_ground: MakeGround, index: Index) -> Ground:
    """An empty repository with a hook, and an index with an honest package in two versions and a hostile one."""
    ground = make_ground(index_url=index.url)
    ground.environ |= {**PERSON, "PRE_COMMIT_HOME": str(ground.folder / "cache"), "PRE_COMMIT_COLOR": "never"}
    index.add(wheel("quietharbour", "1.0"), wheel("quietharbour", "1.1"))
    index.add(attacks.import_wheel("mossgarden", attacks.decode_then_exec(ground.marker)))
    git(ground, "init", "-q", ".")
    (set_up_pre_commit if request.param == "pre-commit" else set_up_plain)(ground)
    return ground


def set_up_pre_commit(ground: Ground) -> None:
    """As somebody has it who wrote the hook into .pre-commit-config.yaml, but with the gatekeeper that is here."""
    program, *rest = shlex.split(declared()["entry"])
    assert program == "gatekeeper"
    hook = {**declared(), "language": "system", "entry": shlex.join([sys.executable, "-I", "-m", "gatekeeper", *rest])}
    hook.pop("minimum_pre_commit_version")
    config = {"repos": [{"repo": "local", "hooks": [hook]}]}
    ground.write(".pre-commit-config.yaml", yaml.safe_dump(config))
    git(ground, "add", ".pre-commit-config.yaml")
    done = ground.run(sys.executable, "-m", "pre_commit", "install")
    assert done.code == 0, done.text


def set_up_plain(ground: Ground) -> None:
    """As somebody has it who copied the hook, with gatekeeper where the README puts it."""
    place = ground.project / ".git" / "hooks" / "pre-commit"
    place.write_bytes(PLAIN.read_bytes())
    place.chmod(0o755)
    command = ground.home / ".gatekeeper" / "bin" / "gatekeeper"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -m gatekeeper "$@"\n')
    command.chmod(0o755)


def git(ground: Ground, *words: str, expect: int = 0) -> Done:
    done = ground.run("git", *words)
    assert (done.code == 0) == (expect == 0), done.text
    return done


def commits(ground: Ground) -> int:
    return len(ground.run("git", "log", "--format=%h", "--all").out.split())


def commit(ground: Ground, *words: str) -> Done:
    """Commit, and expect that it is made."""
    before = commits(ground)
    done = git(ground, "commit", "-m", "a change", *words)
    assert commits(ground) == before + 1, done.text
    return done


def refused(ground: Ground, *words: str) -> str:
    """Commit, and expect that it is not made; return what was said."""
    before = commits(ground)
    done = ground.run("git", "commit", "-m", "a change", *words)
    assert done.code != 0, done.text
    assert commits(ground) == before
    assert "Traceback" not in done.out + done.err
    assert not ground.marker.exists()
    return done.out + done.err


def stage(ground: Ground, **files: str) -> None:
    for name, text in files.items():
        path = {"requirements": "requirements.txt", "readme": "README.md"}[name]
        ground.write(path, text)
        git(ground, "add", path)


# --- what happens to commits ----------------------------------------------------------------------------------------


def test_a_hostile_pin_is_refused_by_its_line_and_an_honest_bump_passes(repository: Ground) -> None:
    """The first commit of all has nothing that it could be compared with."""
    stage(repository, requirements="quietharbour==1.0\n")
    commit(repository)
    stage(repository, requirements="quietharbour==1.1\n")
    commit(repository)
    stage(repository, requirements="quietharbour==1.1\nmossgarden==1.0\n")
    said = refused(repository)
    assert "mossgarden" in said
    assert re.search(r"requirements\.txt:2\b", said), said
    assert "decode-then-exec" in said


def test_the_first_commit_is_judged_whole(repository: Ground) -> None:
    stage(repository, requirements="# first\nmossgarden==1.0\n")
    assert re.search(r"requirements\.txt:2\b", refused(repository))


@BY_THE_PLAIN_HOOK
def test_what_was_there_before_is_not_judged_again(repository: Ground) -> None:
    stage(repository, requirements="mossgarden==1.0\n")
    git(repository, "commit", "--no-verify", "-qm", "somebody else's decision")
    stage(repository, requirements="mossgarden==1.0\nquietharbour==1.0\n")
    commit(repository)


def test_a_commit_of_other_files_costs_next_to_nothing(repository: Ground, index: Index) -> None:
    """pre-commit does not start the hook; the plain one starts nothing."""
    stage(repository, requirements="quietharbour==1.0\n")
    commit(repository)
    asked = len(index.asked)
    times = []
    for number in range(3):
        stage(repository, readme=f"{number}\n")
        began = time.monotonic()
        done = commit(repository)
        times.append(time.monotonic() - began)
    assert len(index.asked) == asked
    assert "Skipped" in done.out + done.err or min(times) < IDLE


def test_what_is_staged_is_judged_and_not_what_lies_in_the_folder(repository: Ground) -> None:
    stage(repository, requirements="quietharbour==1.0\n")
    repository.write("requirements.txt", "quietharbour==1.0\nmossgarden==1.0\n")
    commit(repository)
    assert "mossgarden" in (repository.project / "requirements.txt").read_text()
    git(repository, "add", "requirements.txt")
    repository.write("requirements.txt", "quietharbour==1.0\n")
    assert "mossgarden" in refused(repository)


@BY_THE_PLAIN_HOOK
def test_a_commit_of_named_files_is_judged_by_these(repository: Ground) -> None:
    stage(repository, requirements="quietharbour==1.0\n", readme="one\n")
    commit(repository)
    stage(repository, requirements="mossgarden==1.0\n", readme="two\n")
    commit(repository, "--", "README.md")
    assert "mossgarden" in refused(repository, "--all")
    assert "mossgarden" in refused(repository, "--", "requirements.txt")


@BY_THE_PLAIN_HOOK
def test_a_lock_that_goes_away_or_moves_is_no_obstacle(repository: Ground) -> None:
    stage(repository, requirements="quietharbour==1.0\n")
    commit(repository)
    (repository.project / "deep").mkdir()
    git(repository, "mv", "requirements.txt", "deep/requirements.txt")
    commit(repository)
    git(repository, "rm", "-q", "deep/requirements.txt")
    commit(repository)


@BY_THE_PLAIN_HOOK
def test_a_file_with_an_odd_name_is_judged_too(repository: Ground) -> None:
    name = "dépôt 'x'/requirements dev.txt"
    repository.write(name, "mossgarden==1.0\n")
    git(repository, "add", name)
    assert "mossgarden" in refused(repository)


@BY_THE_PLAIN_HOOK
def test_no_file_name_is_taken_for_an_option(repository: Ground) -> None:
    name = "--output=told/requirements.txt"
    repository.write(name, "mossgarden==1.0\n")
    git(repository, "add", "--", name)
    assert "mossgarden" in refused(repository)
    assert (repository.project / name).read_text() == "mossgarden==1.0\n"
    assert not (repository.project / "told").exists()


@BY_THE_PLAIN_HOOK
def test_an_exception_that_rides_along_excuses_nothing(repository: Ground) -> None:
    repository.write("gatekeeper.toml", '[rulings]\ndecode-then-exec = "allow"\n')
    git(repository, "add", "gatekeeper.toml")
    stage(repository, requirements="mossgarden==1.0\n")
    assert "mossgarden" in refused(repository)


@BY_THE_PLAIN_HOOK
def test_without_gatekeeper_the_plain_hook_lets_no_lock_pass(repository: Ground) -> None:
    (repository.home / ".gatekeeper" / "bin" / "gatekeeper").unlink()
    stage(repository, readme="one\n")
    commit(repository)
    stage(repository, requirements="quietharbour==1.0\n")
    assert "gatekeeper" in refused(repository)


# --- the names ------------------------------------------------------------------------------------------------------


def named_in(pattern: str) -> str:
    """A regular expression that matches the paths which a glob of a format means."""
    return re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\-", "-")


def test_both_doors_open_for_the_names_of_every_format() -> None:
    wanted = sorted({pattern for each in formats().values() for pattern in each.PATTERNS})
    expression = f"(^|/)({'|'.join(map(named_in, wanted))})$"
    assert re.sub(r"\s", "", declared()["files"].removeprefix("(?x)")) == expression
    assert f"grep -E -q '{expression}'" in PLAIN.read_text("utf-8")


NAMES = [pattern.replace("*", "x") for each in formats().values() for pattern in each.PATTERNS]


@given(
    st.sampled_from(["", "a/", "a b/c/", "requirements/"]),
    st.sampled_from(NAMES) | st.text("abcx.-_", min_size=1, max_size=12),
    st.sampled_from(["", ".orig", "x"]),
)
def test_the_expression_means_what_the_formats_mean(folder: str, name: str, end: str) -> None:
    path = f"{folder}{name}{end}"
    assert bool(re.search(declared()["files"], path)) == (format_of(path) is not None)


def test_the_doors_hold_no_logic() -> None:
    for door in (ROOT / "hooks").iterdir():
        assert len(door.read_text("utf-8").splitlines()) <= 20
    assert PLAIN.stat().st_mode & 0o111


def test_the_door_for_shells_gates_the_shell_that_reads_it(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "gatekeeper"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -m gatekeeper "$@"\n')
    program.chmod(0o755)
    environ = {"HOME": str(tmp_path), "PATH": f"{program.parent}:/usr/bin:/bin"}
    command = f". '{ROOT / 'hooks' / 'shell'}' && command -v npm"
    done = subprocess.run(["sh", "-euc", command], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"{tmp_path}/.local/share/gatekeeper/shims/npm"


# --- as pre-commit installs it --------------------------------------------------------------------------------------

Call = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.online
def test_pre_commit_installs_it_from_the_repository(tmp_path: Path) -> None:
    """With everything that gatekeeper needs, from this machine's index."""
    source, project = tmp_path / "source", tmp_path / "project"
    project.mkdir()
    environ = {**MACHINE, **PERSON, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "XDG_CACHE_HOME": str(tmp_path / "own")}

    def call(*words: str | Path, cwd: Path = project, expect: int = 0) -> str:
        done = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    listed = call("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        call("git", *words, cwd=source)
    revision = call("git", "rev-parse", "HEAD", cwd=source).strip()
    config = {"repos": [{"repo": str(source), "rev": revision, "hooks": [{"id": "gatekeeper"}]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (project / "requirements.txt").write_text("reqeusts==1.0\n")
    call("git", "init", "-q")
    call("git", "add", "-A")
    call(sys.executable, "-m", "pre_commit", "install", "--install-hooks")
    said = call("git", "commit", "-m", "a slip", expect=1)
    assert "reqeusts" in said
    assert re.search(rf"exit code: ({BLOCKED}|{UNDECIDED})\b", said)  # the index may not have that version
