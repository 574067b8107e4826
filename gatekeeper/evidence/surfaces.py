"""Which file of a Python artifact runs when? Told from its layout and its packaging files."""

from __future__ import annotations

import configparser
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._layout import Layout  # noqa: TC001 - annotation
from gatekeeper.model import Surface, When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STARTUP_MODULES = frozenset({"sitecustomize.py", "usercustomize.py"})
# Folders that hold what nobody imports, at the top of an sdist and inside packages.
NEVER_FOLDERS = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "samples", "demo", "demos"}
)
OWN_FILES = frozenset(
    {"conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "versioneer.py", "ez_setup.py", "runtests.py"}
)
PYTHON = (".py", ".pyw")
# PEP 517 and PEP 660
HOOKS = """
build_wheel build_sdist build_editable prepare_metadata_for_build_wheel prepare_metadata_for_build_editable
get_requires_for_build_wheel get_requires_for_build_sdist get_requires_for_build_editable
"""


@dataclass(frozen=True, slots=True)
class BuildEntry:
    """A name inside a packaged module that a build calls: a backend's hooks, or a command class."""

    module: str
    name: str
    why: str


def python_surfaces(kind: str, layout: Layout) -> Iterator[Surface]:
    """Yield every Python file of an artifact with the moment its place gives it, the earliest moments first."""
    found = [_surface(path, kind, layout) for path in sorted(layout.members) if _is_code(path)]
    order = list(When)
    yield from sorted((one for one in found if one is not None), key=lambda one: order.index(one.when))


def _is_code(path: str) -> bool:
    return path.endswith((*PYTHON, ".pth")) or ".data/scripts/" in path


def _surface(path: str, kind: str, layout: Layout) -> Surface | None:
    inner, packed = layout.inner(path), kind == "wheel"
    if not packed and path == "setup.py":
        return Surface(path, When.INSTALL, "runs when pip builds the sdist")
    if inner.endswith(".pth"):
        at_top = "/" not in inner
        return (
            Surface(path, When.STARTUP, "its import lines run whenever Python starts") if at_top or not packed else None
        )
    if inner in STARTUP_MODULES:
        return Surface(path, When.STARTUP, "imported whenever Python starts")
    if ".data/scripts/" in path:
        return Surface(path, When.COMMAND, "installed as a command") if path.endswith(PYTHON) else None
    return _module_surface(path, inner, packed, layout)


def _module_surface(path: str, inner: str, packed: bool, layout: Layout) -> Surface:
    folders = inner.split("/")[:-1]
    if (NEVER_FOLDERS & set(folders[:1] if packed else folders[:2])) or NEVER_FOLDERS & set(folders[1:]):
        return Surface(path, When.NEVER, "tests, documentation or examples")
    if (
        not packed
        and folders
        and inner.rpartition("/")[2].startswith("test_")
        and any("test" in one for one in folders)
    ):
        return Surface(path, When.NEVER, "a test")
    if not packed and not folders and inner in OWN_FILES:
        return Surface(path, When.NEVER, "for the package's authors")
    if inner.endswith("__main__.py"):
        return Surface(path, When.COMMAND, "run with python -m")
    if layout.is_top(path):
        return Surface(path, When.IMPORT, "the module or package that its users import")
    return Surface(path, When.IMPORT, "a submodule that its users may import")


def build_entries(layout: Layout, read: Callable[[str], bytes | None]) -> Iterator[BuildEntry]:
    """Yield what pyproject.toml and setup.cfg let a build call inside the artifact; unreadable files yield nothing."""
    project = _toml(read("pyproject.toml") if "pyproject.toml" in layout.members else None)
    system = _table(project, "build-system")
    backend = system.get("build-backend")
    if system.get("backend-path") and isinstance(backend, str):
        module, _, name = backend.partition(":")
        yield BuildEntry(module, name, "the in-tree build backend of pyproject.toml")
    commands = _table(_table(_table(project, "tool"), "setuptools"), "cmdclass")
    yield from _commands(commands, "a build command of pyproject.toml")
    if "setup.cfg" in layout.members:
        yield from _commands(_setup_cfg_commands(read("setup.cfg")), "a build command of setup.cfg")


def backend_folders(layout: Layout, read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the folders that `backend-path` puts first on the import path."""
    project = _toml(read("pyproject.toml") if "pyproject.toml" in layout.members else None)
    folders = _table(project, "build-system").get("backend-path")
    if not isinstance(folders, list):
        return ()
    return tuple(
        "" if one in {".", "./"} else one.strip("/").removeprefix("./") for one in folders if isinstance(one, str)
    )


def _commands(commands: dict[str, Any], why: str) -> Iterator[BuildEntry]:
    for value in commands.values():
        if isinstance(value, str) and "." in value.replace(":", "."):
            module, _, name = value.strip().replace(":", ".").rpartition(".")
            yield BuildEntry(module, name, why)


def _setup_cfg_commands(content: bytes | None) -> dict[str, Any]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string((content or b"").decode("utf-8", "replace"))
        text = parser.get("options", "cmdclass", fallback="")
    except configparser.Error:
        return {}
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return {key.strip(): value.strip() for key, _, value in pairs}


def _toml(content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {}
    try:
        return tomllib.loads(content.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _table(tables: dict[str, Any], name: str) -> dict[str, Any]:
    found = tables.get(name)
    return found if isinstance(found, dict) else {}
