"""Shims: small programs under the clients' own names, first on PATH, that send every install through the gate.

They are found by what stands in their second line, not by where they lie: under whatever link or in whatever folder,
nobody takes one for the client that it stands before.
"""

from __future__ import annotations

import os
from pathlib import Path

NAMES = ("pip", "pip3", "npm", "npx")
SIGN = b"gatekeeper shim"
_BEGINNING = 200  # bytes; the sign stands in the second line


def is_shim(path: Path) -> bool:
    """Say whether a program is one of ours."""
    try:
        with path.open("rb") as stream:
            lines = stream.read(_BEGINNING).splitlines()
    except OSError:
        return False
    return len(lines) > 1 and SIGN in lines[1]


def without_shims(path: str) -> str:
    """Drop the folders of shims from a PATH: who looks there finds the clients themselves."""
    entries = path.split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if not _holds_shims(Path(entry)))


def _holds_shims(folder: Path) -> bool:
    return any(is_shim(folder / f"{name}{suffix}") for name in NAMES for suffix in ("", ".cmd"))
