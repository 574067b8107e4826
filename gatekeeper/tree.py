"""The files that a check is about: as they lie in a folder or in git's index, and as they were at a revision."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.history.revisions import INDEX, LARGEST, Repository, repository_of
from gatekeeper.lockfiles import find, format_of, on_disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEAD = "HEAD"
# A part of the name of every file that is looked at: loading what reads them takes longer than many a commit may.
MAY_MATTER = re.compile(
    r"requirements|constraints|lock|pyproject\.toml|package\.json|pipfile|setup\.cfg|environment|go\.sum|shrinkwrap"
    r"|\.github/|\.gitlab-ci|jenkinsfile|\.circleci|\.travis|azure-pipelines|makefile|\.mk$|cmake|\.gradle|pom\.xml|gitlab"
    r"|action\.ya?ml",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tree:
    """Paths are from `top`, with slashes: the top of the repository where something is compared, else a folder."""

    top: Path
    repository: Repository | None = None
    revision: str = ""  # an id; "" is the time before the first commit
    staged: bool = False
    changed: tuple[str, ...] = ()  # every file that differs from the revision
    remarks: tuple[str, ...] = field(default=())

    @property
    def compares(self) -> bool:
        """Whether only what changed is asked about."""
        return self.repository is not None

    def files(self, paths: Sequence[Path]) -> list[str]:
        """Return the lock files and manifests that paths name or hold; of these the changed ones, where we compare."""
        if self.repository is None:
            return list(dict.fromkeys(str(each) for path in paths or [self.top] for each in self._found(path)))
        wanted = [self._known(path) for path in paths]
        named = [path for path in self.changed if format_of(path) and _is_below(path, wanted)]
        return [path for path in named if self.content(path) is not None]  # what went away names nothing any more

    def is_untouched(self) -> bool:
        """Say whether nothing that changed can be a lock, a manifest or a workflow, by a look at the names alone."""
        return self.compares and not any(MAY_MATTER.search(path) for path in self.changed)

    def opened(self, path: str) -> bytes:
        """Read a file as it is now; raise OSError or ValueError when it cannot be."""
        if not self.staged or self.repository is None:
            return on_disk(self.top)(path)
        content = self.repository.read(INDEX, path)
        if content is None:
            raise FileNotFoundError(2, "it is not in the index", path)
        return content[:LARGEST]

    def content(self, path: str) -> bytes | None:
        """Read a file as it is now; None: it is not there, or is no file. Raises `UndecidedError`."""
        try:
            return self.opened(path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except (OSError, ValueError) as problem:
            raise UndecidedError(f"{path} cannot be read: {problem}") from problem

    def before(self, path: str) -> bytes | None:
        """Read a file as it was at the revision; None: it was not there."""
        return self.repository.read(self.revision, path) if self.repository else None

    def policy_before(self, path: Path) -> bytes | None:
        """Read a policy file as it was at the revision; one that lies outside of the repository, as it is."""
        inside = self.repository.inside(path) if self.repository else None
        if inside is not None:
            return self.before(inside)
        return path.read_bytes() if path.is_file() else None

    def beside(self, folder: str) -> Iterable[str]:
        """Name the files in a folder."""
        try:
            names = sorted(each.name for each in (self.top / folder).iterdir())
        except OSError:
            return []
        return [str(PurePosixPath(folder, name)) for name in names]

    def _known(self, path: Path) -> str:
        """Return where a path lies; one that neither is there nor went away is a mistake, and no empty success."""
        inside = self._inside(path)
        if not (self.top / inside).exists() and not any(_is_below(each, [inside]) for each in self.changed):
            raise UsageError(f"{path} does not exist")
        return inside

    def _inside(self, path: Path) -> str:
        inside = self.repository.inside(path) if self.repository else None
        if inside is None:
            raise UsageError(f"{path} lies outside of the repository {self.top}")
        return inside

    def _found(self, path: Path) -> Iterable[Path]:
        whole = self.top / path
        if whole.is_dir():
            return (each.relative_to(self.top) if each.is_relative_to(self.top) else each for each in find(whole))
        if not whole.exists():
            raise UsageError(f"{path} does not exist")
        if format_of(path) is None:
            raise UsageError(f"{path}: neither a lock file nor a manifest, by its name")
        return [path]


def _is_below(path: str, wanted: Iterable[str]) -> bool:
    wanted = list(wanted)
    return not wanted or any(each in (".", path) or path.startswith(f"{each}/") for each in wanted)


def tree_of(folder: Path, base: str | None, *, staged: bool = False) -> Tree:
    """Return the files of a folder, compared with a revision where one is named (or the index with HEAD)."""
    if base is None and not staged:
        return Tree(folder)
    repository = repository_of(folder)
    revision = repository.revision(base or HEAD)
    if not staged:
        revision = repository.base_of(revision)
    changed = tuple(repository.changed(revision, staged=staged))
    return Tree(repository.top, repository, revision, staged, changed)
