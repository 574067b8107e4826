"""Where the signature files are, and their digest."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from gatekeeper.errors import DamagedInstallationError

PACKAGE = Path(__file__).resolve().parent


@cache
def folder() -> Path:
    """Return the folder of signature files: inside an installed package, or beside it in a checkout."""
    for candidate in (PACKAGE / "_shipped" / "signatures", PACKAGE.parent / "signatures"):
        if (candidate / "commands.toml").is_file():
            return candidate
    raise DamagedInstallationError(
        "the signature files are missing from this installation", hint="install gatekeeper again"
    )


@cache
def digest() -> str:
    """Return "sha256:..." over the names and contents of all signature files."""
    total = hashlib.sha256()
    root = folder()
    for path in sorted(file for file in root.rglob("*") if file.is_file()):
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return f"sha256:{total.hexdigest()}"


def text(name: str) -> str:
    """Return the text of one signature file, named by its path inside the folder."""
    path = folder() / name
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedInstallationError(
            f"the signature file {name} cannot be read: {type(error).__name__}", hint="install gatekeeper again"
        ) from error
