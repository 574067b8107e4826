"""The other story: judge what lock files and manifests name, and install nothing.

Read the files; where a revision is given, keep what is new or changed since then; ask the clients which indexes they
would use; judge every release that is left, and what is odd about how the files name it.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from gatekeeper.errors import GatekeeperError, UndecidedError, UpstreamError
from gatekeeper.gate.answers import unattended
from gatekeeper.gate.locked import UNREACHABLE, LockJudge, is_unreachable
from gatekeeper.lockfiles import JUDGED, key_of, pairs
from gatekeeper.model import Notice, Outcome, Release, Ruling, Verdict
from gatekeeper.sessions import ECOSYSTEMS, Sessions
from gatekeeper.wish import Named
from gatekeeper.wish.hosts import netloc_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gatekeeper.gate.options import Options
    from gatekeeper.lockfiles import Changed, Pair
    from gatekeeper.model import Watcher
    from gatekeeper.tree import Tree
    from gatekeeper.wish import Locked, Wish

AT_ONCE = 16  # releases: some are fetched while others are read


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that has to be judged, and what is odd about how its file names it."""

    changed: Changed
    notices: tuple[Notice, ...] = ()
    by_name: bool = False  # a lock beside it settles the version

    @property
    def locked(self) -> Locked:
        """The entry as its file has it now."""
        return self.changed.locked


def check(tree: Tree, paths: Sequence[Path], options: Options, watcher: Watcher) -> Outcome:
    """Judge what the files name; raise `UndecidedError` when there is nothing to judge, or a file cannot be read."""
    began = time.monotonic()
    files = tree.files(paths)
    if not files and not tree.compares:
        raise UndecidedError("no lock file and no manifest was found", hint="name one, or the folder that it lies in")
    found = list(pairs(files, tree.opened, tree.before if tree.compares else None, tree.beside))
    with ExitStack() as things:
        sessions = things.enter_context(Sessions(tree.top, knowing(options, found), watcher))
        changed = [(pair, pair.changed()) for pair in found]
        open_sessions(sessions, [each.locked for _, entries in changed for each in entries])
        hosts = hosts_of(sessions, options)
        pool = ThreadPoolExecutor(AT_ONCE, "gatekeeper-check")
        things.callback(pool.shutdown, wait=False, cancel_futures=True)
        odd = [pair.odd(hosts) for pair in found]
        entries = [
            Entry(each, (*each.notices, *about.get(key_of(each.locked), ())), pair.locked)
            for (pair, some), (_, about) in zip(changed, odd, strict=True)
            for each in some
        ]
        verdicts = sessions.reader.deepen(list(pool.map(lambda entry: judged(entry, sessions), entries)))
        remarks = [line for entry, verdict in zip(entries, verdicts, strict=True) for line in steps(entry, verdict)]
        # A manifest beside a lock names what the lock settles: it is worth a row only when the name itself is odd.
        verdicts = [
            each for entry, each in zip(entries, verdicts, strict=True) if not (entry.by_name and is_clean(each))
        ]
        for pair, (about_file, _) in zip(found, odd, strict=True):
            verdicts += about_files(pair, about_file, hosts, sessions)
        verdicts += about_workflows(tree, sessions, rides=bool(entries))
        verdicts = [unattended(verdict, options.policy) for verdict in verdicts]
        outcome = Outcome(
            max((verdict.ruling for verdict in verdicts), default=Ruling.ALLOW),
            tuple(verdicts),
            remarks=tuple(dict.fromkeys((*tree.remarks, *remarks))),
            bytes=sessions.bytes,
            ruleset=sessions.reader.ruleset,
        )
        return replace(outcome, remarks=sessions.remarks(outcome), seconds=time.monotonic() - began)


def open_sessions(sessions: Sessions, entries: Sequence[Locked]) -> None:
    """Ask each client that the entries concern what it would use."""
    for ecosystem in ECOSYSTEMS:
        ours = [each for each in entries if each.release.ecosystem == ecosystem]
        if ours:
            sessions.try_to_open(ecosystem, [ours[0].release.name], partial(about, ours))


def about(entries: Sequence[Locked], wish: Wish) -> Wish:
    """Let a session prepare for the entries instead of for what the client was asked about."""
    named = tuple(
        Named(each.release.name, f"=={each.release.version}" if each.release.version else each.specifier, each.place)
        for each in entries
        if each.kind == "index"
    )
    settled = frozenset((each.release.name, each.release.version) for each in entries if each.release.version)
    return replace(wish, named=named, ahead=(), settled=settled)


def knowing(options: Options, found: Sequence[Pair]) -> Options:
    """Return options under which the registry of each file is asked about once, and not with every entry."""
    usual = (host for pair in found if (host := pair.usual_host()) is not None)
    hosts = tuple(dict.fromkeys((*options.policy.package_hosts, *usual)))
    return replace(options, policy=replace(options.policy, package_hosts=hosts))


def hosts_of(sessions: Sessions, options: Options) -> frozenset[str]:
    """Return the hosts that may serve packages without a remark: the clients' own, the configured, the policy's."""
    configured = (
        address
        for wish in sessions.wishes.values()
        for address in (*wish.defaults, *(source.location for source in wish.sources))
    )
    return frozenset({*map(netloc_of, configured), *options.policy.package_hosts} - {""})


def about_files(pair: Pair, odd: Sequence[Notice], hosts: frozenset[str], sessions: Sessions) -> Iterator[Verdict]:
    """Yield what is odd about a file as such, and was not so before."""
    known = {notice.detail for notice in replace(pair, now=pair.then).odd(hosts)[0]} if odd and pair.then else set()
    notices = tuple(notice for notice in odd if notice.detail not in known)
    if notices:
        verdict = sessions.reader.judge_notices(Release("generic", pair.now.file), notices)
        yield replace(verdict, path=pair.now.file, place=notices[0].place)


def about_workflows(tree: Tree, sessions: Sessions, *, rides: bool) -> Iterator[Verdict]:
    """Yield what a change brings to the files that run in continuous integration, wherever they lie.

    A new file is held against those of its kind that went away, since it may be one of them under another name.
    """
    kinds = sessions.reader.workflows_among(tree.changed) if tree.compares else {}
    now = {path: tree.content(path) for path in kinds}
    then = {path: tree.before(path) for path in kinds}
    for path, content in now.items():
        if content is not None:
            gone = (then[each] for each, kind in kinds.items() if now[each] is None and kind == kinds[path])
            before = [then[path]] if then[path] is not None else list(gone)
            yield sessions.reader.judge_workflow(path, content, [each for each in before if each], rides=rides)


def judged(entry: Entry, sessions: Sessions) -> Verdict:
    """Judge one entry; whatever goes wrong stays in its row."""
    locked = entry.locked
    try:
        verdict = released(entry, sessions)
    except UpstreamError as problem:
        verdict = unreachable(entry, sessions, problem)
    except GatekeeperError as problem:
        verdict = Verdict(locked.release, Ruling.ERROR, error=problem.message)
    return replace(
        verdict, requested=locked.direct is not False, via=locked.wanted_by, path=locked.place.file, place=locked.place
    )


def released(entry: Entry, sessions: Sessions) -> Verdict:
    """Judge the release of an entry by its file, or by its name where it has none that a gate could see."""
    locked, ecosystem = entry.locked, entry.locked.release.ecosystem
    if ecosystem not in JUDGED:
        return sessions.reader.judge_notices(locked.release, entry.notices)
    if ecosystem in sessions.faults:
        raise sessions.faults[ecosystem]
    session = sessions.by_ecosystem[ecosystem]
    judge = LockJudge(session)
    if locked.kind != "index" or entry.by_name or sessions.options.offline:
        return judge.joined(session.cases.malware.judge_name(locked.release), entry.notices)
    if locked.release.version is None:
        return judge.joined(session.judge_release(locked.release, locked.specifier), entry.notices)
    verdict = judge.joined(judge.verdict(locked), entry.notices)
    before = entry.changed.before
    return judge.compared(verdict, locked, before) if before and before.release != locked.release else verdict


def unreachable(entry: Entry, sessions: Sessions, problem: UpstreamError) -> Verdict:
    """Rule on a release whose index has no answer: by its name alone, if that is refused whoever serves it.

    An index of the person's own that cannot be reached from here is a question, everything else undecided.
    """
    by_name = sessions.by_ecosystem[entry.locked.release.ecosystem].cases.malware.judge_name(entry.locked.release)
    if by_name.ruling is Ruling.BLOCK:
        return by_name
    wish = sessions.wishes.get(entry.locked.release.ecosystem)
    defaults = frozenset(netloc_of(each) for each in wish.defaults) if wish else frozenset()
    if not is_unreachable(problem, entry.locked, defaults):
        return Verdict(entry.locked.release, Ruling.ERROR, error=problem.message)
    notice = Notice(UNREACHABLE, problem.message, entry.locked.place)
    return sessions.reader.judge_notices(entry.locked.release, (*entry.notices, notice))


def is_clean(verdict: Verdict) -> bool:
    """Say whether there is nothing to tell of a verdict."""
    return verdict.ruling is Ruling.ALLOW and not verdict.findings


def steps(entry: Entry, verdict: Verdict) -> Iterator[str]:
    """Say of a changed release what came with the change, when it is nothing."""
    before = entry.changed.before
    if before is None or before.release.version in (None, verdict.release.version) or verdict.artifact is None:
        return
    if verdict.unread:
        return
    if not any(finding.check == "new-since-last" for finding in verdict.findings):
        yield f"{verdict.release.name} {before.release.version} -> {verdict.release.version}: nothing new"
