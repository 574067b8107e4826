"""Real npm tarballs, written by hand: quick to make, and the same bytes every time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.packages import LONG_AGO_UNIX, encoded

if TYPE_CHECKING:
    from pathlib import Path

Files = Mapping[str, "str | bytes"]
Manifest = dict[str, Any]

SCRIPTS_AT_INSTALL = {"preinstall", "install", "postinstall"}
# What a registry keeps of a manifest when a client asks for the short form.
SHORT = (
    *("name", "version", "dependencies", "devDependencies", "optionalDependencies", "peerDependencies"),
    *("peerDependenciesMeta", "bundleDependencies", "bundledDependencies", "bin", "directories", "engines", "os"),
    *("cpu", "libc", "hasInstallScript", "deprecated", "funding", "acceptDependencies", "_hasShrinkwrap"),
)


@dataclass(frozen=True)
class Packed:
    """A tarball in memory, and what a registry says about it."""

    name: str
    version: str
    content: bytes
    manifest: Manifest = field(hash=False)

    @property
    def filename(self) -> str:
        return f"{self.name.rpartition('/')[2]}-{self.version}.tgz"

    @property
    def integrity(self) -> str:
        return "sha512-" + base64.b64encode(hashlib.sha512(self.content).digest()).decode()

    @property
    def shasum(self) -> str:
        return hashlib.sha1(self.content, usedforsecurity=False).hexdigest()

    @property
    def spec(self) -> str:
        return f"{self.name}@{self.version}"

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


def tarball(files: Files, *, top: str = "package", executable: Collection[str] = ()) -> bytes:
    """Pack files as `npm pack` does: one folder, gzip, no times and no owners."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size = len(encoded(content))
            entry.mode = 0o755 if path in executable else 0o644
            entry.mtime = LONG_AGO_UNIX
            archive.addfile(entry, io.BytesIO(encoded(content)))
    return out.getvalue()


def as_json(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"


def package(
    name: str,
    version: str = "1.0.0",
    files: Files | None = None,
    *,
    says: Manifest | None = None,
    executable: Collection[str] = (),
    **manifest: Any,
) -> Packed:
    """Make a package; `manifest` goes into package.json (`peerDependencies={...}`), `says` is what the registry claims."""
    own: Manifest = {"name": name, "version": version, "main": "index.js", **manifest}
    tree: dict[str, str | bytes] = {"package.json": as_json(own), "index.js": f'module.exports = "{name} {version}";\n'}
    tree.update(files or {})
    return Packed(name, version, tarball(tree, executable=executable), own if says is None else says)


def scripted(name: str, version: str = "1.0.0", files: Files | None = None, **scripts: str) -> Packed:
    """A package with these lifecycle scripts."""
    return package(name, version, files, scripts=scripts)


def depending(name: str, version: str = "1.0.0", **dependencies: str) -> Packed:
    """A package that needs others, from wherever their specs say."""
    return package(name, version, dependencies=dependencies)


def has_install_script(manifest: Manifest) -> bool:
    return bool(SCRIPTS_AT_INSTALL & set(manifest.get("scripts", ()))) or bool(manifest.get("gypfile"))
