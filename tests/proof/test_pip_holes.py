"""Ways round the gate that were open once: each is refused, and nothing of it runs."""

from __future__ import annotations

import py_compile
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.attacks import decode_then_exec, import_wheel, setup_sdist
from tests.support.clients import NEWEST_ONLY
from tests.support.packages import About, Built, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index

pytestmark = pytest.mark.parametrize("client", NEWEST_ONLY)


def refused(ground: Ground, *words: object, codes: tuple[int, ...] = (10,)) -> None:
    before = ground.snapshot()
    done = ground.safe_install(*words, expect=None)
    assert done.code in codes, done.text
    assert not ground.marker.exists()
    assert "Traceback" not in done.err
    ground.assert_unchanged_since(before)
    ground.assert_nothing_left()


def hostile(ground: Ground) -> Built:
    return setup_sdist("thistle", decode_then_exec(ground.marker))


def test_a_setting_that_names_an_interpreter_does_not_start_a_bare_pip(
    client: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    index.add(import_wheel("thistle", decode_then_exec(ground.marker)))
    ground.environ["PIP_PYTHON"] = str(ground.python)
    refused(ground, "thistle")
    refused(ground, f"--pyth={ground.python}", "thistle", codes=(2, 10))
    del ground.environ["PIP_PYTHON"]
    config = ground.write("pip.conf", f"[global]\nindex-url = {index.url}\npython = {ground.python}\n")
    ground.environ["PIP_CONFIG_FILE"] = str(config)
    refused(ground, "thistle", codes=(2, 10))


def test_a_package_cannot_name_a_local_archive_under_a_marker(
    client: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    path = hostile(ground).write(ground.project)
    index.add(wheel("mossgarden", about=About(requires=(f"thistle @ {path.as_uri()} ; python_version > '3'",))))
    refused(ground, "mossgarden")


def test_a_tree_cannot_name_a_local_archive_as_a_build_requirement(
    client: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    path = hostile(ground).write(ground.project)
    ground.write("tree/setup.py", "from setuptools import setup\nsetup(name='tree', version='1.0')\n")
    ground.write("tree/pyproject.toml", f"[build-system]\nrequires = ['thistle @ {path.as_uri()}']\n")
    refused(ground, "./tree")


def test_a_variable_cannot_mean_one_thing_now_and_another_later(
    client: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    hostile(ground).write(ground.project / "0")
    ground.write("requirements.txt", "./${PIP_RETRIES}/thistle-1.0.tar.gz\n")
    refused(ground, "-r", "requirements.txt", codes=(2, 10))


def test_a_requirement_behind_a_bare_carriage_return_is_seen(
    client: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    path = hostile(ground).write(ground.project)
    index.add(wheel("mossgarden", about=About(summary=f"small\rRequires-Dist: thistle @ {path.as_uri()}")))
    refused(ground, "mossgarden")


def test_only_what_was_judged_of_an_archive_is_built(client: str, make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(client, index_url=index.url)
    path = hostile(ground).write(ground.project)
    refused(ground, f"thistle @ {path.as_uri()}#subdirectory=tests/inner")


def test_a_build_imports_the_source_that_was_read_not_a_cache_beside_it(
    client: str, make_ground: MakeGround, index: Index, tmp_path: Path
) -> None:
    ground = make_ground(client, index_url=index.url, build_tools_inside=True)
    source = tmp_path / "helper.py"
    source.write_text(decode_then_exec(ground.marker))
    cache = tmp_path / "helper.pyc"
    py_compile.compile(str(source), str(cache), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    files = {
        "setup.py": "import sys; sys.path.insert(0, '.')\nimport helper\nfrom setuptools import setup\n"
        "setup(name='thistle', version='1.0', py_modules=['helper'])\n",
        "helper.py": "honest = True\n",
        f"__pycache__/helper.{sys.implementation.cache_tag}.pyc": cache.read_bytes(),
    }
    path = sdist("thistle", files=files).write(ground.project)
    done = ground.safe_install("--no-build-isolation", path, expect=None)
    assert not ground.marker.exists(), done.text
    ground.run(ground.python, "-m", "pip", "install", "--no-build-isolation", path)
    assert ground.marker.exists(), "the control: bare pip runs what the cache holds"
