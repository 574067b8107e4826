"""A verdict on its way to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling

if TYPE_CHECKING:
    from gatekeeper.gate.cases import Cases
    from gatekeeper.model import Notice, Release, Verdict


class RefusedError(Exception):
    """A verdict that the client has to hear now."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict."""
        super().__init__(str(verdict.release))
        self.verdict = verdict


def refuse(cases: Cases, release: Release, notice: Notice) -> None:
    """Raise `RefusedError` for a name that nobody may serve, unless the policy thinks nothing of it."""
    verdict = cases.reader.judge_notices(release, (notice,), requested=release.name not in cases.wanted_by)
    if verdict.ruling is not Ruling.ALLOW:
        cases.verdicts[f"origin of {release.name}"] = verdict
        raise RefusedError(verdict)
