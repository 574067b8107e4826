"""Write waivers down: for what was judged just now, with the digest of what was judged."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gatekeeper import audit
from gatekeeper.errors import GatekeeperError, UndecidedError, UsageError
from gatekeeper.model import Ruling, Verdict
from gatekeeper.policy import HOOK, NEVER_EXCUSED, UNDECIDED, Policy, Waiver, rule_on
from gatekeeper.settings import load, trust, user_file
from gatekeeper.settings._demands import demand, demand_hosts
from gatekeeper.settings._waivers import EVEN, last_day, spelled
from gatekeeper.settings.waiver_file import write
from gatekeeper.waivers import OPENS, added, asking

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

USUAL_DAYS, MOST_DAYS = 90, 366
SOURCES = "for a source itself add --sha256: the archive's SHA-256, or the commit's full id"
DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Order:
    """What the person wants excused, and why; `even` are the checks that are excused in so many words only."""

    target: str
    checks: tuple[str, ...]
    reason: str
    author: str
    expires: str  # an ISO date
    sha256: str | None = None
    hosts: tuple[str, ...] = ()
    even: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Into:
    """The policy file that takes a waiver: the one that `--policy` named, or the folder's own."""

    path: Path
    folder: Path
    known_checks: Collection[str]
    named: bool = False


# --- what is ordered ------------------------------------------------------------------------------------------------


def sound(order: Order, known_checks: Collection[str]) -> Order:
    """Return an order in which everything is well-formed; raise UsageError, before anything is fetched, for another."""
    for check in order.checks:
        demand(check, (*known_checks, UNDECIDED, HOOK), "unknown check")
    _demand_words(order)
    reason, author = " ".join(order.reason.split()), " ".join(order.author.split())
    for option, words in (("--reason", reason), ("--author", author)):
        if not words or not words.isprintable():
            raise UsageError(f"{option} must be a text that others can read", hint="write why, and who says so")
    if order.sha256 is not None and not DIGEST.fullmatch(order.sha256):
        raise UsageError(f"--sha256 {order.sha256} is no digest", hint="write 64 hexadecimal digits in lower case")
    demand_hosts(list(order.hosts), "--host: --host")
    return replace(order, reason=reason, author=author, checks=tuple(dict.fromkeys(order.checks)))


def _demand_words(order: Order) -> None:
    for check, key in EVEN.items():
        if check in order.checks and check not in order.even:
            raise UsageError(
                f"a waiver excuses {check} only in so many words",
                hint=f"if you know better than what was found, add --{key}",
            )
        if check in order.even and check not in order.checks:
            raise UsageError(f"--{key} goes with --check {check}", hint="leave it out, or name the check")


def expiry(said: str | None, today: date) -> str:
    """Return the last day of a waiver as an ISO date: at most a year from now, 90 days where nothing is said."""
    if said is None:
        return (today + timedelta(USUAL_DAYS)).isoformat()
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise UsageError(
            f"--expires {said} is no date", hint=f"write it like {today + timedelta(USUAL_DAYS)}"
        ) from None
    if day.isoformat() < last_day():
        raise UsageError(f"--expires {said} is past", hint="a waiver holds until the end of its day")
    if (day - today).days > MOST_DAYS:
        latest = today + timedelta(MOST_DAYS)
        raise UsageError(
            f"--expires {said} is more than a year away",
            hint=f"{latest} is the latest; the same command renews it when you have looked again",
        )
    return day.isoformat()


def author_here(folder: Path) -> str:
    """Return who says so: whom git knows as the author of commits here, else the user of this machine."""
    from gatekeeper.history.git import Git

    if program := shutil.which("git"):
        git = Git(program, folder)
        try:
            name, mail = (git.call("config", key).stdout.strip() for key in ("user.name", "user.email"))
        except UndecidedError:
            name = mail = ""
        if name or mail:
            return f"{name} <{mail}>" if name and mail else name or mail
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # nobody has a name for this user
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"


# --- what it is about -----------------------------------------------------------------------------------------------


def seen(order: Order, judge: Callable[[str], Verdict]) -> Verdict:
    """Judge what an order is about; return the verdict with the findings alone that it excuses.

    Raises UsageError for a check that found nothing, UndecidedError for a release of which there is no file.
    """
    verdict = judge(order.target)
    if verdict.artifact is None or verdict.release.version is None or (verdict.error and not verdict.unread):
        why = verdict.error or "there is no released file of it"
        raise UndecidedError(
            f"{verdict.release} was not judged by its bytes, so there is nothing to excuse: {why}",
            hint="a waiver names the digest of what somebody looked at; --sha256 gives one without judging",
        )
    found = dict.fromkeys(each.check for each in verdict.findings) | ({UNDECIDED: None} if verdict.unread else {})
    for check in order.checks:
        if check not in found and not (check == HOOK and verdict.release.ecosystem == "npm"):
            raise UsageError(
                f"{check} found nothing in {verdict.release}: there is nothing to excuse",
                hint=SOURCES if check == OPENS else f"what was found: {', '.join(found) or 'nothing'}",
            )
    return verdict


def about(verdict: Verdict, checks: Collection[str], policy: Policy) -> Verdict:
    """Return a verdict with nothing but what is to be excused, as it would be without any waiver."""
    found = (
        replace(each, waived=None) for each in verdict.findings if each.check in checks and each.check != UNDECIDED
    )
    blank = replace(verdict, ruling=Ruling.ERROR if UNDECIDED in checks else Ruling.ALLOW, findings=())
    return added(blank, found, replace(policy, waivers=()))


def still_standing(verdict: Verdict, checks: Collection[str], policy: Policy) -> list[str]:
    """Return the checks that hold a release back whatever is excused about others."""
    found = {
        each.check: None
        for each in verdict.findings
        if each.check not in checks and rule_on(each, policy) is not Ruling.ALLOW
    }
    undecided = verdict.unread and verdict.ruling is Ruling.ERROR and UNDECIDED not in checks
    return [*found, *([UNDECIDED] if undecided else [])]


def named(order: Order) -> str:
    """Return the purl of a release that is excused by its digest alone; raise UsageError when none is named."""
    if order.target.startswith("pkg:generic/"):
        return order.target
    from gatekeeper.inspect import target_of

    read = target_of(order.target)
    if read.path is not None or read.release is None or read.problem:
        raise UsageError(f"{order.target} names no release", hint="with --sha256 write one, like npm:x@1.0 or x==1.0")
    if read.release.version is None and OPENS not in order.checks:
        raise UsageError(f"{order.target} names no version", hint="with --sha256 write one, like npm:x@1.0 or x==1.0")
    return spelled(read.release.purl)


# --- what is written ------------------------------------------------------------------------------------------------


def allow(order: Order, purl: str, sha256: str, into: Into) -> list[str]:
    """Write an order's waivers for these bytes; return what is to be said of it, the blocks first."""
    waivers = [
        Waiver(
            purl, check, sha256, order.reason, order.author, order.expires,
            hosts=order.hosts if check == order.checks[0] else (), even=check in NEVER_EXCUSED,
        )
        for check in order.checks
    ]  # fmt: skip
    audit.note_waivers(_policy(into), audit.Run("gatekeeper", "allow", into.folder), waivers, into.path)
    if not into.named and into.path != user_file() and into.path.is_symlink():
        raise UsageError(f"{into.path} is a link, and may lead anywhere", hint="--policy names the file that is meant")
    change = write(into.path, waivers, into.known_checks)
    if not into.named and into.path != user_file() and _is_ours(into.path, change.before):
        trust.trust(into.path, change.content)
    return [f"written to {into.path}:", "", *"\n".join(change.blocks).splitlines(), "", *_counting(waivers, into)]


def _policy(into: Into) -> Policy:
    """Return the policy that holds before anything is written."""
    return load(into.folder, into.path if into.named and into.path.exists() else None, into.known_checks).policy


def _is_ours(path: Path, before: bytes | None) -> bool:
    """Say whether the person trusted what the file said just before, or it said nothing."""
    known = trust.trusted()[0].get(trust.key_of(path))
    return before is None or (known is not None and known.digest == trust.digest_of(path, before))


def _counting(waivers: Collection[Waiver], into: Into) -> list[str]:
    """Say whether the waivers count from now on, by reading the policy as every run does."""
    found = load(into.folder, into.path if into.named else None, into.known_checks)
    holding = {replace(each, place="") for each in found.policy.waivers}
    if holding.issuperset(waivers):
        until = max(each.expires for each in waivers)
        return [f"it counts until {until}" + (f", where --policy {into.path} is given" if into.named else "")]
    mine = [each for each in found.remarks if any(waiver.release in each for waiver in waivers)]
    return [f"it does not count yet: {why}" for why in mine or found.remarks or ("another file decides",)]


@dataclass(frozen=True, slots=True)
class Keeper:
    """Writes a waiver for what a person has just said yes to, into their own file, where no package can write."""

    policy: Policy
    folder: Path
    known_checks: Collection[str]

    def offers(self, verdict: Verdict) -> bool:
        """Say whether a waiver can answer the same question next time."""
        checks = asking(verdict, self.policy)
        has_bytes = verdict.artifact is not None and verdict.release.version is not None
        return has_bytes and bool(checks) and NEVER_EXCUSED.isdisjoint(checks) and not verdict.unread

    def keep(self, verdict: Verdict, reason: str) -> str:
        """Write it down; return one line that says so, or why that could not be."""
        assert verdict.artifact is not None
        until = expiry(None, date.today())  # noqa: DTZ011 - the person's own calendar
        checks = asking(verdict, self.policy)
        order = Order(str(verdict.release), checks, reason, author_here(self.folder), until)
        into = Into(user_file(), self.folder, self.known_checks)
        try:
            order = sound(order, self.known_checks)
            *_, last = allow(order, verdict.release.purl, verdict.artifact.sha256, into)
        except GatekeeperError as problem:
            return f"no waiver was written: {problem.message}"
        return f"waiver written to {into.path}: {last}"
