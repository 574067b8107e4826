"""A person's own folder. Links are not followed out of it, and nothing but regular files is opened."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import safe_path, text
from gatekeeper.artifacts._tree import Entry, What
from gatekeeper.model import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator

# What tools put into a project, none of it the project's: version control, environments, caches, fetched packages.
SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "node_modules",
})  # fmt: skip
# These two are common names for a project's own code as well, so they count only with an environment's mark inside.
ENVIRONMENT_FOLDERS = frozenset({".venv", "venv", "env", ".env"})
ENVIRONMENT_MARK = "pyvenv.cfg"
PYTHON = (".py", ".pyc", ".so", ".pyd")
MOST_LISTED = 2_000  # files behind a link, of which only the names are looked at
LEFT_OUT = "left out: a tool put it there"
LEADS_NOWHERE = "a link to nothing"  # editors' locks are such links
PYTHON_OUTSIDE = "a link to a folder outside that may hold Python"


class FolderSource:
    """The files of a folder, read from disk when somebody asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.unread: list[Unread] = []
        self.skipped: list[str] = []

    def entries(self) -> list[Entry]:
        """Walk the folder."""
        return list(self._walk())

    def read(self, where: object, limit: int) -> bytes:
        """Return a file's first `limit` bytes."""
        assert isinstance(where, Path)
        with self._open(where) as stream:
            # One more byte than there were shows a file that grows.
            return stream.read(min(limit, os.fstat(stream.fileno()).st_size + 1))

    def chunks(self, where: object) -> Iterator[bytes]:
        """Yield a file's bytes piece by piece."""
        assert isinstance(where, Path)
        with self._open(where) as stream:
            while chunk := stream.read(limits.CHUNK):
                yield chunk

    def close(self) -> None:
        """Do nothing: files are open only while they are read."""

    def _open(self, path: Path) -> BinaryIO:
        # A file may have become a link or a pipe since it was listed: neither is followed nor waited for.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        number = os.open(path, flags)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise Fault("not a regular file", str(path))
        return os.fdopen(number, "rb")

    def _walk(self) -> Iterator[Entry]:
        todo, count = [(self._folder, "")], 0
        while todo:
            folder, prefix = todo.pop()
            for found in self._listing(folder, prefix):
                count += 1
                if count > limits.MAX_MEMBERS:
                    raise Fault(f"it holds more than {limits.MAX_MEMBERS} files")
                path = self._path(prefix + text(os.fsencode(found.name)))
                if path is None:
                    continue
                if not found.is_dir(follow_symlinks=False):
                    yield from self._entry(found, path)
                elif _is_skipped(Path(found)):
                    self._skip(path)
                else:
                    todo.append((Path(found), f"{path}/"))

    def _listing(self, folder: Path, prefix: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as listing:
                return sorted(listing, key=lambda found: found.name)
        except OSError as error:
            if not prefix:
                raise
            self.unread.append(Unread(prefix.rstrip("/"), f"the folder cannot be listed: {error.strerror}"))
            return []

    def _path(self, name: str) -> str | None:
        try:
            return safe_path(name)
        except Fault as fault:
            self.unread.append(Unread(ascii(name)[1:-1], fault.why))
            return None

    def _entry(self, found: os.DirEntry[str], path: str) -> Iterator[Entry]:
        facts = found.stat(follow_symlinks=False)
        if stat.S_ISREG(facts.st_mode):
            yield Entry(path, What.FILE, facts.st_size, bool(facts.st_mode & 0o111), where=Path(found))
        elif not found.is_symlink():
            self.unread.append(Unread(path, "neither a file nor a folder"))
        elif not os.path.exists(found):  # noqa: PTH110 - no error where we may not look
            self.unread.append(Unread(path, LEADS_NOWHERE))
        elif (target := self._target(Path(found))) is None:
            self._note_outside(Path(found), path)
        else:
            yield Entry(path, What.SYMLINK, target=target)

    def _skip(self, path: str) -> None:
        self.skipped.append(path)
        self.unread.append(Unread(path, LEFT_OUT))

    def _note_outside(self, link: Path, path: str) -> None:
        if not os.path.isdir(link):  # noqa: PTH112 - as above
            self.unread.append(Unread(path, "a link that leads out of the folder"))
        elif _is_skipped(link):
            self._skip(path)
        else:
            self.unread.append(Unread(path, PYTHON_OUTSIDE if _may_hold_python(link) else "a link to a folder outside"))

    def _target(self, link: Path) -> str | None:
        """Return where a link really leads, as seen from its own folder; None when that is not in the tree."""
        real = Path(os.path.realpath(link))
        if not real.is_relative_to(self._folder):
            return None
        return text(os.fsencode(Path(os.path.relpath(real, link.parent)).as_posix()))


def _is_skipped(folder: Path) -> bool:
    if folder.name in SKIPPED_FOLDERS:
        return True
    if folder.name not in ENVIRONMENT_FOLDERS:
        return False
    return os.path.isfile(folder / ENVIRONMENT_MARK)  # noqa: PTH113 - as above


def _may_hold_python(folder: Path) -> bool:
    """Say whether there is Python below a folder, or more than is looked at."""
    count = 0
    for _, folders, files in os.walk(folder):
        count += len(files) + len(folders)
        if count > MOST_LISTED or any(name.endswith(PYTHON) for name in files):
            return True
    return False
