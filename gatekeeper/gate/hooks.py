"""Whose install hooks run apart from the rest: those that a waiver lets reach a host, or only waived ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.policy import HOOK, HOOK_WORDS
from gatekeeper.waivers import hosts_for, is_waived

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from gatekeeper.model import Verdict
    from gatekeeper.policy import Policy


@dataclass(frozen=True, slots=True)
class Apart:
    """Names whose hooks run together inside the closed fence, and those that run alone with hosts opened."""

    closed: tuple[str, ...] = ()
    alone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()  # on hooks that do not run

    @property
    def told(self) -> dict[str, Any]:
        """Say it to the client's process."""
        return {"closed": list(self.closed), "alone": list(self.alone)}


def may_run_apart(policy: Policy) -> bool:
    """Say whether any hooks may have to run apart from the installation."""
    return policy.hooks != HOOK_WORDS[0] or any(waiver.hosts for waiver in policy.waivers)


def apart(hooked: Sequence[Verdict], policy: Policy) -> Apart:
    """Sort the releases that run something when they are installed."""
    alone = {
        verdict.release.name: hosts
        for verdict in hooked
        if (hosts := hosts_for(verdict.release, verdict.artifact.sha256 if verdict.artifact else None, policy))
    }
    rest = [verdict for verdict in hooked if verdict.release.name not in alone]
    closed = [each.release.name for each in rest if policy.hooks != "waived" or _is_waived(each, policy)]
    return Apart(tuple(dict.fromkeys(closed)), alone, tuple(_left_out(hooked, {*closed, *alone}, policy)))


def _left_out(hooked: Sequence[Verdict], running: Collection[str], policy: Policy) -> Iterator[str]:
    """Say which hooks do not run because of the policy, and what to do about it."""
    if policy.hooks == HOOK_WORDS[0]:
        return
    for verdict in dict.fromkeys(hooked):
        if policy.hooks == "none":
            yield f"the install hook of {verdict.release} does not run: the policy runs none"
        elif verdict.release.name not in running:
            how = f"gatekeeper allow {verdict.release.purl} --check {HOOK} --reason ..."
            yield f"the install hook of {verdict.release} does not run: the policy runs waived ones only ({how})"


def _is_waived(verdict: Verdict, policy: Policy) -> bool:
    sha256 = verdict.artifact.sha256 if verdict.artifact else None
    return is_waived(verdict.release, sha256, policy)
