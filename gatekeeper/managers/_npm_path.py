"""Find out, after `npm exec` has installed a package, which program it would start, and where that lies.

Standard library only. The tree is found by where npm puts it: hooks could have written anything else that says so.
"""

from __future__ import annotations

import json
import os


def folder_of(cache: str) -> str | None:
    """Return the folder of programs in the one tree that npx made in its cache; None when there is not exactly one."""
    place = os.path.join(cache, "_npx")
    trees = os.listdir(place) if os.path.isdir(place) else []
    return os.path.join(place, trees[0], "node_modules", ".bin") if len(trees) == 1 else None


def program_of(package: str, folder: str) -> str:
    """Return the name of a package's program as `npm exec` chooses it, or "" when it has none that is meant."""
    manifest = os.path.join(os.path.dirname(folder), *package.split("/"), "package.json")
    if not os.path.isfile(manifest):
        return ""
    with open(manifest, encoding="utf-8") as stream:
        programs = json.load(stream).get("bin")
    plain = package.rpartition("/")[2]
    if isinstance(programs, str):
        return plain
    names = list(programs or {})
    return plain if plain in names or len(set((programs or {}).values())) != 1 else str(names[0])
