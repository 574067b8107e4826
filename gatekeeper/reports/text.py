"""The report for people: a table of releases, what was found in them, and what to do next."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Finding, Outcome, Verdict

HEADINGS = ("RELEASE", "RULING", "WANTED BY", "SIZE", "SOURCE")
FITS_A_SCREEN = 15  # releases; a longer set is folded to those that were not simply allowed
FINDINGS_SHOWN = 5  # per release, unless verbose
SNIPPET_WIDTH = 120  # columns
CELL_WIDTH = 48  # columns
KILO = 1000  # bytes


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as plain text that fits a screen; `verbose` shows every release and finding."""
    remarks = [f"note: {visible(remark)}" for remark in outcome.remarks]
    return table(outcome, verbose=verbose) + "\n".join([*remarks, *_fence(outcome), *_summary(outcome)]) + "\n"


def table(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the releases, the strictest ruling first, with what was found in them."""
    verdicts = sorted(outcome.verdicts, key=lambda verdict: -verdict.ruling)
    folded = not verbose and len(verdicts) > FITS_A_SCREEN
    shown = [verdict for verdict in verdicts if verdict.ruling is not Ruling.ALLOW] if folded else verdicts
    lines = _table(shown, verbose=verbose)
    if len(shown) < len(verdicts):
        lines.append(f"... and {_count(len(verdicts) - len(shown), 'release')} allowed (-v lists them)")
    return "".join(f"{line}\n" for line in lines)


def describe(verdict: Verdict, *, verbose: bool = False) -> str:
    """Write one verdict and its findings, as a person needs them to answer a question."""
    head = f"{visible(str(verdict.release))}: {verdict.ruling.word}"
    origin = f", from {visible(verdict.source)}" if verdict.source else ""
    return "\n".join([head + f", wanted by {_wanted_by(verdict)}" + origin, *_details(verdict, verbose=verbose)]) + "\n"


def _table(verdicts: Sequence[Verdict], *, verbose: bool) -> list[str]:
    if not verdicts:
        return []
    rows = [HEADINGS, *(_row(verdict) for verdict in verdicts)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [_aligned(HEADINGS, widths)]
    for verdict, row in zip(verdicts, rows[1:], strict=True):
        lines.append(_aligned(row, widths))
        lines += _details(verdict, verbose=verbose)
    return lines


def _row(verdict: Verdict) -> tuple[str, ...]:
    return tuple(
        _clip(visible(cell), CELL_WIDTH)
        for cell in (
            str(verdict.release) if verdict.path is None else f"{verdict.release} ({verdict.path})",
            verdict.ruling.word + (" (recalled)" if verdict.recalled else ""),
            _wanted_by(verdict),
            "-" if verdict.artifact is None else _size(verdict.artifact.size),
            verdict.source or "-",
        )
    )


def _wanted_by(verdict: Verdict) -> str:
    if verdict.requested:
        return "you"
    return visible(", ".join(verdict.via)) or "-"


def _details(verdict: Verdict, *, verbose: bool) -> list[str]:
    lines = [f"    could not decide: {visible(verdict.error)}"] if verdict.error else []
    findings = sorted(verdict.findings, key=lambda finding: (-finding.severity, -finding.confidence))
    if not verbose and verdict.ruling is Ruling.ALLOW:
        findings = [finding for finding in findings if finding.severity > Severity.NOTE]
    shown = findings if verbose else findings[:FINDINGS_SHOWN]
    for finding in shown:
        lines += _finding(finding)
    if len(shown) < len(findings):
        lines.append(f"    ... and {_count(len(findings) - len(shown), 'finding')} more (-v shows them)")
    return lines


def _finding(finding: Finding) -> list[str]:
    waived = f" (waived: {visible(finding.waived)})" if finding.waived else ""
    lines = [f"    {finding.severity.word} {visible(finding.check)}: {visible(finding.message)}{waived}"]
    place = "" if finding.file is None else visible(finding.file) + ("" if finding.line is None else f":{finding.line}")
    when = "" if finding.when is None else f"({finding.when.word})"
    where = " ".join(part for part in (place, when) if part)
    code = _clip(visible(" ".join((finding.snippet or "").split())), SNIPPET_WIDTH)
    if where or code:
        lines.append("        " + ": ".join(part for part in (where, code) if part))
    return lines


def _fence(outcome: Outcome) -> list[str]:
    if not outcome.fence:
        return []
    stood = ", ".join(visible(layer.name) for layer in outcome.fence if layer.stood) or "nothing"
    missing = [
        visible(layer.name) + (f" ({visible(layer.detail)})" if layer.detail else "")
        for layer in outcome.fence
        if not layer.stood
    ]
    return [f"fence: {stood} stood" + (f"; not: {', '.join(missing)}" if missing else "")]


def _summary(outcome: Outcome) -> list[str]:
    if outcome.error is not None:
        return [f"{outcome.ruling.word}: {visible(outcome.error)}"]
    stopped = [verdict for verdict in outcome.verdicts if verdict.ruling is not Ruling.ALLOW]
    judged = f"{_count(len(outcome.verdicts), 'release')} judged, {_size(outcome.bytes)} in {outcome.seconds:.1f} s"
    recalled = sum(verdict.recalled for verdict in outcome.verdicts)
    judged += f", {recalled} recalled" if recalled else ""
    if outcome.ruling is not Ruling.ALLOW:
        words = f"{len(stopped)} of {judged}" if stopped else judged
        words += "" if outcome.client_exit == 0 else "; nothing was installed"
        return [f"{outcome.ruling.word}: {words}", *(f"next: {step}" for step in _next(outcome.ruling, stopped))]
    if outcome.client_exit:
        return [f"allow: {judged}; the client itself failed with exit code {outcome.client_exit}"]
    return [f"allow: {judged}"]


def _next(ruling: Ruling, stopped: Sequence[Verdict]) -> list[str]:
    checks = sorted({finding.check for verdict in stopped for finding in verdict.findings})
    steps = [f"`gatekeeper explain {visible(check)}` says what the finding means" for check in checks[:3]]
    if ruling is Ruling.ASK:
        steps.append(
            "nobody was there to ask: run it in a terminal, or decide with --yes or --no before the package's name"
        )
    if ruling is Ruling.ERROR:
        steps.append("not being able to decide is never a yes: remove the cause named above and run it again")
    return steps


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _size(size: int) -> str:
    if size < KILO:
        return f"{size} B"
    return f"{size / KILO:.0f} kB" if size < KILO**2 else f"{size / KILO**2:.1f} MB"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
