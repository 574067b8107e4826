"""The other story: judge what is named, and install nothing.

A target is a file, a folder, a purl (`pkg:pypi/requests@2.32.3`), `pypi:requests==2.32.3` or a bare name. Names are
looked up on the indexes that the client itself would use, and judged by the file that it would choose.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gatekeeper import managers
from gatekeeper.errors import GatekeeperError, UndecidedError, UsageError
from gatekeeper.gate.blobs import sha256_of
from gatekeeper.gate.control import Control
from gatekeeper.gate.door import door
from gatekeeper.gate.reader import Reader
from gatekeeper.gate.server import Gate
from gatekeeper.gate.session import Session
from gatekeeper.managers.fence import Fence
from gatekeeper.managers.running import running
from gatekeeper.model import Confidence, Finding, Release, Request, Ruling, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.gate.options import Options
    from gatekeeper.model import Outcome, Watcher

NAME_ONLY = "judged by its name alone (--offline): its code was not read"


@dataclass(frozen=True, slots=True)
class Target:
    """What was handed in: a path, or a release of an ecosystem with the requirement that names it."""

    text: str
    path: Path | None = None
    release: Release | None = None
    requirement: str | None = None
    problem: str | None = None


def judge(targets: Sequence[str], folder: Path, options: Options, watcher: Watcher) -> Outcome:
    """Judge each target, in order; one verdict each."""
    if not targets:
        raise UsageError("nothing to inspect", hint="name a file, a folder, a package or a purl")
    began = time.monotonic()
    read = [target_of(text) for text in targets]
    with ExitStack() as things:
        reader = things.enter_context(Reader(options))
        fence = things.enter_context(Fence())
        names = [target for target in read if target.requirement]
        client = managers.client(Request("pip", download_words(names), folder), os.environ)
        gate = things.enter_context(Gate(door(), Control(client.hello)))
        session = things.enter_context(Session(gate, reader, options, fence.folder, watcher))
        if names and not options.offline:
            # The client only says what it would use; it is never told to go on.
            process = things.enter_context(running(client.start(gate.address, fence.work, None)))
            question = gate.control.question(process)
            session.open(client.wish(question))
        before = [judge_one(target, session, options) for target in read]
        return replace(session.outcome(0, before), seconds=time.monotonic() - began)


def download_words(names: Iterable[Target]) -> tuple[str, ...]:
    """Word the question to pip: what it would use to fetch these, without what they require."""
    return ("download", "--no-deps", *(str(target.requirement) for target in names))


def target_of(text: str) -> Target:
    """Read one target; what makes no sense is a row of its own, not the end of the others."""
    path = Path(text)
    if path.exists():
        return Target(text, path=path)
    ecosystem, mark, name = text.partition(":")
    if ecosystem == "pkg" and mark:
        ecosystem, _, name = name.partition("/")
        name, _, version = unquote(name.partition("?")[0].partition("#")[0]).partition("@")
        name = f"{name}=={version}" if version else name
    elif not mark:
        ecosystem, name = "pypi", text
    if ecosystem != "pypi":
        named = Release(ecosystem, name.partition("==")[0])
        return Target(
            text, release=named, problem=f"{text}: packages of {ecosystem or 'no ecosystem'} are not judged yet"
        )
    try:
        wanted = Requirement(name)
    except InvalidRequirement:
        return Target(text, problem=f"{text}: no such file, and not a package's name")
    pins = [each.version for each in wanted.specifier if each.operator in ("==", "===")]
    release = Release("pypi", canonicalize_name(wanted.name), pins[0] if pins else None)
    return Target(text, release=release, requirement=name)


def judge_one(target: Target, session: Session, options: Options) -> Verdict:
    """Judge one target; whatever goes wrong stays in its row."""
    release = target.release or Release("pypi", target.text)
    try:
        if target.problem:
            verdict = Verdict(release, Ruling.ERROR, error=target.problem)
        elif target.path is not None:
            verdict = judge_path(target.path, session)
        else:
            verdict = judge_named(target, release, session, options)
    except GatekeeperError as problem:
        verdict = Verdict(release, Ruling.ERROR, error=problem.message)
    return replace(verdict, path=target.text, requested=True)


def judge_named(target: Target, release: Release, session: Session, options: Options) -> Verdict:
    """Judge a release by its name and, where an index may be asked, by the file that the client would choose."""
    by_name = session.reader.judge_name(release, requested=True)
    if by_name.ruling is Ruling.BLOCK:
        return by_name  # a name that rings is reported whether or not anybody has registered it
    if options.offline:
        note = Finding("not-fully-read", Severity.NOTE, Confidence.HIGH, NAME_ONLY)
        return replace(by_name, findings=(*by_name.findings, note))
    return session.judge_release(release, str(Requirement(str(target.requirement)).specifier))


def judge_path(path: Path, session: Session) -> Verdict:
    """Judge a folder or an archive where it lies."""
    if path.is_dir():
        return session.reader.judge_folder(path)
    try:
        sha256 = sha256_of(path)
    except OSError as problem:
        raise UndecidedError(f"{path} cannot be read: {problem.strerror}") from problem
    blank = Verdict(session.release_in(path.name), Ruling.ERROR)
    return session.reader.judge_artifact(path, blank, path.name, sha256)[0]
