"""The report for people: a table of releases, what was found in them, and what to do next."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports import visible
from gatekeeper.reports._words import (
    clip,
    count,
    ending,
    fence,
    next_steps,
    size,
    strictest_first,
    wanted_by,
    where,
    worst_first,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Finding, Outcome, Verdict

HEADINGS = ("RELEASE", "RULING", "WANTED BY", "SIZE", "SOURCE")
FITS_A_SCREEN = 15  # releases; a longer set is folded to those that were not simply allowed
FINDINGS_SHOWN = 5  # per release, unless verbose
SNIPPET_WIDTH = 120  # columns
CELL_WIDTH = 48  # columns
SHORTEST_PLACE = 12  # columns


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as plain text that fits a screen; `verbose` shows every release and finding."""
    return table(outcome, verbose=verbose) + closing(outcome)


def closing(outcome: Outcome) -> str:
    """Write the lines below the table: remarks, the fence, how it ended and what to do next."""
    lines = [f"note: {visible(remark)}" for remark in outcome.remarks]
    lines += [f"fence: {stood}"] if (stood := fence(outcome)) else []
    lines += [ending(outcome), *(f"next: {step}" for step in next_steps(outcome))]
    return "\n".join(lines) + "\n"


def table(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the releases, the strictest ruling first, with what was found in them."""
    verdicts = strictest_first(outcome.verdicts)
    folded = not verbose and len(verdicts) > FITS_A_SCREEN
    shown = [verdict for verdict in verdicts if verdict.ruling is not Ruling.ALLOW] if folded else verdicts
    lines = _table(shown, verbose=verbose)
    if len(shown) < len(verdicts):
        lines.append(f"... and {count(len(verdicts) - len(shown), 'release')} allowed (-v lists them)")
    return "".join(f"{line}\n" for line in lines)


def describe(verdict: Verdict, *, verbose: bool = False) -> str:
    """Write one verdict and its findings, as a person needs them to answer a question."""
    head = f"{visible(str(verdict.release))}: {verdict.ruling.word}"
    origin = f", from {visible(verdict.source)}" if verdict.source else ""
    return "\n".join([head + f", wanted by {wanted_by(verdict)}" + origin, *_details(verdict, verbose=verbose)]) + "\n"


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
        clip(visible(cell), CELL_WIDTH)
        for cell in (
            _named(verdict),
            verdict.ruling.word + (" (recalled)" if verdict.recalled else ""),
            wanted_by(verdict),
            "-" if verdict.artifact is None else size(verdict.artifact.size),
            verdict.source or "-",
        )
    )


def _named(verdict: Verdict) -> str:
    """Name the release, and what was handed in or the line that names it."""
    shown = (verdict.path or "") if verdict.place is None else str(verdict.place)
    room = CELL_WIDTH - len(f"{verdict.release} (...)")
    if verdict.place is not None and len(shown) - 3 > room >= SHORTEST_PLACE:
        shown = "..." + shown[-room:]  # the end has the file's name and the line
    return f"{verdict.release} ({shown})" if shown else str(verdict.release)


def _details(verdict: Verdict, *, verbose: bool) -> list[str]:
    lines = [f"    could not decide: {visible(verdict.error)}"] if verdict.error else []
    findings = worst_first(verdict.findings)
    if not verbose and verdict.ruling is Ruling.ALLOW:
        findings = [finding for finding in findings if finding.severity > Severity.NOTE]
    shown = findings if verbose else findings[:FINDINGS_SHOWN]
    for finding in shown:
        lines += _finding(finding)
    if len(shown) < len(findings):
        lines.append(f"    ... and {count(len(findings) - len(shown), 'finding')} more (-v shows them)")
    return lines


def _finding(finding: Finding) -> list[str]:
    waived = f" (waived: {visible(finding.waived)})" if finding.waived else ""
    lines = [f"    {finding.severity.word} {visible(finding.check)}: {visible(finding.message)}{waived}"]
    code = clip(visible(" ".join((finding.snippet or "").split())), SNIPPET_WIDTH)
    if below := [part for part in (where(finding), code) if part]:
        lines.append("        " + ": ".join(below))
    return lines


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
