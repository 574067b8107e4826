"""When is a compiled Python file imported? Told from its name, its header and whether its source lies beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from gatekeeper.evidence.surfaces import NEVER_FOLDERS
from gatekeeper.model import Surface, When

if TYPE_CHECKING:
    from gatekeeper.artifacts.opening import Opened

COMPILED = (".pyc", ".pyo")
CACHE = "__pycache__"
FLAGS = slice(4, 8)  # of a .pyc's header (PEP 552)
BY_TIME = b"\0\0\0\0"  # flags of a file that is valid only while its source keeps the time and size written in it
Read = Callable[[str], bytes | None]


def compiled_surfaces(opened: Opened, read: Read) -> list[Surface]:
    """Return the compiled files that Python may import."""
    found = (path for path in opened.members if path.lower().endswith(COMPILED))
    surfaces = (compiled_surface(path, opened.kind, opened.members, read) for path in found)
    return [one for one in surfaces if one.when is not When.NEVER]


def compiled_surface(path: str, kind: str, members: Collection[str], read: Read) -> Surface:
    """Return a compiled file with the moment at which Python would import it.

    Python prefers a source to a compiled file beside it, and takes one out of `__pycache__` only for a source that is
    there. One that is valid by its source's time never is after an install: installers write the source anew.
    """
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] != CACHE:
        aside = kind != "wheel" and NEVER_FOLDERS & set(path.split("/")[:2])
        when = When.NEVER if aside or path[:-1] in members else When.IMPORT
        return Surface(path, when, "compiled Python that may be imported")
    source = f"{folder.removesuffix(CACHE)}{name.partition('.')[0]}.py"
    stale = kind == "wheel" and (read(path) or b"")[FLAGS] == BY_TIME
    if kind == "sdist" or source not in members or stale:  # builds keep their caches elsewhere (PYTHONPYCACHEPREFIX)
        return Surface(path, When.NEVER, "compiled Python in a cache that is not looked at")
    return Surface(path, When.IMPORT, "compiled Python that is imported in the place of its source")
