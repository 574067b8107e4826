"""The content-addressed store of fetched files: a name is a digest, and what is served was hashed on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


class Blobs:
    """A folder of files named by their SHA-256, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        """Make the folder (0700); raise `UndecidedError` when that is impossible."""
        self.folder = folder
        try:
            for each in (folder, folder / "incoming"):
                each.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
        except OSError as problem:
            raise UndecidedError(
                f"the file store {folder} cannot be written: {problem.strerror}", hint="--no-store uses a temporary one"
            ) from problem

    def path(self, sha256: str) -> Path:
        """Return where the file with this digest lies, or would lie."""
        return self.folder / sha256[:2] / sha256

    def find(self, sha256: str | None) -> Path | None:
        """Return the file with this digest after hashing it again; a damaged one is dropped."""
        if not sha256 or not (path := self.path(sha256)).is_file():
            return None
        if sha256_of(path) == sha256:
            with contextlib.suppress(OSError):
                os.utime(path)  # when it was last of use
            return path
        path.unlink(missing_ok=True)
        return None

    def incoming(self) -> Path:
        """Return a fresh name to download to, on the same file system."""
        return self.folder / "incoming" / secrets.token_hex(12)

    def keep(self, incoming: Path, sha256: str) -> Path:
        """Move a downloaded file whose digest was computed while writing to its place."""
        path = self.path(sha256)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        incoming.replace(path)
        return path

    def adopt(self, path: Path) -> tuple[str, Path]:
        """Copy a local file in, so that a later change of the original changes nothing; return digest and place."""
        incoming = self.incoming()
        digest = hashlib.sha256()
        with path.open("rb") as source, incoming.open("wb") as copy:
            while block := source.read(CHUNK):
                digest.update(block)
                copy.write(block)
        return digest.hexdigest(), self.keep(incoming, digest.hexdigest())
