"""What our GitHub Action does: read its inputs and the event, have `gatekeeper check` run once, write its outputs.

Inputs come as variables of the environment and never as text of a script, so that a branch or a path that looks like
shell code is a branch or a path. No token is used and nothing is posted.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.commands.shell import lay
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.model import Ruling
from gatekeeper.shims import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT = "GATEKEEPER_INPUT_"
# From which ruling on the step fails.
FAILS = {
    "block": frozenset({"block"}),
    "error": frozenset({"block", "error"}),
    "ask": frozenset({"block", "error", "ask"}),
    "never": frozenset(),
}
CODES = {each.word: each.exit_code for each in Ruling}
CLIENTS = {"pip": ("pip", "pip3"), "npm": ("npm", "npx")}
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
NOBODY = re.compile("0+")  # what a push replaced when it replaced nothing
UNDECIDED = UndecidedError.exit_code
WHOLE = "none"  # the base that compares with nothing


@dataclass(frozen=True, slots=True)
class Job:
    """One run of the action; the reports go into a folder of its own."""

    environ: Mapping[str, str]
    folder: Path

    def input(self, name: str) -> str:
        """Return an input; "" when it was not given."""
        return self.environ.get(f"{INPUT}{name.upper().replace('-', '_')}", "").strip()

    def path(self, name: str) -> Path:
        """Name a file of the reports."""
        return self.folder / name

    @property
    def wraps(self) -> bool:
        """Whether the action is only to put shims before the clients."""
        return bool(self.input("wrap"))

    @property
    def fail_on(self) -> frozenset[str]:
        """The rulings that fail the step."""
        said = self.input("fail-on") or "ask"
        if said not in FAILS:
            raise UsageError(f"fail-on: {said!r} is none of {', '.join(FAILS)}")
        return FAILS[said]

    def wrapped(self) -> int:
        """Lay the shims and put their folder first on the PATH of the steps that follow."""
        wanted = self.input("wrap").replace(",", " ").split()
        unknown = [name for name in wanted if name not in CLIENTS]
        if unknown:
            raise UsageError(f"wrap: {unknown[0]!r} is none of {', '.join(CLIENTS)}")
        lay(self.folder)
        for name in set(NAMES) - {each for client in wanted for each in CLIENTS[client]}:
            for shim in self.folder.glob(f"{name}*"):
                shim.unlink() if shim.stem == name else None
        self._append("GITHUB_PATH", f"{self.folder}\n")
        return 0

    def words(self) -> list[str]:
        """Return the command that judges, as it would be typed."""
        _ = self.fail_on  # a mistake in it is told before anything is judged
        also = ["json=report.json", "sarif=report.sarif", *(["markdown=comment.md"] if self.comments else [])]
        base = self.base()
        return [
            "check",
            "--no-store",  # what another run remembered may be what another pull request wrote
            f"--format={self.input('format') or 'github'}",
            *(f"--also={kind}={self.path(name)}" for kind, _, name in (each.partition("=") for each in also)),
            *([f"--policy={self.input('policy')}"] if self.input("policy") else []),
            *([f"--base={base}"] if base else []),
            "--",
            *(path for line in self.input("paths").splitlines() if (path := line.strip())),
        ]

    @property
    def comments(self) -> bool:
        """Whether a comment is to be written."""
        said = self.input("comment") or "false"
        if said not in ("true", "false"):
            raise UsageError(f"comment: {said!r} is neither true nor false")
        return said == "true"

    def base(self) -> str | None:
        """Return the revision to compare with: the one that was given, else the one that the event tells."""
        given = self.input("base")
        if given:
            return None if given == WHOLE else given
        name = self.environ.get("GITHUB_EVENT_NAME", "")
        if name == "pull_request_target":
            raise UsageError(
                "with pull_request_target the checkout holds the base, and nothing of what is proposed",
                hint="let the workflow run on pull_request, or name a base",
            )
        found = self._told(name)
        if found is None or NOBODY.fullmatch(found):
            return None
        if COMMIT.fullmatch(found) is None:
            raise UndecidedError("the event tells no commit to compare with", hint="name one as the input `base`")
        return found

    def _told(self, name: str) -> str | None:
        """Return the commit that an event's payload names."""
        if name not in ("pull_request", "push", "merge_group"):
            return None
        try:
            event: Any = json.loads(Path(self.environ["GITHUB_EVENT_PATH"]).read_bytes())
            if name == "pull_request":
                return str(event["pull_request"]["base"]["sha"])
            if name == "merge_group":
                return str(event["merge_group"]["base_sha"])
            # What a forced push replaced is in no checkout any more.
            return None if event.get("forced") is True else str(event["before"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise UndecidedError(
                f"the event's payload cannot be read: {type(problem).__name__}",
                hint="name a commit as the input `base`",
            ) from problem

    def concluded(self, code: int) -> int:
        """Write the outputs and return the step's exit code; without a report nothing is ever fine."""
        names = {"report": "report.json", "sarif": "report.sarif", "comment": "comment.md"}
        files = {name: path for name, file in names.items() if (path := self.path(file)).is_file()}
        try:
            ruling = json.loads(files["report"].read_bytes())["ruling"]
        except (KeyError, OSError, ValueError, TypeError):
            ruling = None
        told = ruling if ruling in CODES else "error"
        self._append("GITHUB_OUTPUT", "".join(f"{name}={value}\n" for name, value in {"ruling": told, **files}.items()))
        if ruling == "allow" and code == 0:
            return 0
        passes = code == CODES.get(told) and ruling is not None and told not in self.fail_on
        return 0 if passes else code or UNDECIDED

    def _append(self, variable: str, lines: str) -> None:
        """Write into one of the runner's files."""
        path = self.environ.get(variable)
        if not path:
            raise UsageError(f"{variable} is not set", hint="this command is for the steps of a GitHub Action")
        with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(lines)


def job_in(environ: Mapping[str, str]) -> Job:
    """Return the run that an environment describes; its folder is made where the runner keeps what a job leaves."""
    place = environ.get("RUNNER_TEMP")
    if not place or "\n" in place:
        raise UsageError("RUNNER_TEMP is not set", hint="this command is for the steps of a GitHub Action")
    return Job(environ, Path(tempfile.mkdtemp(prefix="gatekeeper-", dir=place)))
