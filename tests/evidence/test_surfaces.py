"""Surfaces: which file runs when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import When
from tests.support.judging import gathered
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path


def moments(folder: Path, files: dict[str, str], kind: str = "wheel") -> dict[str, When]:
    built = wheel("acme-thing", files=files) if kind == "wheel" else sdist("acme-thing", files=files)
    return {surface.path: surface.when for surface in gathered(built, folder).surfaces}


def test_in_a_wheel_nothing_runs_at_install(tmp_path: Path) -> None:
    found = moments(tmp_path, {"setup.py": "x = 1\n", "a/__init__.py": "", "a/setup.py": "", "a/tests/test_b.py": ""})
    assert found == {
        "setup.py": When.IMPORT,
        "a/__init__.py": When.IMPORT,
        "a/setup.py": When.IMPORT,
        "a/tests/test_b.py": When.NEVER,
    }


def test_in_an_sdist_setup_and_what_it_runs_is_install(tmp_path: Path) -> None:
    files = {
        "setup.py": "import helper\nexec(open('pkg/version.py').read())\n",
        "helper.py": "from more import *\n",
        "more.py": "",
        "pkg/__init__.py": "",
        "pkg/version.py": "__version__ = '1'\n",
        "tests/test_a.py": "",
        "docs/conf.py": "",
    }
    found = moments(tmp_path, files, "sdist")
    assert {path for path, when in found.items() if when is When.INSTALL} == {"setup.py", "helper.py", "more.py"}
    assert found["pkg/__init__.py"] is When.IMPORT
    assert found["tests/test_a.py"] is found["docs/conf.py"] is When.NEVER


def test_start_up_files_and_commands(tmp_path: Path) -> None:
    files = {
        "a.pth": "import os\n",
        "b.pth": "../lib\n",
        "sitecustomize.py": "",
        "a/sitecustomize.py": "",
        "a/__main__.py": "",
        "acme_thing-1.0.data/scripts/run.py": "",
        "acme_thing-1.0.data/purelib/usercustomize.py": "",
    }
    found = moments(tmp_path, files)
    assert {path for path, when in found.items() if when is When.STARTUP} == {
        "a.pth",
        "sitecustomize.py",
        "acme_thing-1.0.data/purelib/usercustomize.py",
    }
    assert found["a/__main__.py"] is found["acme_thing-1.0.data/scripts/run.py"] is When.COMMAND
    assert "b.pth" not in found


def test_a_test_that_the_package_imports_runs_on_import(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "from a.tests import helper\n",
        "a/tests/__init__.py": "",
        "a/tests/helper.py": "import os\nos.system('id')\n__import__('os')\n",
    }
    assert moments(tmp_path, files)["a/tests/helper.py"] is When.IMPORT
