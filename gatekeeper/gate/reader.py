"""The processes in which package bytes are read: what crashes, hangs or eats memory there takes nothing else along.

They start before anything else of a run, so that one loads itself while the client does, and end when their pipes do.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from dataclasses import replace
from queue import LifoQueue
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import DamagedInstallationError, ReaderLostError, UndecidedError, UnreadableError
from gatekeeper.model import Artifact, Known, Release, Ruling, Unknown, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

    from gatekeeper.gate.options import Options
    from gatekeeper.inspection import Inspector
    from gatekeeper.model import Evidence, History, Notice

PATIENCE = 180.0  # seconds for one artifact; the inspection's own budgets end far earlier
PATIENCE_DEEP = 1000.0  # seconds for all that is read deeper at once; that pass ends itself earlier, too
MOST_DESCRIPTORS = 1024
PROCESSES = min(2, os.cpu_count() or 1)  # more would take the processors from the client
START = "fork" if sys.platform == "linux" else "spawn"


class Worker:
    """One reading process and the pipe to it; one question at a time."""

    def __init__(self, options: Options, *, eager: bool) -> None:
        """Start the process; an eager one loads itself at once, another when it is first asked."""
        self._options, self._eager, self._ended = options, eager, False
        self._start(START)

    @property
    def pid(self) -> int:
        """The process's number."""
        return int(self._process.pid)

    def _start(self, how: str) -> None:
        context: Any = multiprocessing.get_context(how)  # typeshed's common base lacks Process
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, how == "fork", self._eager, self._options), daemon=True
        )
        self._process.start()
        theirs.close()

    def end(self) -> None:
        """End the process for good."""
        self._ended = True
        self._close()

    def _close(self) -> None:
        self._ours.close()
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._process.close()

    def ask(self, question: object, patience: float = PATIENCE) -> object:
        """Return the answer to one question; a process that dies or hangs over it is replaced."""
        try:
            self._ours.send(question)
            if self._ours.poll(patience):
                answer: object = self._ours.recv()
                return answer
            problem = ReaderLostError(f"not read within {patience:.0f} seconds")
        except (EOFError, OSError):
            problem = ReaderLostError("the process that reads packages died while reading")
        if self._ended:
            return problem
        self._close()
        self._start("spawn")  # there are threads by now, which a fork would leave behind half-way
        return problem


class Reader:
    """An inspector in processes of its own. Thread-safe."""

    def __init__(self, options: Options) -> None:
        """Start the processes; the first is loading itself when this returns, the others when they are needed."""
        self._workers = [Worker(options, eager=number == 0) for number in range(PROCESSES)]
        self._free: LifoQueue[Worker] = LifoQueue()  # the one that read last has loaded itself
        for worker in reversed(self._workers):
            self._free.put(worker)

    @property
    def pids(self) -> list[int]:
        """The processes' numbers, the one that is asked first in front."""
        return [worker.pid for worker in self._workers]

    def __enter__(self) -> Reader:  # noqa: PYI034 - never subclassed
        """Return the reader itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.end()

    def _ask(self, method: str, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - one pipe for all answers
        worker = self._free.get()
        try:
            answer = worker.ask((method, args, kwargs), PATIENCE_DEEP if method == "deepen" else PATIENCE)
        finally:
            self._free.put(worker)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def ruleset(self) -> str:
        """The digest of everything that decides what is found."""
        return str(self._ask("ruleset"))

    def judge_name(self, release: Release, *, requested: bool = False) -> Verdict:
        """Judge a release by its name alone."""
        verdict: Verdict = self._ask("judge_name", release, requested=requested)
        return verdict

    def judge_notices(self, release: Release, notices: tuple[Notice, ...], *, requested: bool = False) -> Verdict:
        """Judge where a release comes from."""
        verdict: Verdict = self._ask("judge_notices", release, notices, requested=requested)
        return verdict

    def judge_facts(self, facts: Evidence) -> Verdict:
        """Judge what is known of a release before its bytes are read."""
        verdict: Verdict = self._ask("judge_facts", facts)
        return verdict

    def judge_changes(self, verdict: Verdict, path: Path, earlier: Path, filename: str, past: History) -> Verdict:
        """Add what is new against the file of the release before; a dead reader leaves the verdict as it is."""
        try:
            told: Verdict = self._ask("judge_changes", verdict, path, earlier, filename, past)
        except (UndecidedError, UnreadableError, OSError):
            return verdict
        return told

    def workflows_among(self, paths: Sequence[str]) -> dict[str, str]:
        """Return which of some files run in continuous integration, and of which kind they are."""
        found: dict[str, str] = self._ask("workflows_among", paths)
        return found

    def judge_workflow(self, path: str, now: bytes, before: Sequence[bytes], *, rides: bool = False) -> Verdict:
        """Judge what a file for continuous integration brings that those before it did not."""
        try:
            verdict: Verdict = self._ask("judge_workflow", path, now, before, rides=rides)
        except UndecidedError as problem:
            return Verdict(Release("generic", path), Ruling.ERROR, error=problem.message, requested=True, path=path)
        return verdict

    def judge_folder(self, path: Path, release: Release | None = None, *, later: bool = False) -> Verdict:
        """Judge a person's own source tree. `later`: the verdict goes through `deepen` before anything comes of it."""
        verdict: Verdict = self._ask("judge_folder", path, release, later=later)
        return verdict

    def deepen(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """Read deeper, in one call for all, what the fast pass could not settle; a dead reader is the ruling ERROR."""
        verdicts = list(verdicts)
        if not any(verdict.pending for verdict in verdicts):
            return verdicts
        try:
            told: list[Verdict] = self._ask("deepen", verdicts)
        except UndecidedError as problem:
            return [
                replace(one, ruling=max(one.ruling, Ruling.ERROR), error=problem.message, pending=None)
                if one.pending else one
                for one in verdicts
            ]  # fmt: skip
        return told

    def closest_name(self, release: Release) -> str | None:
        """Return the popular name that a name nobody has registered was probably meant to be."""
        name: str | None = self._ask("closest_name", release)
        return name

    def is_popular(self, release: Release) -> bool:
        """Say whether a name is among the most used ones of its ecosystem."""
        return bool(self._ask("is_popular", release))

    def npm_release_in(self, path: Path, filename: str) -> Release | None:
        """Return the npm release that a tarball or folder says that it is; None when it is none of npm's."""
        release: Release | None = self._ask("npm_release_in", path, filename)
        return release

    def judge_artifact(  # noqa: PLR0913 - the facts about one file, two by keyword
        self,
        path: Path,
        blank: Verdict,
        filename: str,
        sha256: str,
        *,
        history: History | None = None,
        later: bool = False,
    ) -> tuple[Verdict, Known[bytes] | Unknown]:
        """Judge a file and read its metadata; `blank` holds what is known of it. A dead reader is the ruling ERROR.

        `later`: the verdict goes through `deepen` before anything comes of it.
        """
        try:
            verdict, metadata = self._ask(
                "judge_artifact", path, blank.release, filename=filename, sha256=sha256,
                requested=blank.requested, source=blank.source, history=history, later=later,
            )  # fmt: skip
        except UndecidedError as problem:
            lost = replace(blank, ruling=Ruling.ERROR, error=problem.message)
            if isinstance(problem, ReaderLostError):  # over these bytes
                artifact = Artifact(filename, sha256, path.stat().st_size)
                with contextlib.suppress(UndecidedError):
                    lost = self._ask("judge_unread", replace(lost, artifact=artifact), history)
            return lost, Unknown(problem.message)
        return verdict, metadata


def serve(pipe: Connection, forked: bool, eager: bool, options: Options) -> None:
    """Answer questions until the pipe ends. Runs in the reading process."""
    if forked:
        # Copies of the wrapper's descriptors: its port, its locks, and the far end of the pipe, which would never end.
        os.closerange(3, pipe.fileno())
        os.closerange(pipe.fileno() + 1, MOST_DESCRIPTORS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the wrapper's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(os, "nice"):
        os.nice(5)  # reading goes on beside the client, which the person is waiting for
    with contextlib.suppress(EOFError, OSError):
        if not eager:
            pipe.poll(None)
        try:
            from gatekeeper.inspection import Inspector, core_metadata_of, opened_store
        except (ImportError, SyntaxError) as problem:
            broken = DamagedInstallationError(f"gatekeeper's own files cannot be loaded: {problem}")
            while pipe.recv():
                pipe.send(broken)
        store = opened_store() if options.store else None
        inspector = Inspector(options.policy, store, deep=options.deep)
        with contextlib.closing(store) if store else contextlib.nullcontext():
            while True:
                pipe.send(answer(inspector, core_metadata_of, *pipe.recv()))


def answer(
    inspector: Inspector,
    metadata_of: Callable[[Path, str, str], object],
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> object:
    """Answer one question; what goes wrong is the answer too, and raised again on the other side, where it is loud."""
    try:
        if method == "ruleset":
            return inspector.ruleset
        if method == "judge_artifact":
            verdict = inspector.judge_artifact(*args, **kwargs)
            return verdict, metadata_of(args[0], kwargs["filename"], args[1].ecosystem)
        return getattr(inspector, method)(*args, **kwargs)
    except Exception as problem:  # noqa: BLE001 - see above
        return problem
