"""What an artifact says of itself: its core metadata or package.json, and which release it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatekeeper.artifacts.metadata import core_metadata
from gatekeeper.artifacts.opening import Opened, open_artifact
from gatekeeper.errors import UnreadableError
from gatekeeper.model import Known, Release, Unknown

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE_JSON = "package.json"
SHRINKWRAP = "npm-shrinkwrap.json"


def reason_of(error: UnreadableError | OSError) -> str:
    """Say in one line why something could not be read."""
    if isinstance(error, UnreadableError):
        return error.message
    return f"cannot be read: {error.strerror or type(error).__name__}"


def core_metadata_of(path: Path, filename: str, ecosystem: str = "pypi") -> Known[bytes] | Unknown:
    """Return what an artifact says of itself, or why that is not to be had.

    Of a wheel or sdist the core metadata; of an npm tarball its package.json, and behind a NUL the lock that it ships.
    """
    try:
        with open_artifact(path, filename, ecosystem=ecosystem) as opened:
            return npm_metadata(opened) if ecosystem == "npm" else core_metadata(opened)
    except (UnreadableError, OSError) as error:
        return Unknown(reason_of(error))


def npm_metadata(opened: Opened) -> Known[bytes] | Unknown:
    """Return the package.json of an npm tarball, and behind a NUL, which no JSON text holds, the lock that it ships."""
    if PACKAGE_JSON not in opened.members:
        return Unknown(f"it has no {PACKAGE_JSON}")
    lock = opened.read(SHRINKWRAP) if SHRINKWRAP in opened.members else b""
    return Known(opened.read(PACKAGE_JSON).replace(b"\0", b"") + b"\0" + lock)


def npm_release_in(path: Path, filename: str) -> Release | None:
    """Return the npm release that a tarball or folder says that it is; None when it is none of npm's.

    The version is None when it says none.
    """
    if path.is_dir():
        own = [(path / name).is_file() for name in (PACKAGE_JSON, "pyproject.toml", "setup.py", "setup.cfg")]
        return Release("npm", path.resolve().name) if own[0] and not any(own[1:]) else None
    try:
        with open_artifact(path, filename) as opened:
            if opened.kind != "npm":
                return None
            said = json.loads(opened.read(PACKAGE_JSON))
    except (UnreadableError, OSError):
        return None  # whoever judges it says what is wrong with it
    except (ValueError, RecursionError):
        return Release("npm", filename)
    facts = said if isinstance(said, dict) else {}
    version = facts.get("version")
    return Release("npm", str(facts.get("name") or filename), version if isinstance(version, str) else None)
