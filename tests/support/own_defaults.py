"""Clients whose own default, which nobody configured, is a server on loopback: what is public to them, we serve."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from tests.support.npm_clients import npm_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Ground
    from tests.support.npm_ground import NpmGround

LISTS = ("node_modules/@npmcli/config/lib/definitions/definitions.js", "lib/utils/config/definitions.js")


def rewrite(path: Path, pattern: str, replacement: str) -> None:
    """Change a file of a client; it may be a link to one that others use."""
    text, count = re.subn(pattern, replacement, path.read_text("utf-8"), flags=re.DOTALL)
    assert count, path
    path.unlink()
    path.write_text(text, "utf-8")


def point_pip_at(ground: Ground, address: str, files_host: str) -> None:
    """Give the ground's pip another default index, an address that ends before `simple`, and host of its files."""
    path = ground.environment.site / "pip" / "_internal" / "models" / "index.py"
    rewrite(
        path,
        r"\nPyPI = PackageIndex\([^)]*\)",
        f'\nPyPI = PackageIndex("{address}", file_storage_domain="{files_host}")',
    )
    for compiled in path.parent.glob("__pycache__/index.*.pyc"):
        compiled.unlink()


def point_npm_at(ground: NpmGround, address: str) -> None:
    """Give the ground's npm another default registry."""
    own = ground.folder / "node" / "lib" / "node_modules" / "npm"
    shutil.copytree(npm_folder(ground.client), own, copy_function=os.link)
    for name in LISTS:
        if (own / name).is_file():
            rewrite(own / name, r"('registry',\s*\{\s*default:\s*)'[^']+'", rf"\1'{address}'")
    for name in ("npm", "npx"):
        (ground.bin / name).unlink()
        (ground.bin / name).symlink_to(own / "bin" / f"{name}-cli.js")
