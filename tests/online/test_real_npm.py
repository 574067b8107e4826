"""The real registry, as this machine's npm is configured to reach it."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import MACHINE, changes, snapshot
from tests.support.ground import GATEKEEPER
from tests.support.npm_clients import npm_command, path_with_npm

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.online


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with this machine's own settings and empty caches."""
    environ = {**MACHINE, "XDG_CACHE_HOME": str(folder.parent / "cache"), "npm_config_cache": f"{folder.parent}/npm"}
    environ["PATH"] = path_with_npm()
    words = (*npm_command(), *words[1:]) if words[0] == "npm" else words
    return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, timeout=280, check=False)


def project(tmp_path: Path) -> Path:
    """An empty project, always at the same place: package-lock.json holds its name."""
    folder = tmp_path / "project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "project", "version": "1.0.0"}\n', "utf-8")
    return folder


@pytest.mark.parametrize("name", ["express", "esbuild"])
def test_a_popular_package_installs_as_bare_npm_installs_it(name: str, tmp_path: Path) -> None:
    folder = project(tmp_path)
    bare = run(folder, "npm", "install", name)
    assert bare.returncode == 0, bare.stderr
    by_npm = snapshot(folder)
    folder = project(tmp_path)
    done = run(folder, *GATEKEEPER, "install", "--format", "json", "npm", "install", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert changes(by_npm, snapshot(folder)) == []
    report = json.loads(done.stdout)
    assert report["ruling"] == "allow"
    assert {release["name"] for release in report["releases"] if release["requested"]} >= {name}
    assert "127.0.0.1" not in (folder / "package-lock.json").read_text("utf-8")


def test_npx_fetches_judges_and_starts_a_program(tmp_path: Path) -> None:
    done = run(project(tmp_path), *GATEKEEPER, "install", "npx", "cowsay", "moo")
    assert done.returncode == 0, done.stderr
    assert "< moo >" in done.stdout


def test_npx_of_a_name_that_nobody_has_says_what_may_be_meant(tmp_path: Path) -> None:
    done = run(project(tmp_path), *GATEKEEPER, "install", "npx", "expresss-does-not-exist-here")
    assert done.returncode == 12, done.stderr
    assert "has no package expresss-does-not-exist-here" in done.stderr
