"""What several formats say in the same words: sizes, counts, places, and how a run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling
from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.model import Finding, Outcome, Verdict

KILO = 1000  # bytes
SNIPPET_LINES, SNIPPET_WIDTH = 40, 400  # of code, where it is shown as lines
# Sentences for a release that was not allowed although no finding says why.
REFUSED = {
    Ruling.BLOCK: "the release was refused",
    Ruling.ASK: "the release needs a decision",
    Ruling.ERROR: "the release could not be judged",
}


def size(number: int) -> str:
    """Spell a number of bytes."""
    if number < KILO:
        return f"{number} B"
    return f"{number / KILO:.0f} kB" if number < KILO**2 else f"{number / KILO**2:.1f} MB"


def count(number: int, noun: str) -> str:
    """Spell how many there are of something."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def strictest_first(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Order releases as people read them: what stopped the run comes first."""
    return sorted(verdicts, key=lambda verdict: -verdict.ruling)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings: what is waived last, then by severity and confidence."""
    return sorted(findings, key=lambda each: (each.waived is not None, -each.severity, -each.confidence))


def where(finding: Finding) -> str:
    """Spell the place inside the package and the moment: `setup.py:12 (build)`; empty when neither is known."""
    place = "" if finding.file is None else visible(finding.file) + ("" if finding.line is None else f":{finding.line}")
    when = "" if finding.when is None else f"({finding.when.word})"
    return " ".join(part for part in (place, when) if part)


def code(snippet: str, lines: int = SNIPPET_LINES) -> str:
    """Spell lines of code, which stay lines, cut where no person would read on."""
    kept = snippet.replace("\r\n", "\n").split("\n")[:lines]
    return "\n".join(clip(visible(line), SNIPPET_WIDTH) for line in kept)


def clip(text: str, width: int) -> str:
    """Cut text to a number of characters."""
    return text if len(text) <= width else text[: width - 3] + "..."


def wanted_by(verdict: Verdict) -> str:
    """Spell who wants the release."""
    if verdict.requested:
        return "you"
    return visible(", ".join(verdict.via)) or "-"


def ending(outcome: Outcome) -> str:
    """Say in one line what became of the run."""
    if outcome.error is not None:
        return f"{outcome.ruling.word}: {visible(outcome.error)}"
    stopped = sum(verdict.ruling is not Ruling.ALLOW for verdict in outcome.verdicts)
    judged = f"{count(len(outcome.verdicts), 'release')} judged, {size(outcome.bytes)} in {outcome.seconds:.1f} s"
    recalled = sum(verdict.recalled for verdict in outcome.verdicts)
    judged += f", {recalled} recalled" if recalled else ""
    if outcome.ruling is not Ruling.ALLOW:
        words = f"{stopped} of {judged}" if stopped else judged
        return f"{outcome.ruling.word}: {words}" + ("" if outcome.client_exit == 0 else "; nothing was installed")
    failed = f"; the client itself failed with exit code {outcome.client_exit}" if outcome.client_exit else ""
    return f"allow: {judged}{failed}"


def next_steps(outcome: Outcome) -> list[str]:
    """Say what to do now; empty when everything was allowed."""
    if outcome.error is not None or outcome.ruling is Ruling.ALLOW:
        return []
    stopped = [verdict for verdict in outcome.verdicts if verdict.ruling is not Ruling.ALLOW]
    steps = [f"`gatekeeper explain {visible(check)}` says what the finding means" for check in _checks(stopped)[:3]]
    if outcome.ruling is Ruling.ASK:
        steps.append(
            "nobody was there to ask: run it in a terminal, or decide with --yes or --no before the package's name"
        )
    if outcome.ruling is Ruling.ERROR:
        steps.append("not being able to decide is never a yes: remove the cause named above and run it again")
    return steps


def _checks(verdicts: Sequence[Verdict]) -> list[str]:
    return sorted({finding.check for verdict in verdicts for finding in verdict.findings})


def fence(outcome: Outcome) -> str:
    """Say which layers of the fence stood; empty when there was none to tell of."""
    if not outcome.fence:
        return ""
    stood = ", ".join(visible(layer.name) for layer in outcome.fence if layer.stood) or "nothing"
    missing = [
        visible(layer.name) + (f" ({visible(layer.detail)})" if layer.detail else "")
        for layer in outcome.fence
        if not layer.stood
    ]
    return f"{stood} stood" + (f"; not: {', '.join(missing)}" if missing else "")
