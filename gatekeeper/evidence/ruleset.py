"""The digest of everything that decides what is found in bytes: with any of it, what is remembered is found anew."""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import gatekeeper
from gatekeeper import signatures

# Rooms and files of ours that decide, and modules of others that do.
DECIDING = ("artifacts", "checks", "evidence", "model", "inspection.py", "signatures.py")
GRAMMARS = ("tree_sitter_bash", "tree_sitter_javascript", "tree_sitter_python", "tree_sitter_typescript")
ENGINES = ("tree_sitter", *GRAMMARS, "yara_x", "packaging")


@cache
def current_ruleset() -> str:
    """Return "sha256:..." over what decides what is found: signatures, versions, engines, our own sources."""
    parts = (gatekeeper.__version__, str(sys.version_info[:3]), *map(engine, ENGINES), signatures.digest())
    total = hashlib.sha256("\0".join(parts).encode())
    for place in (signatures.PACKAGE / name for name in DECIDING):
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            total.update(path.relative_to(signatures.PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return f"sha256:{total.hexdigest()}"


def engine(module: str) -> str:
    """Return what tells one version of a module from another, without loading it: how its package is recorded."""
    found = find_spec(module)
    if found is None or found.origin is None:
        return "none"
    home = Path(found.origin).parent
    recorded = sorted(each.name for each in home.parent.glob(f"{module}-*.dist-info"))
    return (
        f"{module} {recorded} {sorted((each.name, each.stat().st_size) for each in home.iterdir() if each.is_file())}"
    )
