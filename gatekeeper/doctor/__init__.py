"""Prove on this machine that the gate works: that checks fire, canaries are refused, the fence holds, data is whole.

Every proof is a function that yields what it found, in one of the files beside this one; adding one is adding it there,
or to the list below. A proof that itself fails is broken, never well.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.doctor.apart import Apart
from gatekeeper.doctor.canaries import prove_npm, prove_pip
from gatekeeper.doctor.checks import prove_checks, prove_signatures
from gatekeeper.doctor.data import prove_data, prove_own_files
from gatekeeper.doctor.fence import prove_fence
from gatekeeper.doctor.home import prove_settings
from gatekeeper.doctor.proof import Found, Ground, Proof, State, broken
from gatekeeper.doctor.report import as_json, ending, lines_of, state_of
from gatekeeper.doctor.samples import prove_reading
from gatekeeper.doctor.story import load
from gatekeeper.errors import GatekeeperError, StoppedError, UndecidedError
from gatekeeper.managers.fence import Fence

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    Prove = Callable[[Ground], Iterable[Proof]]

PATIENCE = 180.0  # seconds for one client and all that is tried with it


@dataclass(frozen=True, slots=True)
class Chapter:
    """One group of proofs; one that runs `apart` takes long and has a process of its own from the beginning."""

    title: str
    prove: Prove
    apart: bool = False


CHAPTERS = (
    Chapter("checks", prove_checks),
    Chapter("signatures", prove_signatures),
    Chapter("reading", prove_reading),
    Chapter("fence", prove_fence),
    Chapter("data", prove_data),
    Chapter("own files", prove_own_files),
    Chapter("settings", prove_settings),
    Chapter("pip", prove_pip, apart=True),
    Chapter("npm", prove_npm, apart=True),
)


def doctor(
    say: Callable[[str], None], *, policy_file: Path | None = None, verbose: bool = False, layout: str = "text"
) -> int:
    """Make all proofs, say what came of them, and return the exit code: 0, or 12 when anything is broken."""
    began, found = time.monotonic(), []
    with closing(examine(CHAPTERS, policy_file)) as chapters:
        for chapter in chapters:
            found.append(chapter)
            for line in lines_of(chapter, verbose=verbose) if layout == "text" else ():
                say(line)
    seconds = time.monotonic() - began
    say(ending(found, seconds) if layout == "text" else as_json(found, seconds).rstrip("\n"))
    return UndecidedError.exit_code if state_of(found) is State.BROKEN else 0


def examine(chapters: Sequence[Chapter], policy_file: Path | None = None) -> Generator[Found, None, None]:
    """Yield what each chapter came to, in their order; nothing is left on the machine. Raises StoppedError."""
    load()
    with Fence() as private, ExitStack() as processes:
        ground = Ground(private.work, dict(os.environ), here(), policy_file)
        running = {one.title: processes.enter_context(Apart(proved, one, ground)) for one in chapters if one.apart}
        for chapter in chapters:
            if chapter.title in running:
                yield waited_for(chapter, running[chapter.title])
            else:
                yield proved(chapter, ground)


def here() -> Path | None:
    """Return the folder in which the person stands; None when it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def proved(chapter: Chapter, ground: Ground) -> Found:
    """Make the proofs of a chapter; one that fails to be made is broken, and so is what comes behind it."""
    made: list[Proof] = []
    try:
        made.extend(chapter.prove(ground))
    except StoppedError:
        raise
    except GatekeeperError as problem:
        made.append(broken(chapter.title, f"could not be proved: {problem.message}", problem.hint or ""))
    except Exception as problem:  # noqa: BLE001 - whatever it was, this was not proved, and the other chapters are told
        made.append(broken(chapter.title, f"could not be proved: {type(problem).__name__}: {problem}"))
    return Found(chapter.title, tuple(made))


def waited_for(chapter: Chapter, process: Apart) -> Found:
    """Return what a chapter came to that has run in a process of its own."""
    try:
        told = process.result(PATIENCE)
    except StoppedError:
        raise
    except GatekeeperError as problem:
        return Found(chapter.title, (broken(chapter.title, f"could not be proved: {problem.message}"),))
    assert isinstance(told, Found)
    return told
