"""Judge small npm packages in tests: pack one, or lay out a folder, and look at what the inspector says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from gatekeeper.artifacts.opening import open_artifact, open_folder
from gatekeeper.evidence.gather import gather
from gatekeeper.inspection import Inspector
from gatekeeper.model import Evidence, Release, Verdict
from gatekeeper.policy import Policy
from tests.support.npm_packages import Files, Packed, package

if TYPE_CHECKING:
    from pathlib import Path


def judged(packed: Packed, folder: Path) -> Verdict:
    path = packed.write(folder)
    release = Release("npm", packed.name, packed.version)
    digest = hashlib.sha256(packed.content).hexdigest()
    return Inspector(Policy()).judge_artifact(path, release, filename=packed.filename, sha256=digest, later=True)


def gathered(packed: Packed, folder: Path) -> Evidence:
    with open_artifact(packed.write(folder), packed.filename, ecosystem="npm") as opened:
        return gather(opened, Release("npm", packed.name, packed.version), None)


def hooked(
    folder: Path, line: str, files: Files | None = None, *, hook: str = "postinstall", **manifest: Any
) -> Verdict:
    """Judge a package whose hook is this line."""
    return judged(package("acme-thing", files=files, scripts={hook: line}, **manifest), folder)


def scripted(folder: Path, code: str, files: Files | None = None, **manifest: Any) -> Verdict:
    """Judge a package whose hook runs this JavaScript."""
    return hooked(folder, "node setup.js", {"setup.js": code, **(files or {})}, **manifest)


def required(folder: Path, code: str, files: Files | None = None, **manifest: Any) -> Verdict:
    """Judge a package that runs this JavaScript when it is required."""
    return judged(package("acme-thing", files={"index.js": code, **(files or {})}, **manifest), folder)


def projected(folder: Path, files: Files) -> Verdict:
    """Judge a person's own folder."""
    return Inspector(Policy()).judge_folder(laid_out(folder, files), Release("npm", "own"), later=True)


def folder_evidence(folder: Path, files: Files) -> Evidence:
    with open_folder(laid_out(folder, files)) as opened:
        return gather(opened, Release("npm", "own"), None)


def laid_out(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / "own"
