"""Real pip and npm behind the shims: the hostile is refused, the honest arrives where bare pip would have put it."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from gatekeeper.commands.shell import lay
from gatekeeper.managers.pip import find_python, interpreter_of
from tests.support import attacks, npm_attacks
from tests.support.clients import make_environment
from tests.support.ground import BLOCKED, Done, Ground, MakeGround
from tests.support.npm_packages import package
from tests.support.packages import wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_registry import Registry

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
QUICK = 0.030  # seconds that a shim may add to what installs nothing


def shimmed(ground: Ground, folder: Path) -> Path:
    """Lay shims down for a ground, first on its PATH."""
    shims = ground.folder / "the shims"
    lay(shims)
    ground.environ["PATH"] = f"{shims}:{folder}:{SYSTEM}"
    return shims


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    ground = make_ground(index_url=index.url)
    ground.environ["VIRTUAL_ENV"] = ""
    shimmed(ground, ground.environment.folder / "bin")
    return ground


@pytest.fixture
def npm_ground(make_npm_ground: MakeNpmGround, registry: Registry) -> NpmGround:
    ground = make_npm_ground(index_url=registry.url)
    shimmed(ground, ground.bin)
    return ground


def typed(ground: Ground, line: str, shell: str = "sh", expect: int = 0) -> Done:
    done = ground.run(shell, "-c", line)
    assert done.code == expect, done.text
    assert "Traceback" not in done.err, done.text
    ground.assert_nothing_left()
    return done


def test_pip_installs_the_honest_and_refuses_the_hostile(ground: Ground, index: Index) -> None:
    hostile = attacks.import_wheel("mossgarden", attacks.decode_then_exec(ground.marker))
    index.add(wheel("quietharbour"), hostile)
    typed(ground, "pip install quietharbour")
    assert (ground.environment.site / "quietharbour").is_dir()
    before = ground.snapshot()
    done = typed(ground, "set -eu; pip install mossgarden", expect=BLOCKED)
    assert "mossgarden" in done.err
    ground.assert_unchanged_since(before)
    ground.start_python("import quietharbour")
    assert not ground.marker.exists()


def test_an_environment_that_a_script_activates_is_the_one_that_is_filled(ground: Ground, index: Index) -> None:
    """And not the one that the variables of the shell still name."""
    index.add(wheel("quietharbour"))
    other = make_environment(ground.folder / "other", "newest")
    hook = ground.folder / "the shims" / "shell.sh"
    line = f"source '{other.folder}/bin/activate' && pip install quietharbour && pip list --format json"
    ground.environ["BASH_ENV"] = str(hook)
    done = typed(ground, line, shell="bash")
    assert (other.site / "quietharbour").is_dir()
    assert not (ground.environment.site / "quietharbour").exists()
    assert "quietharbour" in done.out
    index.add(attacks.pth_wheel("mossgarden", attacks.spawn_shell(ground.marker).replace("\n", "; ")))
    typed(ground, f"source '{other.folder}/bin/activate'; pip install mossgarden", shell="bash", expect=BLOCKED)
    ground.run(other.python, "-c", "pass")
    assert not ground.marker.exists()


def test_pips_own_python_option_names_the_target(ground: Ground, index: Index) -> None:
    index.add(wheel("quietharbour"))
    other = make_environment(ground.folder / "other", "newest")
    typed(ground, f"pip --python {other.python} install quietharbour")
    assert (other.site / "quietharbour").is_dir()
    assert not (ground.environment.site / "quietharbour").exists()


def test_what_installs_nothing_says_the_same_byte_for_byte(ground: Ground, index: Index) -> None:
    for words in ("list --format json", "help install", "show nothing"):
        bare = ground.run(ground.environment.folder / "bin" / "pip", *words.split())
        behind = ground.run("pip", *words.split())
        assert (behind.code, behind.out, behind.err) == (bare.code, bare.out, bare.err)
        assert bare.out or bare.err
    assert index.asked == []


def test_npm_installs_the_honest_and_refuses_the_hostile(npm_ground: NpmGround, registry: Registry) -> None:
    registry.add(package("quietharbour"), npm_attacks.hooked("mossgarden", npm_ground.marker))
    npm_ground.manifest(scripts={"hello": "echo hello $0"})
    typed(npm_ground, "npm install quietharbour")
    assert (npm_ground.modules / "quietharbour").is_dir()
    before = npm_ground.snapshot()
    typed(npm_ground, "npm install mossgarden", expect=BLOCKED)
    npm_ground.assert_unchanged_since(before)
    assert not npm_ground.marker.exists()
    bare, behind = npm_ground.bare("run", "hello"), npm_ground.run("npm", "run", "hello")
    assert (behind.code, behind.out, behind.err) == (bare.code, bare.out, bare.err)


def test_a_script_of_the_project_that_installs_is_gated_too(npm_ground: NpmGround, registry: Registry) -> None:
    """`npm run` passes; what it starts meets the shims again."""
    registry.add(npm_attacks.hooked("mossgarden", npm_ground.marker))
    npm_ground.manifest(scripts={"setup": "npm install mossgarden"})
    done = typed(npm_ground, "npm run setup", expect=BLOCKED)
    assert "block" in done.err
    assert not npm_ground.marker.exists()


def test_a_program_of_npx_that_installs_is_gated_too(npm_ground: NpmGround, registry: Registry) -> None:
    code = "#!/usr/bin/env node\nprocess.exitCode = require('child_process').spawnSync('npm', ['install', 'mossgarden'], {stdio: 'inherit'}).status;\n"
    starter = package(
        "create-harbour", files={"cli.js": code}, bin={"create-harbour": "cli.js"}, executable=("cli.js",)
    )
    registry.add(starter, npm_attacks.hooked("mossgarden", npm_ground.marker))
    npm_ground.manifest()
    done = npm_ground.run("npx", "--yes", "create-harbour")
    assert done.code == BLOCKED, done.text
    assert not npm_ground.marker.exists()
    assert not npm_ground.modules.exists()


def test_a_hook_that_asks_npm_for_something_asks_the_same_gate(npm_ground: NpmGround, registry: Registry) -> None:
    """Inside the fence no shim begins a gate of its own."""
    registry.add(package("quietharbour", scripts={"postinstall": "npm --version"}))
    npm_ground.manifest()
    typed(npm_ground, "npm install --foreground-scripts quietharbour")
    assert json.loads((npm_ground.modules / "quietharbour" / "package.json").read_text())["name"] == "quietharbour"


@pytest.mark.parametrize(
    "lines",
    [
        "#!{python}\nimport sys\n",
        "#!{python} -sE\n",
        "#! {python}\n",
        "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n",
        "#!/usr/bin/env python3.99\n",
        "#!/usr/bin/env bash\nexec pyenv exec pip\n",
        "\x7fELF",
        "",
    ],
)
def test_a_pip_tells_whose_it_is(lines: str, tmp_path: Path) -> None:
    """In its first lines, or by what lies beside it."""
    folder = tmp_path / ("a folder" if '"{python}"' in lines else "folder")
    folder.mkdir()
    beside, python, on_path = folder / "python3", folder / "python3.98", tmp_path / "bin" / "python3.99"
    on_path.parent.mkdir()
    for place in (beside, python, on_path):
        place.write_text("")
        place.chmod(0o755)
    pip = folder / "pip"
    pip.write_text(lines.format(python=python))
    expected = on_path if "3.99" in lines else python if "{python}" in lines else beside
    assert interpreter_of(pip, str(on_path.parent)) == str(expected)
    assert find_python(str(pip), {"PATH": str(on_path.parent)}) == str(expected)


def test_a_shim_costs_next_to_nothing(ground: Ground) -> None:
    """Against the same stand-in, started without it."""
    real = ground.environment.folder / "bin" / "pip"
    real.write_text("#!/bin/sh\n")

    def seconds(*command: str | Path) -> float:
        began = time.perf_counter()
        subprocess.run(command, env=ground.clean_environ(), check=True)
        return time.perf_counter() - began

    assert shutil.which("pip", path=ground.clean_environ()["PATH"]) == str(ground.folder / "the shims" / "pip")
    pairs = [(seconds(real, "list"), seconds(ground.folder / "the shims" / "pip", "list")) for _ in range(21)]
    assert statistics.median(behind - bare for bare, behind in pairs) < QUICK
