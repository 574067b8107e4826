"""The real index, as this machine's pip is configured to reach it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import MACHINE, NEWEST, OLDEST, Environment, changes, make_environment, snapshot
from tests.support.ground import GATEKEEPER

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.online

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command with this machine's own settings, for one environment, in an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()

    def running(environment: Environment, *words: str | Path) -> subprocess.CompletedProcess[str]:
        environ = {
            **MACHINE,
            "VIRTUAL_ENV": str(environment.folder),
            "PATH": f"{environment.folder / 'bin'}{os.pathsep}{MACHINE['PATH']}",
        }
        environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        return subprocess.run(
            [str(word) for word in words],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    return running


@pytest.mark.parametrize("client", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", ["requests", "flask"])
def test_a_popular_package_installs_as_bare_pip_installs_it(name: str, client: str, run: Run, tmp_path: Path) -> None:
    place = tmp_path / "env"
    environment = make_environment(place, client)
    bare = run(environment, environment.python, "-m", "pip", "install", "--no-compile", name)
    assert bare.returncode == 0, bare.stderr
    by_pip = snapshot(place)
    shutil.rmtree(place)

    environment = make_environment(place, client)
    done = run(environment, *GATEKEEPER, "install", "--format", "json", "--no-compile", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert changes(by_pip, snapshot(place)) == []
    report = json.loads(done.stdout)
    assert report["ruling"] == "allow"
    assert {release["name"] for release in report["releases"] if release["requested"]} == {name}
    checked = run(environment, environment.python, "-m", "pip", "check")
    assert checked.returncode == 0, checked.stdout


def test_a_slip_of_the_finger_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    environment = make_environment(tmp_path / "env", NEWEST)
    before = snapshot(environment.folder)
    done = run(environment, *GATEKEEPER, "install", "reqeusts")
    assert done.returncode == 10, done.stdout + done.stderr
    assert "requests" in done.stdout + done.stderr
    assert changes(before, snapshot(environment.folder)) == []
