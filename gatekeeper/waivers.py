"""Exceptions: which findings a waiver excuses, and what the waivers did in a run. Pure.

A waiver excuses the findings of one check about one release in one artifact, whichever part of us found them: every
finding comes into a verdict through `added`, which knows the artifact.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from gatekeeper.model import Confidence, Finding, Ruling, Severity, When
from gatekeeper.policy import HOOK, NEVER_EXCUSED, UNDECIDED, rule_on, ruling_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gatekeeper.model import Release, Verdict
    from gatekeeper.policy import Policy, Waiver

# A waiver of this check opens a source, which the gate then fetches and judges itself (gate/foreign.py). For a package
# that asks for one it excuses that its bytes ask; what the gate sees beside them (gate/npm.py) only the person opens.
OPENS = "ungated-source"
SOON = 14  # days before a waiver expires in which reports say so
UNREAD = "a waiver lets it through unread: nobody has judged what its code does"
LOUD = {
    "known-malware": "EXCEPTION: recorded as malware, and let through because a waiver says so",
    UNDECIDED: "EXCEPTION: could not be read, and let through unread because a waiver says so",
}


def excuse(waiver: Waiver) -> str:
    """Spell what a report shows beside a finding that a waiver excuses."""
    return f"{waiver.reason} ({waiver.author}, until {waiver.expires})"


def counts(waiver: Waiver) -> bool:
    """Say whether a waiver excuses anything at all: some checks are excused only in so many words."""
    return waiver.even or waiver.check not in NEVER_EXCUSED


def with_waivers(
    findings: Iterable[Finding], release: Release, sha256: str | None, policy: Policy
) -> tuple[Finding, ...]:
    """Mark the findings that a waiver excuses: those of its release, check and bytes, and no other."""
    excused = {each.check: excuse(each) for each in _holding(release, sha256, policy)}
    return tuple(
        replace(finding, waived=excused[finding.check])
        if finding.check in excused and finding.waived is None
        else finding
        for finding in findings
    )


def added(verdict: Verdict, findings: Iterable[Finding], policy: Policy, sha256: str | None = None) -> Verdict:
    """Add findings to a verdict, excused as far as waivers for its artifact go; a ruling only becomes stricter.

    `sha256` stands for what is judged and is no artifact: a file of the repository.
    """
    digest = sha256 if verdict.artifact is None else verdict.artifact.sha256
    found = with_waivers(findings, verdict.release, digest, policy)
    ruling = max(verdict.ruling, ruling_of(found, policy))
    return replace(verdict, ruling=ruling, findings=(*verdict.findings, *found))


def without_sources(policy: Policy) -> Policy:
    """Return a policy in which no waiver opens a source."""
    return replace(policy, waivers=tuple(each for each in policy.waivers if each.check != OPENS))


def unread(verdict: Verdict, policy: Policy) -> Verdict:
    """Rule on an artifact whose bytes are here and cannot be read: ERROR, unless a waiver lets it through unread.

    The error is told all the same. A fault that is not about these bytes is none of this function's business.
    """
    sha256 = None if verdict.artifact is None else verdict.artifact.sha256
    excused = [each for each in _holding(verdict.release, sha256, policy) if each.check == UNDECIDED]
    if not excused:
        return replace(verdict, ruling=max(verdict.ruling, Ruling.ERROR), unread=True)
    found = Finding(UNDECIDED, Severity.HIGH, Confidence.HIGH, UNREAD, waived=excuse(excused[-1]))
    return replace(verdict, findings=(found, *verdict.findings), unread=True)


def waits_for_bytes(verdict: Verdict, policy: Policy) -> bool:
    """Say whether a block that a name alone earns has to wait for the bytes.

    It has when waivers name the package and each check that blocks it. Whether they excuse it is seen then.
    """
    release = verdict.release
    named = {
        each.check
        for each in policy.waivers
        if counts(each) and release.purl in {each.release, package_of(each.release)}
    }
    blocking = {each.check for each in verdict.findings if rule_on(each, policy) is Ruling.BLOCK}
    return bool(blocking) and blocking <= named


def any_for(release: Release, check: str, policy: Policy) -> bool:
    """Say whether any waiver is for this check about this release, whatever the bytes."""
    return any(each.check == check and each.release == release.purl for each in policy.waivers)


def hosts_for(release: Release, sha256: str | None, policy: Policy) -> tuple[str, ...]:
    """Return the hosts that waivers open for a release's hook."""
    return tuple(host for each in _holding(release, sha256, policy) for host in each.hosts)


def is_waived(release: Release, sha256: str | None, policy: Policy) -> bool:
    """Say whether any waiver is for these bytes of this release."""
    return any(_holding(release, sha256, policy))


def asking(verdict: Verdict, policy: Policy) -> tuple[str, ...]:
    """Return the checks that put the question which a verdict is."""
    asked = [each for each in verdict.findings if rule_on(each, policy) is Ruling.ASK]
    if not asked:  # a program whose commands run at once: nobody has a look in between
        at_once = (each for each in verdict.findings if each.when is When.COMMAND)
        asked = [each for each in at_once if rule_on(replace(each, when=When.IMPORT), policy) is not Ruling.ALLOW]
    return tuple(dict.fromkeys(each.check for each in asked))


def package_of(purl: str) -> str:
    """Return a purl without its version."""
    return purl.partition("@")[0]


def _holding(release: Release, sha256: str | None, policy: Policy) -> Iterator[Waiver]:
    return (
        each
        for each in policy.waivers
        if each.release == release.purl and each.sha256 == sha256 and sha256 is not None and counts(each)
    )


# --- what is told of them -------------------------------------------------------------------------------------------


def told(
    verdicts: Iterable[Verdict], policy: Policy, today: str, expects: Callable[[Waiver], bool] = lambda _: False
) -> list[str]:
    """Say which waivers excused something in a run, and which of those for its packages did not, and why.

    `today` is an ISO date; `expects` says of which waivers the package should be in the run, and is missed.
    """
    if not policy.waivers:
        return []
    verdicts = list(verdicts)
    rows: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        rows[package_of(verdict.release.purl)].append(verdict)
    said = [
        line
        for each in dict.fromkeys(policy.waivers)
        if (line := _line(each, rows.get(package_of(each.release), []), policy, today, expects(each)))
    ]
    return sorted(said, key=lambda line: not line.startswith("EXCEPTION"))  # what is loud comes first


def _line(waiver: Waiver, rows: list[Verdict], policy: Policy, today: str, is_missed: bool) -> str:
    if (use := _use(waiver, rows, policy)) is not None:
        return f"{use} {_named(waiver)}: {excuse(waiver)}{_ending(waiver, today)}{_at(waiver)}"
    why = _unused(waiver, rows) if rows else "its package is not there" if is_missed else ""
    return f"unused waiver for {_named(waiver)}: {why}{_at(waiver)}" if why else ""


def _use(waiver: Waiver, rows: Iterable[Verdict], policy: Policy) -> str | None:
    """Say what a waiver was used for; None for nothing."""
    mine = [each for each in rows if each.release.purl == waiver.release and _may_be_its(waiver, each)]
    if any(each.check == waiver.check and each.waived == excuse(waiver) for row in mine for each in row.findings):
        return LOUD.get(waiver.check, "waived:")
    if any(row.artifact is not None for row in mine) and waiver.hosts:
        return f"its install hook may reach {', '.join(waiver.hosts)}:"
    if any(row.artifact is not None for row in mine) and (policy.hooks == "waived" or waiver.check == HOOK):
        return "its install hook may run:"
    return None


def _may_be_its(waiver: Waiver, row: Verdict) -> bool:
    """Say whether a row may be about a waiver's bytes: commits and files of the repository tell no digest."""
    return row.artifact is None or row.artifact.sha256 == waiver.sha256


def _unused(waiver: Waiver, rows: Iterable[Verdict]) -> str:
    """Say why a waiver for a package that was judged excused nothing; empty where no bytes of it were seen."""
    bare = waiver.release == package_of(waiver.release)  # a source, or a file of the repository
    seen = [each for each in rows if each.artifact is not None or (bare and each.error is None)]
    same = [each for each in seen if each.release.purl == waiver.release]
    mine = [each for each in same if _may_be_its(waiver, each)]
    if any(each.check == waiver.check for row in mine for each in row.findings) and mine[0].artifact is None:
        return "other bytes: it has changed since"
    if mine:
        return "could be removed, the check found nothing"
    if same and same[0].artifact is not None:
        return f"other bytes, its file has sha256 {same[0].artifact.sha256}"
    others: Mapping[str, None] = dict.fromkeys(str(each.release.version) for each in seen)
    return f"other version, {', '.join(others)}" if others else ""


def _named(waiver: Waiver) -> str:
    return f"{waiver.release} ({waiver.check})"


def _ending(waiver: Waiver, today: str) -> str:
    days = (date.fromisoformat(waiver.expires) - date.fromisoformat(today)).days
    if days >= SOON:
        return ""
    return "; it expires today" if days <= 0 else f"; it expires in {days} day{'s' if days > 1 else ''}"


def _at(waiver: Waiver) -> str:
    return f" [{waiver.place}]" if waiver.place else ""
