"""Whose install hooks run apart from the rest: those that a waiver lets reach a host, or only waived ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.policy import HOOK, HOOK_WORDS
from gatekeeper.waivers import hosts_for, is_waived

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.model import Verdict
    from gatekeeper.policy import Policy


@dataclass(frozen=True, slots=True)
class Apart:
    """Folders whose hooks run together inside the closed fence, and those that run alone with hosts opened.

    By folder, as the lock spells it: of one name there may be several versions, and another package under an alias.
    """

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


def apart(hooked: Mapping[str, Verdict], policy: Policy) -> Apart:
    """Sort the releases that run something when they are installed, by their folders."""
    alone = {
        folder: hosts
        for folder, verdict in hooked.items()
        if (hosts := hosts_for(verdict.release, verdict.artifact.sha256 if verdict.artifact else None, policy))
    }
    rest = {folder: verdict for folder, verdict in hooked.items() if folder not in alone}
    closed = [folder for folder, each in rest.items() if policy.hooks != "waived" or _is_waived(each, policy)]
    running = {*closed, *alone} if policy.hooks != "none" else set()
    left = [verdict for folder, verdict in hooked.items() if folder not in running]
    return Apart(tuple(closed), alone, tuple(_left_out(left, policy)))


def _left_out(verdicts: Sequence[Verdict], policy: Policy) -> Iterator[str]:
    """Say of hooks that they do not run because of the policy, and what to do about it."""
    for verdict in dict.fromkeys(verdicts):
        if policy.hooks == "none":
            yield f"the install hook of {verdict.release} does not run: the policy runs none"
        else:
            how = f"gatekeeper allow {verdict.release.purl} --check {HOOK} --reason ..."
            yield f"the install hook of {verdict.release} does not run: the policy runs waived ones only ({how})"


def _is_waived(verdict: Verdict, policy: Policy) -> bool:
    sha256 = verdict.artifact.sha256 if verdict.artifact else None
    return is_waived(verdict.release, sha256, policy)
