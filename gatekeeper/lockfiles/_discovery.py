"""Which formats there are, which files look like one of them, and where such files lie in a folder."""

from __future__ import annotations

import importlib
import os
import pkgutil
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.lockfiles._nouns import LockFile

# Trees of packages that others wrote: their locks were for their own development, and nobody installs from them here.
OTHERS = frozenset(
    {"node_modules", "bower_components", "site-packages", "__pycache__", "vendor", "_vendor", "third_party"}
)
ENVIRONMENT = "pyvenv.cfg"  # of the root of a virtual environment (PEP 405)


class Format(Protocol):
    """What the module of a format offers."""

    PATTERNS: tuple[str, ...]  # globs of file names, or of a folder's name and a file's

    def parse(self, text: str, file: str) -> LockFile:
        """Read a text that is called `file`; raise `UndecidedError` naming the line that is broken."""


@cache
def formats() -> dict[str, Format]:
    """Return every format by its module's name. Only this package is searched."""
    package = importlib.import_module(__package__)
    names = sorted(each.name for each in pkgutil.iter_modules(package.__path__) if not each.name.startswith("_"))
    return {name: cast("Format", importlib.import_module(f"{__package__}.{name}")) for name in names}


def format_of(path: PurePath | str) -> str | None:
    """Return the name of the format that a file's name stands for; None when it is no lock and no manifest."""
    parts = PurePath(path).parts[-2:]
    for name, each in formats().items():
        for pattern in each.PATTERNS:
            if fnmatchcase("/".join(parts if "/" in pattern else parts[-1:]), pattern):
                return name
    return None


def find(folder: Path) -> Iterator[Path]:
    """Yield every lock and manifest below a folder, in the order of their paths; links are not followed."""
    for root, folders, files in os.walk(folder):
        if root != str(folder) and ENVIRONMENT in files:
            folders.clear()
            continue
        folders[:] = sorted(each for each in folders if each not in OTHERS and not each.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            if format_of(path.relative_to(folder)) is not None and not path.is_symlink():
                yield path
