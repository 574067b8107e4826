"""Judge what is named, and install nothing.

A target is a file, a folder, a purl (`pkg:npm/express@5.1.0`), `pypi:requests==2.32.3`, `npm:express@5.1.0` or a bare
name, which is Python's. Names are looked up on the indexes that the client itself would use, and judged by the file
that it would choose.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.model import Confidence, Finding, Release, Ruling, Severity, Verdict
from gatekeeper.registries.filenames import is_archive
from gatekeeper.sessions import ECOSYSTEMS, Sessions
from gatekeeper.waivers import waits_for_bytes
from gatekeeper.wish.hosts import shown
from gatekeeper.wish.npm_specs import Kind, read_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatekeeper.gate.options import Options
    from gatekeeper.gate.session import Session
    from gatekeeper.model import Outcome, Watcher

AT_ONCE = 8  # targets: some are fetched while others are read
NAME_ONLY = "judged by its name alone (--offline): its code was not read"
NPM_NAME = re.compile(r"(?:@[\w.~-]+/)?[\w.~-]+")


@dataclass(frozen=True, slots=True)
class Target:
    """What was handed in: a path, or a release of an ecosystem and what its client would call it."""

    text: str
    path: Path | None = None
    release: Release | None = None
    requirement: str | None = None  # for the client's command line
    wanted: str = ""  # the version specifier, or npm's version or tag
    problem: str | None = None


def judge(targets: Sequence[str], folder: Path, options: Options, watcher: Watcher) -> Outcome:
    """Judge each target, in order; one verdict each."""
    if not targets:
        raise UsageError("nothing to inspect", hint="name a file, a folder, a package or a purl")
    began = time.monotonic()
    read = [target_of(text) for target in targets for text in archives_in(target)]
    with ExitStack() as things:
        sessions = things.enter_context(Sessions(folder, options, watcher))
        for ecosystem in ECOSYSTEMS:
            named = (each for each in read if each.release and each.release.ecosystem == ecosystem)
            names = [each.requirement for each in named if each.requirement]
            if names or ecosystem == ECOSYSTEMS[0]:
                sessions.open(ecosystem, [] if options.offline else names)
        pool = ThreadPoolExecutor(AT_ONCE, "gatekeeper-inspect")
        things.callback(pool.shutdown, wait=False, cancel_futures=True)
        opened = sessions.by_ecosystem
        before = sessions.reader.deepen(list(pool.map(lambda target: judge_one(target, opened, options), read)))
        outcome = opened[ECOSYSTEMS[0]].outcome(0, before)
        remarks = sessions.remarks(outcome)
        return replace(outcome, bytes=sessions.bytes, remarks=remarks, seconds=time.monotonic() - began)


def archives_in(text: str) -> list[str]:
    """Return the archives of a folder that holds nothing else, as `pip download` leaves one; else the target itself."""
    folder = Path(text)
    try:
        inside = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError:
        inside = []  # whoever reads it says why
    if inside and all(each.is_file() and is_archive(each.name) for each in inside):
        return [str(each) for each in inside]
    return [text]


def target_of(text: str) -> Target:
    """Read one target; what makes no sense is a row of its own, not the end of the others."""
    path = Path(text)
    if path.exists():
        return Target(text, path=path)
    text = shown(text)
    ecosystem, mark, name = text.partition(":")
    version = ""
    if ecosystem == "pkg" and mark:
        ecosystem, _, name = name.partition("/")
        name, _, version = name.partition("?")[0].partition("#")[0].partition("@")
        name, version = unquote(name), unquote(version)
    elif not mark:
        ecosystem, name = "pypi", text
    if ecosystem == "npm":
        return npm_target(text, f"{name}@{version}" if version else name)
    if ecosystem != "pypi":
        named = Release(ecosystem, name.partition("==")[0])
        return Target(
            text, release=named, problem=f"{text}: packages of {ecosystem or 'no ecosystem'} are not judged yet"
        )
    return python_target(text, f"{name}=={version}" if version else name)


def python_target(text: str, name: str) -> Target:
    """Read a requirement of Python's."""
    try:
        wanted = Requirement(name)
    except InvalidRequirement:
        odd = name.partition("==")[0].strip()
        if not odd.isascii() and "/" not in odd:  # what it looks like is said when the name is judged
            return Target(text, release=Release("pypi", odd))
        return Target(text, problem=f"{text}: no such file, and not a package's name")
    pins = [each.version for each in wanted.specifier if each.operator in ("==", "===")]
    release = Release("pypi", canonicalize_name(wanted.name), pins[0] if pins else None)
    return Target(text, release=release, requirement=name, wanted=str(wanted.specifier))


def npm_target(text: str, name: str) -> Target:
    """Read a name of npm's, perhaps with one version or a tag (`==` is taken for `@`, as purls and people write it)."""
    spec = read_word(name.replace("==", "@", 1))
    if spec.kind is not Kind.REGISTRY or not NPM_NAME.fullmatch(spec.name):
        return Target(text, problem=f"{text}: no such file, and not a package's name")
    wanted = "latest" if spec.wanted == "*" else spec.version or spec.wanted
    release = Release("npm", spec.name, spec.version)
    return Target(text, release=release, requirement=f"{spec.name}@{wanted}", wanted=wanted)


def judge_one(target: Target, sessions: Mapping[str, Session], options: Options) -> Verdict:
    """Judge one target; whatever goes wrong stays in its row."""
    release = target.release or Release("pypi", target.text)
    session = sessions.get(release.ecosystem, sessions["pypi"])
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
    by_name = session.cases.malware.judge_name(release)
    through = options.through or waits_for_bytes(by_name, options.policy)
    if by_name.ruling is Ruling.BLOCK and (options.offline or not through):
        return by_name  # a name that rings is reported whether or not anybody has registered it
    if options.offline:
        note = Finding("not-fully-read", Severity.NOTE, Confidence.HIGH, NAME_ONLY)
        return replace(by_name, findings=(*by_name.findings, note))
    try:
        return session.judge_release(release, target.wanted)
    except GatekeeperError:
        if by_name.ruling is Ruling.BLOCK and not options.through:
            return by_name  # a waiver had it wait for bytes, and there are none
        raise


def judge_path(path: Path, session: Session) -> Verdict:
    """Judge a folder or an archive where it lies."""
    if path.is_dir():
        return session.reader.judge_folder(path, session.reader.npm_release_in(path, path.name), later=True)
    return session.judge_file(path)
