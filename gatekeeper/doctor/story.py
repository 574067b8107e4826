"""The whole story of an installation, in a process of its own that has nothing of the person's settings."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

# What a forked process finds loaded, it need not load once more.
import requests  # noqa: F401

import gatekeeper.gate.server
import gatekeeper.gate.session
import gatekeeper.inspection  # noqa: F401
from gatekeeper.checks import all_checks
from gatekeeper.doctor.apart import Apart
from gatekeeper.errors import GatekeeperError, StoppedError
from gatekeeper.gate.options import Options
from gatekeeper.install import install
from gatekeeper.managers.pip import is_withheld
from gatekeeper.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatekeeper.model import Release, Request, Verdict

PATIENCE = 60.0  # seconds for one installation
LOG_SHOWN = 300  # characters of what the client said
# What leads a client elsewhere, or has it load what is not its own: settings, certificates, other modules.
LEADING = re.compile(r"(?i)pip_.*|npm_.*|node_.*|python.*|virtual_env|ssl_cert_.*|git_.*|xdg_config_dirs")
KEPT = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONUTF8"})


def load() -> None:
    """Load what every installation needs, before processes are forked for them."""
    with contextlib.suppress(Exception):  # a check that cannot be loaded is told where checks are proved
        all_checks()


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which the person's clients are found, and none of their settings."""
    return {
        name: value
        for name, value in environ.items()
        if name in KEPT or not (is_withheld(name) or LEADING.fullmatch(name))
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an installation: its outcome, or why there is none; and what the client said."""

    outcome: Outcome | None
    problem: str = ""
    said: str = ""


def told_by(request: Request, environ: Mapping[str, str], log: Path) -> Told:
    """Install in a process of its own, and say what became of it; `log` takes what the client says."""
    outcome, problem = None, ""
    try:
        with Apart(story, request, dict(environ), log) as process:
            told = process.result(PATIENCE)
            outcome = told if isinstance(told, Outcome) else None
    except StoppedError:
        raise
    except GatekeeperError as error:
        problem = error.message
    said = log.read_text("utf-8", "replace") if log.is_file() else ""
    return Told(outcome, problem, " ".join(said.split())[-LOG_SHOWN:])


class Nobody:
    """Nobody looks on, and nobody is there to answer."""

    def started(self, release: Release, filename: str | None) -> None:
        """Hear nothing."""

    def judged(self, verdict: Verdict) -> None:
        """Hear nothing."""

    def answer(self, verdict: Verdict) -> None:
        """Give no answer."""

    def confirm(self, planned: Outcome) -> None:
        """Give no answer."""


def story(request: Request, environ: Mapping[str, str], log: Path) -> Outcome:
    """Install. Runs in a process of its own, which has these variables and no others."""
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(request.folder)
    with log.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
        sys.stdout = sys.stderr = stream
        return install(request, Options(store=False), Nobody())
