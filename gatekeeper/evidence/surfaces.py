"""Which file of a Python artifact runs when? Told from its layout and its packaging files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._installed import Installed, installed
from gatekeeper.evidence._layout import Layout  # noqa: TC001 - annotation
from gatekeeper.model import Surface, When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STARTUP_MODULES = frozenset({"sitecustomize.py", "usercustomize.py"})
# Folders that hold what nobody imports, at the top of an sdist and inside packages.
NEVER_FOLDERS = words("tests test testing docs doc examples example benchmarks bench samples demo demos")
OWN_FILES = frozenset(
    {"conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "versioneer.py", "ez_setup.py", "runtests.py"}
)
PYTHON = (".py", ".pyw")
# What a wheel puts among the commands of an environment; Scripts is their folder on Windows.
COMMANDS = re.compile(r"[^/]+\.data/(?:scripts|data/(?:bin|scripts))/", re.IGNORECASE)
PYTHON_SHEBANG = re.compile(rb"#!.*(?:python|pypy)", re.IGNORECASE)


def python_surfaces(kind: str, layout: Layout, read: Callable[[str], bytes | None]) -> Iterator[Surface]:
    """Yield every Python file of an artifact with the moment its place gives it, the earliest moments first."""
    kept = None if kind == "wheel" else installed(layout, read)
    commands = kept.commands if kept is not None else frozenset()
    found = [
        _command(path, read) if _is_command(path) or path in commands else _surface(path, kind, layout, kept)
        for path in sorted(layout.members)
        if (_is_code(path) or _is_command(path) or path in commands) and not _is_header(path)
    ]
    order = list(When)
    yield from sorted((one for one in found if one is not None), key=lambda one: order.index(one.when))


def _is_code(path: str) -> bool:
    return path.endswith((*PYTHON, ".pth"))


def _is_header(path: str) -> bool:
    return "/" in path and path.split("/", 2)[0].endswith(".data") and path.split("/", 2)[1] == "headers"


def _is_command(path: str) -> bool:
    return COMMANDS.match(path) is not None


def _command(path: str, read: Callable[[str], bytes | None]) -> Surface | None:
    if not path.endswith(PYTHON) and not PYTHON_SHEBANG.match(read(path) or b""):
        return None
    return Surface(path, When.COMMAND, "installed as a command")


def _surface(path: str, kind: str, layout: Layout, kept: Installed | None) -> Surface | None:
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
    surface = _module_surface(path, inner, packed, layout)
    if kept is None or surface.when is When.NEVER or kept.holds(path):
        return surface
    if kept.is_command(path):
        return Surface(path, When.COMMAND, "may be installed as a command")
    return Surface(path, When.NEVER, "lies in the source tree and is not installed")


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
