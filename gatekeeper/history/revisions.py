"""Files as they stood at a revision of a git repository, or stand in its index."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.history.git import Git, reason

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY = ""  # the revision before the first commit
INDEX = ":0"  # what git calls the index, in front of a path
LARGEST = 20_000_001  # bytes of a file that is read


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository that a folder lies in."""

    git: Git
    top: Path

    def revision(self, said: str) -> str:
        """Return the id of a commit; raise `UndecidedError` when it is not here, with what to do about it."""
        done = self.git.call("rev-parse", "--verify", "--quiet", "--end-of-options", f"{said}^{{commit}}")
        if done.returncode == 0:
            return done.stdout.strip()
        if said == "HEAD" and self.git.call("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            return EMPTY  # nothing was committed yet
        shallow = self.git.call("rev-parse", "--is-shallow-repository").stdout.strip() == "true"
        hint = "fetch it: `fetch-depth: 0` for the checkout, or `git fetch --unshallow`" if shallow else None
        raise UndecidedError(f"{said} is no commit of this repository", hint=hint or "`git fetch` may bring it")

    def base_of(self, revision: str) -> str:
        """Return the last commit that a revision and HEAD have in common: what others did since is not this change."""
        if revision == EMPTY:
            return EMPTY
        done = self.git.call("merge-base", revision, "HEAD")
        return done.stdout.strip() if done.returncode == 0 else revision

    def read(self, revision: str, path: str) -> bytes | None:
        """Return a file (its path from the top, with slashes) at a revision or in the INDEX; None: it is not there."""
        if revision == EMPTY:
            return None
        where = f"{revision}:{path}"
        done = self.git.call_in_bytes("cat-file", "blob", where)
        if done.returncode == 0:
            return done.stdout
        if self.git.call("cat-file", "-e", where).returncode:
            return None
        raise UndecidedError(f"{path} cannot be read at {revision}: {reason(done.stderr.decode('utf-8', 'replace'))}")

    def changed(self, revision: str, *, staged: bool = False) -> list[str]:
        """Return the files, from the top, that differ from a revision: those of the folder, or of the index."""
        if revision == EMPTY:
            listed = self.git.run("ls-files", "-z", *([] if staged else ["--cached", "--others", "--exclude-standard"]))
        else:
            words = ["--cached"] if staged else []
            plain = ("--no-ext-diff", "--no-textconv", "--no-renames", "--name-only", "-z")
            listed = self.git.run("diff", *plain, *words, revision, "--")
            if not staged:
                listed += self.git.run("ls-files", "-z", "--others", "--exclude-standard")
        return sorted({path for path in listed.split("\0") if path})

    def inside(self, path: Path) -> str | None:
        """Return the path of a file from the top, with slashes; None for one that lies elsewhere."""
        try:
            return path.resolve().relative_to(self.top).as_posix()
        except ValueError:
            return None

    def beside(self, revision: str, folder: str) -> Iterator[str]:
        """Yield the files that lie right in a folder at a revision."""
        if revision != EMPTY:
            where = "" if folder in ("", ".") else f"{PurePosixPath(folder)}/"
            listed = self.git.call("ls-tree", "-z", "--name-only", revision, "--", where or ".").stdout
            yield from (path for path in listed.split("\0") if path)


def repository_of(folder: Path) -> Repository:
    """Return the repository that a folder lies in; raise `UsageError` when there is none, or no git."""
    program = shutil.which("git", path=os.environ.get("PATH", os.defpath))
    if program is None:
        raise UsageError("there is no git on the PATH, which --base needs")
    done = Git(program, folder).call("rev-parse", "--show-toplevel")
    if done.returncode:
        raise UsageError(f"{folder}: {reason(done.stderr)}", hint="--base compares with a revision of a git repository")
    top = Path(done.stdout.rstrip("\n")).resolve()
    # A hook runs beside an index of its own when only some files are committed.
    index = {name: os.environ[name] for name in ("GIT_INDEX_FILE",) if name in os.environ}
    return Repository(Git(program, top, index), top)
