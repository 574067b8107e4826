"""Whose install hooks run apart from the rest: those that a waiver lets reach a host, or only waived ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.policy import Policy, hosts_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatekeeper.model import Verdict


@dataclass(frozen=True, slots=True)
class Apart:
    """Names whose hooks run together inside the closed fence, and those that run alone with hosts opened."""

    closed: tuple[str, ...] = ()
    alone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Any]:
        """Say it to the client's process."""
        return {"closed": list(self.closed), "alone": list(self.alone)}


def apart(hooked: Sequence[Verdict], policy: Policy) -> Apart:
    """Sort the releases that run something when they are installed."""
    alone = {
        verdict.release.name: hosts
        for verdict in hooked
        if (hosts := hosts_for(verdict.release, verdict.artifact.sha256 if verdict.artifact else None, policy))
    }
    closed = [
        verdict.release.name
        for verdict in hooked
        if verdict.release.name not in alone and (policy.hooks != "waived" or _is_waived(verdict, policy))
    ]
    return Apart(tuple(dict.fromkeys(closed)), alone)


def _is_waived(verdict: Verdict, policy: Policy) -> bool:
    sha256 = verdict.artifact.sha256 if verdict.artifact else None
    return any(each.release == verdict.release.purl and each.sha256 == sha256 for each in policy.waivers)
