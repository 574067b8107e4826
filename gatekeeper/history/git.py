"""The person's own git, called so that nothing of a repository runs: no hook, no filter, no helper of its settings."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE = 300  # seconds for one command
SILENT = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never",
    "-c", "submodule.recurse=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "init.templateDir=",
)  # fmt: skip
# What would lead git to another repository than the one that is named.
MISLEADING = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR",
    "GIT_NAMESPACE", "GIT_TEMPLATE_DIR", "GIT_EXEC_PATH", "GIT_INDEX_FILE",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder; `program` is its path, `more` what its environment holds beside ours."""

    program: str
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, more: Mapping[str, str] | None = None) -> str:
        """Return what a command prints; raise `UndecidedError` with its complaint when it fails."""
        done = self.call(*words, more=more)
        if done.returncode:
            raise UndecidedError(f"git {words[0]} failed: {reason(done.stderr)}")
        return done.stdout

    def call(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; raise `UndecidedError` when it cannot be started, or does not end."""
        done = self.call_in_bytes(*words, more=more)
        out, err = (part.decode("utf-8", "replace") for part in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def call_in_bytes(self, *words: str, more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a command whose output may be anything."""
        kept = {name: value for name, value in os.environ.items() if name not in MISLEADING}
        try:
            return subprocess.run(
                [self.program, *SILENT, *words],
                cwd=self.folder,
                env={**kept, "GIT_TERMINAL_PROMPT": "0", **self.more, **(more or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UndecidedError(f"git {words[0]} did not end within {PATIENCE} seconds") from None
        except OSError as problem:
            raise UndecidedError(f"git cannot be started: {problem.strerror}") from problem


def reason(stderr: str) -> str:
    """Return the line in which git says why."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0] if lines else "no reason")
