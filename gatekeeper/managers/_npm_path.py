"""Run by `npm exec` in the place of a program: write down the PATH that it would have, and which program it is.

Standard library only, Python 3.7 and later. Arguments: the file to write to, and the package whose program is wanted.
"""

from __future__ import annotations

import json
import os
import sys


def program_of(package: str, path: str) -> str:
    """Return the name of a package's program as `npm exec` chooses it, or "" when it has none that is meant."""
    for folder in path.split(os.pathsep):
        manifest = os.path.join(os.path.dirname(folder), *package.split("/"), "package.json")
        if os.path.basename(folder) == ".bin" and os.path.isfile(manifest):
            with open(manifest, encoding="utf-8") as stream:
                programs = json.load(stream).get("bin")
            plain = package.rpartition("/")[2]
            if isinstance(programs, str):
                return plain
            names = list(programs or {})
            return plain if plain in names or len(set((programs or {}).values())) != 1 else str(names[0])
    return ""


def main() -> None:
    """Write the file."""
    path = os.environ.get("PATH", "")
    program = program_of(sys.argv[2], path) if sys.argv[2:] and sys.argv[2] else ""
    with open(sys.argv[1], "w", encoding="utf-8", errors="surrogateescape") as stream:
        json.dump({"path": path, "program": program}, stream)


if __name__ == "__main__":
    main()
