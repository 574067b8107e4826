"""The shims with stand-ins for the clients and for gatekeeper: who is started, with which words, by which shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper import managers, shims
from gatekeeper.commands import _shims
from gatekeeper.commands.shell import Person, lay, lines
from gatekeeper.managers._npm_verbs import NAMES as VERBS
from gatekeeper.managers._npm_verbs import verb_of
from gatekeeper.managers._pip_wish import READ_ONLY
from tests.support.clients import make_environment

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
POSIX = {"bash": ["bash"], "dash": ["dash"], "busybox": ["busybox", "sh"], "zsh": ["zsh", "-f"], "sh": ["sh"]}
ODD = "a folder, of 'o$HOME*brien\""


def started_by(shell: str) -> list[str]:
    """The words that start a shell; a machine without it does not prove it."""
    words = POSIX.get(shell, [shell])
    if shutil.which(words[0]) is None:
        pytest.skip(f"{shell} is not installed")
    return words


def program(place: Path, says: str) -> Path:
    """A stand-in that says who it is and what it was given."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\nprintf '%s\\n' {says} \"$@\"\n")
    place.chmod(0o755)
    return place


@dataclass
class Scene:
    """Shims before stand-ins, in folders with odd names."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def shims(self) -> Path:
        return self.folder / ODD / "shims"

    @property
    def real(self) -> Path:
        return self.folder / ODD / "real"

    def run(self, *words: str | Path, path: str | None = None, **environ: str) -> list[str]:
        """Run a command with the shims first on PATH; return the lines that it says, and its exit code when not 0."""
        given = {"PATH": path or f"{self.shims}:{self.real}:{SYSTEM}", "HOME": str(self.folder), **environ}
        done = subprocess.run(
            words, env=given, cwd=self.folder, capture_output=True, text=True, timeout=30, check=False
        )
        assert not done.stderr or done.returncode, done.stderr
        return [*(done.stdout + done.stderr).splitlines(), *([f"exit {done.returncode}"] if done.returncode else [])]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    scene = Scene(tmp_path)
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / ODD / "python", "gatekeeper")))
    lay(scene.shims)
    for name in shims.NAMES:
        program(scene.real / name, name)
    return scene


def gated(*words: str) -> list[str]:
    return ["gatekeeper", "-I", "-m", "gatekeeper", "install", *words]


# --- what passes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["pip list", "pip3 freeze --all", "npm run build -- --force", "npm test", "npm --version", "npx -v", "npm", "pip"],
)
def test_what_installs_nothing_goes_to_the_client_with_the_same_words(words: str, scene: Scene) -> None:
    name, *rest = words.split()
    assert scene.run(scene.shims / name, *rest) == [name, *rest]


@pytest.mark.parametrize(
    "words", ["npm install x", "npm ci", "npm i", "npx cowsay hi", "npm exec x", "npm frobnicate", "npm ''"]
)
def test_whatever_may_install_goes_through_gatekeeper(words: str, scene: Scene) -> None:
    name, *rest = words.replace("''", "").split(" ")
    assert scene.run(scene.shims / name, *rest) == gated(name, *rest)


@pytest.mark.parametrize(
    "words",
    ["install x", "-q list", "--version install", "download x", "wheel .", "lock", "index versions x", "frobnicate"],
)
@pytest.mark.parametrize("name", ["pip", "pip3"])
def test_a_pip_install_names_the_pip_that_was_meant(name: str, words: str, scene: Scene) -> None:
    rest = words.split()
    assert scene.run(scene.shims / name, *rest) == gated("pip", "--python", str(scene.real / name), *rest)


def test_the_persons_own_choice_of_an_interpreter_stays(scene: Scene) -> None:
    assert scene.run(scene.shims / "pip", "install", "x", PIP_PYTHON="/y") == gated("pip", "install", "x")


def test_words_arrive_as_they_were_typed(scene: Scene) -> None:
    rest = ["install", "", "a b", "*", "$HOME", "new\\line", "'\"", "é"]
    assert scene.run(scene.shims / "npm", *rest) == gated("npm", *rest)
    assert scene.run(scene.shims / "npm", "run", *rest) == ["npm", "run", *rest]


def test_pips_list_is_the_gates_own() -> None:
    assert managers.passing("pip") == managers.passing("pip3") == READ_ONLY
    assert not managers.passing("npx")


@given(
    st.sampled_from(sorted(VERBS)),
    st.lists(st.text("abc-=@/ .", max_size=8) | st.sampled_from(sorted(VERBS)), max_size=4),
)
def test_no_verb_of_npm_passes_that_the_gate_would_not_let_pass_untouched(verb: str, rest: list[str]) -> None:
    ruled = verb_of([verb, *rest])
    if verb in managers.passing("npm"):
        assert (ruled.kind, ruled.extra) == ("plain", ())


def test_the_words_of_every_day_do_pass() -> None:
    assert {"run", "test", "t", "start", "ls", "outdated", "config", "whoami"} <= managers.passing("npm")
    assert not managers.passing("npm") & {"i", "install", "ci", "x", "exec", "init", "create", "up", "rebuild", "view"}


# --- finding the client ---------------------------------------------------------------------------------------------


def test_shims_are_skipped_wherever_they_lie(scene: Scene) -> None:
    """Under a link to the folder, under a link to a shim, as a copy, and those of another installation."""
    (scene.folder / "link").symlink_to(scene.shims)
    (scene.folder / "bin").mkdir()
    (scene.folder / "bin" / "npm").symlink_to(scene.shims / "npm")
    for copy in ("copy", "other"):
        shutil.copytree(scene.shims, scene.folder / copy)
    folders = [scene.folder / name for name in ("copy", "bin", "link", "other", "copy")]
    path = ":".join(map(str, [*folders, scene.shims, scene.real, "/usr/bin", "/bin"]))
    for folder in (*folders, scene.shims):
        assert scene.run(folder / "npm", "test", path=path) == ["npm", "test"]
        assert scene.run(folder / "npm", "ci", path=path) == gated("npm", "ci")


def test_what_is_no_program_and_what_lies_in_no_fixed_place_is_no_client(scene: Scene) -> None:
    (scene.folder / "folder" / "npm").mkdir(parents=True)
    (scene.folder / "text").mkdir()
    (scene.folder / "text" / "npm").write_text("no program")
    program(scene.folder / "planted" / "npm", "planted")
    program(scene.folder / "npm", "planted")
    path = f":.:planted:{scene.folder / 'folder'}:{scene.folder / 'text'}:/nowhere:{scene.shims}::{scene.real}:/bin"
    assert scene.run(scene.shims / "npm", "test", path=path) == ["npm", "test"]


@pytest.mark.parametrize("words", [["test"], ["install", "x"]])
def test_without_a_client_it_ends_as_a_command_that_is_not_there(words: list[str], scene: Scene) -> None:
    said = scene.run(scene.shims / "npm", *words, path=str(scene.shims))
    assert said == ["gatekeeper: npm: not found behind its shim", "exit 127"]


def test_when_gatekeeper_is_gone_nothing_is_installed_and_the_rest_works(scene: Scene) -> None:
    Path(sys.executable).unlink()
    said = scene.run(scene.shims / "npm", "install", "x")
    assert "is gone, so nothing was installed" in said[0]
    assert said[-1] == "exit 12"
    assert scene.run(scene.shims / "npm", "test") == ["npm", "test"]


@pytest.mark.parametrize("shell", ["dash", "busybox", "bash", "zsh"])
def test_any_shell_that_a_system_calls_sh_runs_them(shell: str, scene: Scene) -> None:
    words = started_by(shell)
    options = ["--emulate", "sh"] if shell == "zsh" else []
    for shim, rest in (("pip", ["list"]), ("npm", ["test", "a b"])):
        assert scene.run(*words[:1], *options, *words[1:2], scene.shims / shim, *rest) == [shim, *rest]
    assert scene.run(*words[:1], *options, *words[1:2], scene.shims / "npx", "x") == gated("npx", "x")


def test_gatekeeper_itself_looks_past_them(scene: Scene) -> None:
    path = f"/x:{scene.shims}:{scene.real}:"
    assert shims.without_shims(path) == f"/x:{scene.real}:"
    assert [shims.is_shim(scene.shims / name) for name in shims.NAMES] == [True] * len(shims.NAMES)
    assert not any(shims.is_shim(scene.real / name) for name in (*shims.NAMES, "nothing"))


# --- shells ---------------------------------------------------------------------------------------------------------


def sourced(shell: str, scene: Scene) -> str:
    return lines(shell, Person(scene.folder, {}))


@pytest.fixture
def at_home(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The same, where `gatekeeper shell --install` puts the shims, and with an environment to activate."""
    monkeypatch.setenv("XDG_DATA_HOME", str(scene.folder / ODD))
    scene.shims.rename(scene.folder / "gone")
    lay(Person(scene.folder, {}).shims)
    make_environment(scene.folder / "env", None)
    program(scene.folder / "env" / "bin" / "pip", "pip-of-env")
    return scene


PATH_OF = {"fish": "string join : $PATH", "pwsh": "$env:PATH"}


@pytest.mark.parametrize("shell", ["sh", "dash", "busybox", "bash", "zsh", "fish"])
@pytest.mark.parametrize("twice", [False, True])
def test_the_lines_put_the_shims_first_once(shell: str, twice: bool, at_home: Scene) -> None:
    folder = Person(at_home.folder, {}).shims
    text = sourced(shell, at_home)
    strict = "" if shell == "fish" else "set -eu; "
    command = f"{strict}{text}\n" * (1 + twice) + PATH_OF.get(shell, 'echo "$PATH"')
    once = f"{folder}:{at_home.real}:{SYSTEM}"
    for path in (once, f"{at_home.real}:{SYSTEM}", f"{at_home.real}:{folder}:{SYSTEM}:{folder}"):
        assert at_home.run(*started_by(shell), "-c", command, path=path) == [once]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_an_activated_environment_is_the_one_that_is_meant(shell: str, at_home: Scene) -> None:
    """`activate` puts its own folder first on PATH, in the same line even."""
    activate = at_home.folder / "env" / "bin" / ("activate.fish" if shell == "fish" else "activate")
    command = f"{sourced(shell, at_home)}\n. '{activate}' && pip install x && npm ci && pip list"
    said = at_home.run(*started_by(shell), "-c", command)
    meant = gated("pip", "--python", str(activate.with_name("pip")), "install", "x")
    assert said == [*meant, *gated("npm", "ci"), "pip-of-env", "list"]


def test_a_script_of_bash_hears_of_them_through_its_environment(at_home: Scene) -> None:
    script = at_home.folder / "script"
    script.write_text(f"#!/bin/bash\nset -euo pipefail\nsource {at_home.folder}/env/bin/activate\npip install x\n")
    script.chmod(0o755)
    command = f"{sourced('sh', at_home)}\nexec '{script}'"
    for shell in ("sh", "bash"):
        said = at_home.run(shell, "-c", command)
        assert said == gated("pip", "--python", f"{at_home.folder}/env/bin/pip", "install", "x")
    kept = at_home.run("bash", "-c", f"{sourced('bash', at_home)}\necho $BASH_ENV", BASH_ENV="/own")
    assert kept == ["/own"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_an_alias_of_the_same_name_does_no_harm(shell: str, at_home: Scene) -> None:
    aliases = "shopt -s expand_aliases" if shell == "bash" else "setopt aliases"
    at_home.folder.joinpath("rc").write_text(
        f"{aliases}\nalias pip='pip --quiet'\n{sourced(shell, at_home)}\npip list\n"
    )
    said = at_home.run(*started_by(shell), at_home.folder / "rc")
    assert said == gated("pip", "--python", str(at_home.real / "pip"), "--quiet", "list")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_before_each_prompt_the_shims_go_first_again(shell: str, at_home: Scene) -> None:
    """So that what is started without the shell's functions, by make for example, meets them, too."""
    ours, own = sourced(shell, at_home), "PROMPT_COMMAND='true;'" if shell == "bash" else "precmd() { true; }"
    typed = f"{own}\n{ours}\n{ours}\nPATH={at_home.folder}/env/bin:$PATH\nenv pip install x\nexit\n"
    words = [*started_by(shell), *(["--norc"] if shell == "bash" else []), "-i"]
    done = subprocess.run(
        words,
        input=typed,
        env={"PATH": f"{at_home.real}:{SYSTEM}", "HOME": str(at_home.folder), "PS1": "", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    meant = "\n".join(gated("pip", "--python", f"{at_home.folder}/env/bin/pip", "install", "x"))
    assert meant in done.stdout, done.stdout + done.stderr
    assert "gatekeeper_first" not in done.stderr


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
def test_once_the_shims_are_gone_the_lines_do_nothing(shell: str, at_home: Scene) -> None:
    shutil.rmtree(Person(at_home.folder, {}).shims)
    assert at_home.run(*started_by(shell), "-c", f"{sourced(shell, at_home)}\npip install x") == ["pip", "install", "x"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_is_open_when_they_go_finds_the_clients(shell: str, at_home: Scene) -> None:
    folder = Person(at_home.folder, {}).shims
    command = f"{sourced(shell, at_home)}\nrm -r -- {_shims.in_fish(str(folder)) if shell == 'fish' else _shims.quoted(str(folder))}\npip install x"
    assert at_home.run(*started_by(shell), "-c", command) == ["pip", "install", "x"]


def test_powershell_reads_its_file_without_a_complaint(at_home: Scene) -> None:
    words = [*started_by("pwsh"), "-NoProfile", "-Command"]
    parse = "$e = $null; [void][Management.Automation.Language.Parser]::ParseFile('{}', [ref]$null, [ref]$e); $e.Count"
    for place in (Person(at_home.folder, {}).shims / "shell.ps1",):
        assert at_home.run(*words, parse.format(str(place).replace("'", "''"))) == ["0"]


@pytest.mark.parametrize("text", ["plain", "o'brien", "a\u2019b", "back\\slash", '$HOME `x` "y" *'])
def test_quoting_is_undone_by_the_shell(text: str) -> None:
    assert _shims.in_powershell(text)[1:-1].replace("''", "'").replace("\u2019\u2019", "\u2019") == text
    for shell, quote in (("sh", _shims.quoted), ("fish", _shims.in_fish)):
        if shutil.which(shell):
            done = subprocess.run([shell, "-c", f"echo {quote(text)}"], capture_output=True, text=True, check=True)
            expected = text.replace("\\", "\\") + "\n"
            assert done.stdout == expected


def test_on_windows_a_shim_is_a_batch_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shims, "SUFFIX", ".cmd")
    text = _shims.shim("npm", managers.passing("npm"))
    assert "@" not in text.replace("@echo off", "")
    assert text.splitlines()[1].startswith("rem gatekeeper shim")
    assert f'"{sys.executable}" -I -m gatekeeper install npm' in text
    assert '--python "%real%" %*' in _shims.shim("pip3", managers.passing("pip3"))


def test_they_stay_small() -> None:
    for template in ("shim.sh", "shim.cmd", "shell.sh", "shell.fish", "shell.ps1"):
        assert len((_shims.TEMPLATES / template).read_text("utf-8").splitlines()) <= 45
    assert os.access(_shims.TEMPLATES, os.R_OK)
