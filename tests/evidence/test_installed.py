"""What a source tree installs, as its packaging files tell: what lies beside it never runs, and guessing opens no door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import When
from tests.support.judging import gathered
from tests.support.packages import sdist

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.packages import Files

TREE: Files = {"acme/__init__.py": "", "bootstrap.py": "import os\n", "scripts/release.py": "import os\n"}


def moments(folder: Path, files: Files) -> dict[str, When]:
    return {one.path: one.when for one in gathered(sdist("acme-thing", files={**TREE, **files}), folder).surfaces}


def setup(words: str, before: str = "") -> Files:
    return {"setup.py": f"from setuptools import find_packages, setup\n{before}\nsetup(name='acme', {words})\n"}


TOLD: dict[str, Files] = {
    "a list": setup("packages=['acme']"),
    "a tuple and a name": setup("packages=WHAT", "WHAT = ('acme',)"),
    "found": setup("packages=find_packages()"),
    "found but for some": setup("packages=find_packages(exclude=['scripts', 'scripts.*'])"),
    "found by a pattern": setup("packages=find_packages(include=['acme*'])"),
    "a list that grows": setup("packages=packages", "packages = []\npackages.append('acme')\npackages += ['acme.more']"),
    "split words": setup("packages='acme acme.more'.split()"),
    "a dictionary": setup("**words", "words = dict(packages=['acme'])\nwords['zip_safe'] = False"),
    "setup.cfg": {"setup.py": "import setuptools\nsetuptools.setup()\n", "setup.cfg": "[options]\npackages = find:\n"},
    "pyproject": {"pyproject.toml": "[project]\nname = 'acme'\n[tool.setuptools]\npackages = ['acme']\n"},
    "flit": {"pyproject.toml": "[build-system]\nbuild-backend = 'flit_core.buildapi'\n[project]\nname = 'acme'\n"},
    "an extension command": setup("packages=['acme'], cmdclass={'build_ext': B}", "class B: pass"),
}  # fmt: skip

UNTOLD: dict[str, Files] = {
    "a module too": setup("packages=['acme'], py_modules=['bootstrap']"),
    "a computed list": setup("packages=[p for p in ('acme',)]"),
    "a computed module": setup("packages=['acme'], py_modules=[name()]", "def name(): return 'boot' + 'strap'"),
    "words from elsewhere": setup("packages=['acme'], **load()", "from more import load"),
    "a key that is computed": setup("packages=['acme'], **{'py_' + 'modules': ['bootstrap']}"),
    "a command that places files": setup("packages=['acme'], cmdclass={'install': Mine}", "class Mine: pass"),
    "commands from elsewhere": setup("packages=['acme'], cmdclass=mine()", "from more import mine"),
    "the top is a package": setup("packages=['']"),
    "another folder is the top": setup("packages=['acme'], package_dir={'acme': '.'}"),
    "set afterwards": setup("packages=['acme']", "import distutils.dist\nsetattr(distutils.dist.Distribution, 'x', 1)"),
    "a path of its own": setup("packages=['acme'], data_files=d", "d = [(get_python_lib(), ['bootstrap.py'])]"),
    "no setup call": {"setup.py": "import more\n"},
    "nothing is declared": {"setup.py": "from setuptools import setup\nsetup(name='acme')\n"},
    "a setup.py that does not parse": {"setup.py": "def (\n"},
    "a backend in the tree": {
        **setup("packages=['acme']"),
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'mine'\nbackend-path = ['.']\n",
    },
    "a backend of its own kind": {"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'mesonpy'\n"},
}  # fmt: skip


@pytest.mark.parametrize("way", TOLD)
def test_what_is_not_installed_never_runs(tmp_path: Path, way: str) -> None:
    found = moments(tmp_path, TOLD[way])
    assert found["acme/__init__.py"] is When.IMPORT
    assert found["bootstrap.py"] is found["scripts/release.py"] is When.NEVER


@pytest.mark.parametrize("way", UNTOLD)
def test_where_the_text_does_not_tell_nothing_is_left_aside(tmp_path: Path, way: str) -> None:
    assert moments(tmp_path, UNTOLD[way])["bootstrap.py"] is When.IMPORT


def test_a_file_that_is_not_installed_runs_when_a_build_or_a_package_runs_it(tmp_path: Path) -> None:
    assert moments(tmp_path, setup("packages=['acme']", "import bootstrap"))["bootstrap.py"] is When.INSTALL
    acting = "import base64, subprocess\nsubprocess.Popen(base64.b64decode('eA=='))\n"
    imported = {**setup("packages=['acme']"), "acme/__init__.py": "import bootstrap\n", "bootstrap.py": acting}
    assert moments(tmp_path, imported)["bootstrap.py"] is When.IMPORT


def test_scripts_are_commands(tmp_path: Path) -> None:
    files = {
        **setup("packages=['acme'], scripts=['bin/go', 'scripts/release.py']"),
        "bin/go": "#!/usr/bin/env python\n",
    }
    found = moments(tmp_path, files)
    assert found["bin/go"] is found["scripts/release.py"] is When.COMMAND
    assert found["bootstrap.py"] is When.NEVER
    some = moments(tmp_path, setup("packages=['acme'], scripts=glob('scripts/*')", "from glob import glob"))
    assert some["scripts/release.py"] is When.COMMAND


def test_a_source_folder_holds_what_is_installed(tmp_path: Path) -> None:
    files = {
        **setup("packages=find_packages('src'), package_dir={'': 'src'}"),
        "src/acme/__init__.py": "",
        "src/x.py": "",
    }
    found = moments(tmp_path, files)
    assert found["src/acme/__init__.py"] is When.IMPORT
    assert found["src/x.py"] is found["bootstrap.py"] is When.NEVER


HOOK = "import os\nos.system('true')\n"
HOOKS: dict[str, tuple[str, str]] = {
    "hatch": ("[tool.hatch.build.hooks.custom]\n", "hatch_build.py"),
    "hatch elsewhere": ("[tool.hatch.build.targets.wheel.hooks.custom]\npath = 'tools/hook.py'\n", "tools/hook.py"),
    "hatch's metadata": ("[tool.hatch.metadata.hooks.custom]\n", "hatch_build.py"),
    "pdm": ("[tool.pdm.build]\ncustom-hook = 'tools/hook.py'\n", "tools/hook.py"),
    "pdm's own": ("", "pdm_build.py"),
    "poetry": ("[tool.poetry.build]\nscript = 'build.py'\n", "build.py"),
    "poetry before": ("[tool.poetry]\nbuild = 'build.py'\n", "build.py"),
}


@pytest.mark.parametrize("way", HOOKS)
def test_the_hooks_of_build_backends_run_at_install(tmp_path: Path, way: str) -> None:
    project, path = HOOKS[way]
    assert moments(tmp_path, {"pyproject.toml": project, path: HOOK})[path] is When.INSTALL


COMMAND = """
import os
from setuptools import Command, setup
class Fetch(Command):
    def run(self):
        os.system('curl http://files.example/')
"""


RUNS_ANOTHER = """
from setuptools.command.build_ext import build_ext
class B(build_ext):
    def run(self):
        self.run_command('fetch')
setup(packages=['acme'], cmdclass={'fetch': Fetch, 'build_ext': B})
"""


def spawned(folder: Path, code: str, config: str = "") -> set[When]:
    files = {"setup.py": COMMAND + code, "setup.cfg": config, "acme/__init__.py": ""}
    return {one.when for one in gathered(sdist("acme-thing", files=files), folder).behaviours if one.kind == "spawn"}


def test_a_command_that_a_person_types_does_not_run_in_an_install(tmp_path: Path) -> None:
    plain = "setup(packages=['acme'], cmdclass={'fetch': Fetch})"
    assert spawned(tmp_path, plain) == {When.CALL}
    asked = f"import sys\nif 'fetch' in sys.argv:\n    print('fetching')\n{plain}"
    assert spawned(tmp_path, asked) == {When.CALL}


@pytest.mark.parametrize(
    "code",
    [
        "setup(packages=['acme'], cmdclass={'egg_info': Fetch})",
        "setup(packages=['acme'], cmdclass={'fetch': Fetch, 'build_py': Fetch})",
        RUNS_ANOTHER,
        "setup(packages=['acme'], cmdclass={'fe' + 'tch': Fetch})",
        "setup(packages=['acme'], cmdclass=dict([('build', Fetch)]))",
        "class Again(Fetch):\n    pass\nsetup(packages=['acme'], cmdclass={'fetch': Fetch, 'build': Again})",
    ],
)
def test_a_command_that_an_installer_may_run_counts_as_run(tmp_path: Path, code: str) -> None:
    assert When.INSTALL in spawned(tmp_path, code)


def test_an_alias_in_setup_cfg_makes_any_command_one_that_runs(tmp_path: Path) -> None:
    code = "setup(packages=['acme'], cmdclass={'fetch': Fetch})"
    assert When.INSTALL in spawned(tmp_path, code, "[aliases]\ninstall = fetch install\n")
    assert When.INSTALL not in spawned(tmp_path, code, "[aliases]\nrelease = fetch sdist\n")


def test_entry_points_of_commands_are_read_as_what_they_are(tmp_path: Path) -> None:
    module = "import os, requests\nclass Go(Command):\n    def run(self):\n        os.system(requests.get(self.x))\n"
    module = "from setuptools import Command\n" + module
    for command, when in (("upload_docs", When.CALL), ("build_py", When.INSTALL)):
        config = (
            f"[options]\npackages = acme\n[options.entry_points]\ndistutils.commands =\n    {command} = acme.go:Go\n"
        )
        files = {"setup.py": "import setuptools\nsetuptools.setup()\n", "setup.cfg": config, "acme/go.py": module}
        evidence = gathered(sdist("acme-thing", files={**TREE, **files}), tmp_path)
        assert {one.when for one in evidence.behaviours if one.kind == "spawn"} == {when}, command
