"""Small packages, made in memory: wheels, sdists and npm tarballs of a few files, for proofs that nothing can lack."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = "1.0.0"
LONG_AGO = (2020, 1, 1, 0, 0, 0)
BACKEND_FILE = "build/canary_backend.py"
# It puts the wheel that lies unpacked in the tree together: no build requirement has to come from anywhere.
BACKEND = '''\
"""Build a wheel of what lies in wheel/."""

import os
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Pack the files of wheel/ and return the name of the file."""
    name = "{filename}"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for folder, _, files in os.walk("wheel"):
            for file in files:
                path = os.path.join(folder, file)
                with open(path, "rb") as stream:
                    archive.writestr(os.path.relpath(path, "wheel").replace(os.sep, "/"), stream.read())
    return name
'''


@dataclass(frozen=True, slots=True)
class Package:
    """A package file in memory; `inside` are the files that an installation of it lays down."""

    ecosystem: str
    name: str
    filename: str
    content: bytes
    inside: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def integrity(self) -> str:
        """The digest as npm's registries tell it."""
        return "sha512-" + base64.b64encode(hashlib.sha512(self.content).digest()).decode()

    def member(self, path: str) -> bytes:
        """Return one file of a tar archive, by its path below the top folder."""
        with tarfile.open(fileobj=io.BytesIO(self.content)) as archive:
            top = archive.getnames()[0].partition("/")[0]
            stream = archive.extractfile(f"{top}/{path}")
            assert stream is not None
            return stream.read()

    def write(self, folder: Path) -> Path:
        """Write the file into a folder."""
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


def wheel(name: str, files: Mapping[str, str]) -> Package:
    """Pack a wheel of these files."""
    inside = wheel_files(name, files)
    return Package("pypi", name, wheel_name(name), zipped(inside), inside)


def sdist(name: str, files: Mapping[str, str]) -> Package:
    """Pack an sdist of exactly these files, beside what says which release it is."""
    root = f"{name.replace('-', '_')}-{VERSION}"
    about = {"PKG-INFO": metadata(name), **files}
    content = tarball({f"{root}/{path}": text for path, text in about.items()})
    return Package("pypi", name, f"{root}.tar.gz", content, about)


def buildable(name: str, files: Mapping[str, str], prelude: str = "") -> Package:
    """Pack an sdist with its build backend inside; `prelude` is code at the top of that backend."""
    inside = wheel_files(name, files)
    project = '[build-system]\nrequires = []\nbuild-backend = "canary_backend"\nbackend-path = ["build"]\n'
    tree = {
        "pyproject.toml": project,
        BACKEND_FILE: prelude + BACKEND.format(filename=wheel_name(name)),
        **{f"wheel/{path}": text for path, text in inside.items()},
    }
    packed = sdist(name, tree)
    return Package("pypi", name, packed.filename, packed.content, inside)


def npm(name: str, files: Mapping[str, str], **manifest: object) -> Package:
    """Pack an npm tarball; `manifest` are further lines of its package.json."""
    about = {"name": name, "version": VERSION, "main": "index.js", **manifest}
    inside = {"package.json": json.dumps(about, indent=2) + "\n", "index.js": "module.exports = 1;\n", **files}
    content = tarball({f"package/{path}": text for path, text in inside.items()})
    return Package("npm", name, f"{name}-{VERSION}.tgz", content, inside)


def module(name: str, text: str = "VERSION = 1\n") -> dict[str, str]:
    """Return the files of a Python package with one module."""
    return {f"{name.replace('-', '_')}/__init__.py": text}


def wheel_name(name: str) -> str:
    """Return the file name of a wheel."""
    return f"{name.replace('-', '_')}-{VERSION}-py3-none-any.whl"


def metadata(name: str) -> str:
    """Return core metadata with which nothing has to be built to be resolved."""
    return f"Metadata-Version: 2.2\nName: {name}\nVersion: {VERSION}\n"


def wheel_files(name: str, files: Mapping[str, str]) -> dict[str, str]:
    """Return a wheel's files with its metadata and RECORD."""
    info = f"{name.replace('-', '_')}-{VERSION}.dist-info"
    inside = {
        **files,
        f"{info}/METADATA": metadata(name),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: gatekeeper\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={urlsafe(text)},{len(text.encode())}" for path, text in inside.items()]
    return {**inside, f"{info}/RECORD": "\n".join([*lines, f"{info}/RECORD,,", ""])}


def urlsafe(text: str) -> str:
    """Return a digest as RECORD files spell it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def zipped(files: Mapping[str, str]) -> bytes:
    """Pack a zip file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, LONG_AGO), text)
    return packed.getvalue()


def tarball(files: Mapping[str, str]) -> bytes:
    """Pack a compressed tar file."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as out, tarfile.open(fileobj=out, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()
