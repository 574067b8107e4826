"""What is said of a release where each thing said stands for itself: its rule, its level and its sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports._words import REFUSED, worst_first

if TYPE_CHECKING:
    from gatekeeper.model import Finding, Outcome, Verdict

UNDECIDED = "could-not-decide"  # the rule of releases that could not be judged
REFUSAL = "not-allowed"  # the rule of releases that were refused although no finding says why
# What is excused in so many words only: it was let through, and is never said quietly.
LOUD = frozenset({"known-malware", UNDECIDED})
EXCEPTION = "EXCEPTION:"  # how a remark about it begins
LEVELS = ("note", "warning", "error")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said of one release; `level` is note, warning or error."""

    verdict: Verdict
    rule: str
    level: str
    message: str
    finding: Finding | None = None


def said(verdict: Verdict) -> list[Said]:
    """List everything there is to say of a release, the worst first; a release that was not allowed is never silent."""
    highest = max((each.severity for each in verdict.findings if each.waived is None), default=None)
    found = [
        Said(verdict, each.check, _level(verdict.ruling, each, highest), each.message, each)
        for each in worst_first(verdict.findings)
    ]
    found.sort(key=lambda each: -LEVELS.index(each.level))
    if verdict.error is not None or verdict.ruling is Ruling.ERROR:
        level = "warning" if verdict.ruling is Ruling.ALLOW else "error"
        found.insert(0, Said(verdict, UNDECIDED, level, verdict.error or REFUSED[Ruling.ERROR]))
    elif verdict.ruling is not Ruling.ALLOW and not any(each.level == ruled(verdict.ruling) for each in found):
        found.insert(0, Said(verdict, REFUSAL, ruled(verdict.ruling), REFUSED[verdict.ruling]))
    return found


def everything(outcome: Outcome) -> list[Said]:
    """List what is said of all releases, the worst first."""
    return sorted(
        (each for verdict in outcome.verdicts for each in said(verdict)),
        key=lambda each: (-LEVELS.index(each.level), -each.verdict.ruling),
    )


def is_exception(finding: Finding) -> bool:
    """Say whether a finding was excused although waivers never excuse what its check says, unless in so many words."""
    return finding.waived is not None and finding.check in LOUD


def level_of(verdict: Verdict) -> str:
    """Return the level of a release as a whole."""
    level = ruled(verdict.ruling)
    return max(level, "warning", key=LEVELS.index) if any(map(is_exception, verdict.findings)) else level


def ruled(ruling: Ruling) -> str:
    """Return the level of what a ruling rests on: what holds a release back is an error, a question a warning."""
    return {Ruling.ALLOW: "note", Ruling.ASK: "warning"}.get(ruling, "error")


def _level(ruling: Ruling, finding: Finding, highest: Severity | None) -> str:
    """Return the ruling's level for its gravest findings, and no higher one for the others than their severity has."""
    if finding.waived is not None:
        return "warning" if is_exception(finding) else "note"
    if finding.severity is highest:
        return ruled(ruling)
    own = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}.get(finding.severity, "note")
    return min(own, ruled(ruling), key=LEVELS.index)
