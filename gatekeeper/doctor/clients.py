"""Which pip and npm the person has, and whether these are versions that the gate was proved with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from gatekeeper.doctor.proof import Proof, weaker
from gatekeeper.doctor.story import without_settings
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.managers import npm as npm_manager
from gatekeeper.managers import pip as pip_manager
from gatekeeper.shims import without_shims

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatekeeper.doctor.proof import Ground

PATIENCE = 20.0  # seconds
# Started by its path, so that nothing in the folder in which the person stands is importable.
QUESTION = """\
import json
import sys

try:
    from pip import __version__
except ImportError:
    __version__ = None
print(json.dumps([sys.executable, __version__]))
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the person's: `program` is the interpreter of a pip, or npm itself."""

    name: str
    version: str
    program: str
    path: str  # PATH, with which it finds what it needs
    supported: tuple[str, str]


def pip_of(ground: Ground) -> Client:
    """Find the interpreter that bare pip would use, and its pip. Raises UsageError, UndecidedError."""
    python = pip_manager.find_python(ground.environ.get("PIP_PYTHON"), ground.environ)
    script = ground.scratch / "ask" / "which_pip.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(QUESTION, "utf-8")
    said = answer(ground, [python, str(script)], without_settings(ground.environ))
    try:
        executable, version = json.loads(said)
    except ValueError as problem:
        raise UndecidedError(f"{python} does not say which pip it has: {said[:100]}") from problem
    path = ground.environ.get("PATH", os.defpath)
    return Client("pip", version or brought_along(), executable or python, path, pip_manager.SUPPORTED)


def brought_along() -> str:
    """Return the version of the pip beside gatekeeper, for targets that have none; raise UsageError without one."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pip")
    except PackageNotFoundError:
        raise UsageError(
            "the target environment has no pip, and there is none beside gatekeeper to bring along",
            hint="run `python -m ensurepip` in it",
        ) from None


def npm_of(ground: Ground) -> Client | None:
    """Find the npm that bare npm would be; None when there is none. Raises UndecidedError."""
    path = ground.environ.get("PATH", os.defpath)
    if ground.here is not None:
        path = npm_manager.safe_path(path, ground.here)
    try:
        program = npm_manager.find_npm(path)
    except UsageError:
        return None
    version = answer(ground, [program, "--version"], {**without_settings(ground.environ), "PATH": path}).strip()
    return Client("npm", version, program, path, npm_manager.SUPPORTED)


def why_no_npm(ground: Ground) -> str:
    """Say why no npm is used: there is none, or it lies where the person stands and so counts as planted."""
    found = shutil.which("npm", path=without_shims(ground.environ.get("PATH", os.defpath)))
    return "npm or node was not found" if found is None else f"{found} lies in the folder in which you stand"


def answer(ground: Ground, words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return what a program prints; raise UndecidedError when it fails."""
    try:
        done = subprocess.run(
            words,
            cwd=ground.here or ground.scratch,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise UndecidedError(f"{words[0]} cannot be started: {problem}") from problem
    if done.returncode:
        complaint = " ".join((done.stderr or done.stdout).split())[-200:]
        raise UndecidedError(f"{words[0]} ended with {done.returncode}: {complaint}")
    return done.stdout


def prove_version(client: Client) -> Proof:
    """Compare a client's version with those that the gate was proved with."""
    first, last = client.supported
    what, range_ = f"{client.name} {client.version}", f"{client.name} {first} to {last}"
    try:
        version = Version(client.version)
    except InvalidVersion:
        return weaker(what, f"is no version that can be compared; proved are {range_}")
    if version < Version(first):
        remedy = f"upgrade {client.name}, with its own means and while you trust what it fetches"
        return weaker(what, f"is older than what the gate is proved with: {range_}", remedy)
    if version.release[0] > Version(last).release[0]:
        return weaker(
            what,
            f"is newer than what the gate is proved with: {range_}",
            "look for a newer gatekeeper; what it does not understand of a client it refuses",
        )
    return Proof(what, detail=f"{client.program}, proved are {range_}")
