"""Honest builds work inside the whole fence."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.support.caged import LAYERS, USERS, Rig, a_rig, as_user, python_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")


@pytest.fixture(params=USERS, ids=lambda user: f"uid{user}")
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with closing(socket.create_server(("127.0.0.1", 0))) as gate, a_rig(request.param, gate.getsockname()[1]) as made:
        yield made


def built(rig: Rig, *command: str) -> None:
    (result,) = rig.run([["run", *command]]).results
    assert result == "done", result


def starts(rig: Rig, *command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False, cwd="/", **as_user(rig.user)).returncode == 0  # type: ignore[call-overload,no-any-return]


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def test_setuptools_compiles_an_extension(rig: Rig) -> None:
    tool("gcc")
    python = python_for(rig.user)
    ask = "import os, setuptools, sysconfig; assert os.path.exists(sysconfig.get_path('include') + '/Python.h')"
    if not starts(rig, python, "-c", ask):
        pytest.skip("no setuptools or no headers for this user's Python")
    rig.file(
        rig.work / "fast.c",
        '#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "fast", 0, -1, 0};\nPyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&m); }\n',
    )
    rig.file(
        rig.work / "setup.py",
        "import os\nfrom setuptools import Extension, setup\nos.chdir(os.path.dirname(os.path.abspath(__file__)))\nsetup(name='fast', version='1', ext_modules=[Extension('fast', ['fast.c'])])\n",
    )
    built(rig, python, str(rig.work / "setup.py"), "-q", "build_ext", "--inplace")
    assert list(rig.work.glob("fast*.so"))


def test_make_builds_in_parallel(rig: Rig) -> None:
    tool("gcc")
    rig.file(rig.work / "Makefile", "all: a b c\n%: %.c\n\tgcc -o $@ $<\n")
    for name in "abc":
        rig.file(rig.work / f"{name}.c", "int main(void) { return 0; }\n")
    built(rig, tool("make"), "-C", str(rig.work), "-j2")
    assert os.access(rig.work / "c", os.X_OK)


def test_multiprocessing_works_with_fork_and_spawn(rig: Rig) -> None:
    acts = [
        ["pool", "fork"],
        ["pool", "spawn"],
        ["queue", "fork"],
        ["queue", "spawn"],
        ["threads"],
        ["pseudo_terminal"],
        ["devices"],
    ]
    assert rig.run(acts).results == ["done"] * len(acts)


def test_multiprocessings_forkserver_does_not_and_says_why(rig: Rig) -> None:
    """The price of closed unix sockets, kept here so that nobody promises more."""
    assert rig.run([["pool", "forkserver"]]).results == ["EACCES"]
    assert rig.run(
        [["pool", "forkserver"]], tuple(layer for layer in LAYERS if layer != "seccomp-sockets")
    ).results == ["done"]


def test_node_starts_children_and_talks_to_them(rig: Rig) -> None:
    node = tool("node")
    if not starts(rig, node, "--version"):
        pytest.skip("this user cannot start node")
    script = "const c = require('child_process').fork(process.argv[1]); c.on('message', m => { c.disconnect(); process.exit(m === 7 ? 0 : 1) })"
    rig.file(rig.work / "child.js", "process.send(7)\n")
    built(rig, node, "-e", script, str(rig.work / "child.js"))
