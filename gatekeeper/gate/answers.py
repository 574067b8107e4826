"""Questions and what comes of them: who answers, and what an answer does to a verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.model import Finding, Ruling, Verdict, When
from gatekeeper.policy import allows_unattended, ruling_of
from gatekeeper.waivers import added, without_sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gatekeeper.model import Watcher
    from gatekeeper.policy import Policy


def started(findings: Iterable[Finding], policy: Policy) -> Ruling:
    """Rule on a package whose command runs as soon as it is installed: nobody has a look in between."""
    return ruling_of(
        (replace(each, when=When.IMPORT) if each.when is When.COMMAND else each for each in findings), policy
    )


def joined(verdict: Verdict, more: Verdict, policy: Policy) -> Verdict:
    """Add to a verdict what else speaks against its release, as far as no waiver for its artifact excuses that.

    A source that it leads to is not excused so: the digest says nothing about what lies there.
    """
    return added(verdict, more.findings, without_sources(policy))


def answered(verdict: Verdict, watcher: Watcher, policy: Policy) -> Verdict:
    """Put a question to the person: yes allows, no blocks; where nobody is there, the policy may have answered."""
    if verdict.ruling is not Ruling.ASK:
        return verdict
    answer = watcher.answer(verdict)
    if answer is None:
        return unattended(verdict, policy)
    return said_yes(verdict) if answer else replace(verdict, ruling=Ruling.BLOCK)


def unattended(verdict: Verdict, policy: Policy) -> Verdict:
    """Return what comes of a question where nobody is there: what the policy's [ask] says of it."""
    allowed = verdict.ruling is Ruling.ASK and allows_unattended(verdict.findings, policy)
    return said_yes(verdict, "the policy's [ask] says allow") if allowed else verdict


def said_yes(verdict: Verdict, why: str = "the person said yes") -> Verdict:
    """Allow what was a question; a block or an error is none."""
    if verdict.ruling is not Ruling.ASK:
        return verdict
    findings: tuple[Finding, ...] = tuple(replace(each, waived=each.waived or why) for each in verdict.findings)
    return replace(verdict, ruling=Ruling.ALLOW, findings=findings)
