"""Real npms of several versions, fetched once with the ordinary client."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.support.clients import CACHE, MACHINE, _made, _settle
from tests.support.npm_packages import as_json

# The newest release of each major that is supported; npm 9 lies between two that behave alike.
VERSIONS = ("8", "10", "11")
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]

# Each run of the plain suite proves both ends; `-m matrix` proves what lies between.
BOTH_ENDS = tuple(
    version if version in {OLDEST, NEWEST} else pytest.param(version, marks=pytest.mark.matrix) for version in VERSIONS
)
NEWEST_ONLY = tuple(
    version if version == NEWEST else pytest.param(version, marks=pytest.mark.matrix) for version in VERSIONS
)

VERDACCIO = "verdaccio@6"
# One of its dependencies follows a tag that not every registry has.
OVERRIDES = {"node-fetch": "2.7.0"}


def fetched(spec: str) -> Path:
    """The node_modules folder with a package and what it needs, installed once; many workers may ask at a time."""
    folder = CACHE / "npm" / re.sub(r"[^\w.]+", "-", spec)
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(CACHE / "npm"), prefix=".") as scratch:
            new = Path(scratch) / folder.name
            new.mkdir()
            name, _, version = spec.rpartition("@")
            wanted = {"private": True, "dependencies": {name: version}, "overrides": OVERRIDES}
            (new / "package.json").write_text(as_json(wanted), "utf-8")
            command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=new, capture_output=True, text=True, check=False, env=MACHINE)
            assert done.returncode == 0, f"the tests need {spec} once: {done.stderr}"
            _settle(new, folder)
    return folder / "node_modules"


def npm_folder(client: str) -> Path:
    """The folder of an npm, as it lies in lib/node_modules of a Node.js installation."""
    return fetched(f"npm@{client}") / "npm"


def node() -> str:
    found = shutil.which("node", path=MACHINE.get("PATH"))
    assert found, "the tests of npm need Node.js"
    return found


def link_client(folder: Path, client: str) -> None:
    """Make a bin folder as Node.js's own: node, npm and npx."""
    folder.mkdir(parents=True)
    (folder / "node").symlink_to(node())
    for name in ("npm", "npx"):
        (folder / name).symlink_to(npm_folder(client) / "bin" / f"{name}-cli.js")
