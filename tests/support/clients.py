"""Real pips of several versions in fresh environments, and what a run of them leaves behind."""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.packages import Built, from_wheel

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".clients"
MACHINE = dict(os.environ)  # kept at import: a test's own environment hides how this machine reaches its registry
NEWEST = "newest"
PYTHON_TAG = f"cp{sys.version_info[0]}{sys.version_info[1]}"
LIBRARY = f"python{sys.version_info[0]}.{sys.version_info[1]}"

# The first pip that is supported, and the first that starts on Python 3.12 (older ones need pkgutil.ImpImporter).
_OLDEST = "22.3.1" if sys.version_info < (3, 12) else "23.2.1"
VERSIONS = tuple(
    version for version in ("22.3.1", "23.2.1", "24.3.1", "25.3", NEWEST) if version == NEWEST or version >= _OLDEST
)
OLDEST = VERSIONS[0]

# Each run of the plain suite proves both ends; `-m matrix` proves what lies between.
BOTH_ENDS = tuple(
    version if version in {OLDEST, NEWEST} else pytest.param(version, marks=pytest.mark.matrix) for version in VERSIONS
)
NEWEST_ONLY = tuple(
    version if version == NEWEST else pytest.param(version, marks=pytest.mark.matrix) for version in VERSIONS
)

# setuptools 80 runs pip itself for `setup.py develop`; wheel is what older pips want, in its last release without dependencies.
BUILD_TOOLS = ("setuptools>=77,<80", "wheel<0.46")


def fetched(requirement: str) -> Path:
    """The wheel of a requirement, downloaded once with the ordinary client; many workers may ask at a time."""
    label = re.sub(r"[^\w.]+", "-", requirement)
    folder = CACHE / "wheels" / label
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(CACHE / "wheels"), prefix=".") as scratch:
            new = Path(scratch) / label
            command = [
                sys.executable,
                "-m",
                "pip",
                "--disable-pip-version-check",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "-d",
                str(new),
                requirement,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=MACHINE)
            assert done.returncode == 0, f"the tests need {requirement} once: {done.stderr}"
            _settle(new, folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpacked(wheel: Path) -> Path:
    """The wheel's files, compiled for this interpreter, made once."""
    folder = CACHE / "unpacked" / PYTHON_TAG / wheel.stem
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=_made(folder.parent), prefix=".") as scratch:
            new = Path(scratch) / wheel.stem
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(new)
            # Unchecked: the copies in the environments have other times than these files.
            compileall.compile_dir(new, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            _settle(new, folder)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _settle(new: Path, final: Path) -> None:
    """Move into place at once, so that nobody ever sees half of it; whoever comes second throws theirs away."""
    try:
        new.rename(final)
    except OSError:
        assert final.is_dir(), final


def pip_wheel(client: str) -> Path:
    return fetched("pip" if client == NEWEST else f"pip=={client}")


def build_tools() -> tuple[Path, ...]:
    """setuptools and wheel, for environments that build without isolation."""
    return tuple(fetched(requirement) for requirement in BUILD_TOOLS)


def served_build_tools() -> tuple[Built, ...]:
    """setuptools and wheel, for indexes that serve real builds."""
    return tuple(from_wheel(path) for path in build_tools())


@dataclass(frozen=True)
class Environment:
    """A fresh environment with one version of pip."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        return self.folder / "lib" / LIBRARY / "site-packages"


def make_environment(
    folder: Path, client: str | None, *, build_tools_inside: bool = False, user_site: bool = False
) -> Environment:
    """Make an environment in some 50 ms: no ensurepip, the files of pip are copied; None leaves it without one."""
    venv.EnvBuilder(symlinks=True, with_pip=False, system_site_packages=user_site).create(folder)
    environment = Environment(folder)
    wheels = [*([pip_wheel(client)] if client else ()), *(build_tools() if build_tools_inside else ())]
    for wheel in wheels:
        shutil.copytree(unpacked(wheel), environment.site, dirs_exist_ok=True)
    if client is None:
        return environment
    script = environment.folder / "bin" / "pip"
    script.write_text(
        f"#!{environment.python}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n", "utf-8"
    )
    script.chmod(0o755)
    return environment


Snapshot = dict[str, tuple[str, str]]


def snapshot(folder: Path) -> Snapshot:
    """Every path below a folder with its mode and a digest of its bytes; links are not followed.

    Compiled files differ in the four bytes of the time at which their source was unpacked: those are left out.
    """
    found: Snapshot = {}
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        status = path.lstat()
        found[path.relative_to(folder).as_posix()] = (stat.filemode(status.st_mode), _digest(path, status.st_mode))
    return found


def _digest(path: Path, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return f"-> {path.readlink()}"
    if not stat.S_ISREG(mode):
        return ""
    content = path.read_bytes()
    if path.suffix == ".pyc" and content[4:8] == bytes(4):
        content = content[:8] + content[12:]
    return hashlib.sha256(content).hexdigest()


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """The paths that are not the same, for assertions that can be read."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
