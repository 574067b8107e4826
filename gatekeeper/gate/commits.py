"""Git commits that waivers name: fetched by the person's own git, outside of the fence, and laid out to be read.

What is fetched is held against the id; nothing of it runs: no hook, no filter, no submodule.
"""

from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError
from gatekeeper.history.git import Git, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONG_ID = 64  # digits of an id in a repository that uses SHA-256
BRANCH = "refs/heads/commit-"  # one for each commit: clients look a commit up among the branches
# For work on what was fetched.
ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "file"}


class Repository:
    """A bare repository of ours that holds nothing but the commits that were asked for."""

    def __init__(self, git: str, folder: Path, id_length: int) -> None:
        """Make it in an empty folder; `git` is the path of the person's own."""
        self.folder, self._git = folder, Git(git, folder)
        folder.mkdir(parents=True, mode=0o700)
        kind = ["--object-format=sha256"] if id_length == LONG_ID else []
        self._git.run("init", "-q", "--bare", *kind, ".", more=ALONE)

    def fetch(self, remotes: Sequence[str], commit: str) -> None:
        """Fetch a commit from the first remote that has it; raise `UndecidedError` when none gives just that one."""
        faults: list[str] = []
        # Hosts may refuse to hand out a single commit: then everything is fetched, and the commit is in it or not.
        for what in ((commit,), ("+refs/*:refs/fetched/*",)):
            for remote in remotes:
                shallow = ["--depth=1"] if what == (commit,) else []
                faults += self._try(
                    "fetch", "-q", "--no-tags", "--no-recurse-submodules", *shallow, "--", remote, *what
                )
                if self._holds(commit):
                    self._keep(commit)
                    return
        raise UndecidedError(f"commit {commit} could not be fetched: {faults[0] if faults else 'it is not there'}")

    def lay_out(self, commit: str, folder: Path) -> None:
        """Check a commit out as a client's git would, which knows none of the person's settings."""
        branch = BRANCH.removeprefix("refs/heads/") + commit
        self._git.run("clone", "-q", "--no-hardlinks", "-b", branch, self.folder.as_uri(), str(folder), more=ALONE)

    def _holds(self, commit: str) -> bool:
        done = self._git.call("cat-file", "-t", commit, more=ALONE)
        return done.returncode == 0 and done.stdout.strip() == "commit"

    def _keep(self, commit: str) -> None:
        """Leave one branch for each commit, and no ref that the remote chose."""
        refs = self._git.run("for-each-ref", "--format=%(refname)", more=ALONE).split()
        for ref in refs:
            if not ref.startswith(BRANCH):
                self._git.run("update-ref", "-d", ref, more=ALONE)
        self._git.run("update-ref", BRANCH + commit, commit, more=ALONE)
        self._git.run("symbolic-ref", "HEAD", BRANCH + commit, more=ALONE)

    def _try(self, *words: str) -> list[str]:
        done = self._git.call(*words)
        return [reason(done.stderr)] if done.returncode else []


def pack(folder: Path, to: Path) -> None:
    """Write a laid-out commit down as npm's packages are; links are left to whoever reads the folder."""
    with tarfile.open(to, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(_files(folder)):
            entry = tarfile.TarInfo("package/" + path.relative_to(folder).as_posix())
            entry.size, entry.mode = path.stat().st_size, stat.S_IMODE(path.stat().st_mode)
            with path.open("rb") as stream:
                archive.addfile(entry, stream)


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        if Path(at) == folder:
            folders.remove(".git")  # git's own: no commit holds a folder of that name
        yield from (path for name in names if stat.S_ISREG((path := Path(at, name)).lstat().st_mode))
