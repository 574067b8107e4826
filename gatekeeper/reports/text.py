"""The report for people: why a release was not allowed and the ways on, or a table of what was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports import visible
from gatekeeper.reports._explanation import explanation, question
from gatekeeper.reports._words import (
    REFUSED,
    clip,
    count,
    ending,
    fence,
    next_steps,
    shortened,
    size,
    strictest_first,
    wanted_by,
    where,
    width,
    worst_first,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Finding, Outcome, Verdict

HEADINGS = ("RELEASE", "RULING", "WANTED BY", "SIZE", "SOURCE")
SCREEN = 24  # lines
LEAST = 15  # lines of an explanation, however much else there is to say
FITS_A_SCREEN = 15  # releases; a longer set is folded to those that were not simply allowed
OTHERS = 5  # releases that are refused in one line each
FINDINGS_SHOWN = 5  # per release, unless verbose
COLUMNS = 80
SNIPPET_WIDTH = 120  # columns
CELL_WIDTH = 48  # columns
SHORTEST_PLACE = 12  # columns


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as plain text that fits a screen; `verbose` shows every release and finding."""
    refused = [verdict for verdict in strictest_first(outcome.verdicts) if verdict.ruling is not Ruling.ALLOW]
    below = closing(outcome)
    if not refused:
        return table(outcome, verbose=verbose) + below
    if verbose:
        return table(outcome, verbose=True, explains=True) + "\n" + explained(outcome) + "\n" + below
    rest = _in_a_line(refused[1:], len(outcome.verdicts) - len(refused))
    taken = len(rest) + sum(-(-len(line) // COLUMNS) or 1 for line in below.splitlines())
    return "".join(f"{line}\n" for line in [*explanation(refused[0], max(LEAST, SCREEN - taken)), *rest]) + below


def explained(outcome: Outcome) -> str:
    """Write why each release was not allowed, in full, and nothing of those that were."""
    refused = [verdict for verdict in strictest_first(outcome.verdicts) if verdict.ruling is not Ruling.ALLOW]
    return "\n".join("".join(f"{line}\n" for line in explanation(verdict)) for verdict in refused)


def closing(outcome: Outcome) -> str:
    """Write the lines below the releases: remarks, the fence, how it ended, and what to do where no way is told."""
    lines = [f"note: {visible(remark)}" for remark in outcome.remarks]
    lines += [f"fence: {stood}"] if (stood := fence(outcome)) else []
    steps = [] if any(verdict.ways for verdict in outcome.verdicts) else next_steps(outcome)
    return "\n".join([*lines, ending(outcome), *(f"next: {step}" for step in steps)]) + "\n"


def table(outcome: Outcome, *, verbose: bool = False, explains: bool = False) -> str:
    """Write the releases, the strictest ruling first, with what was found in them, unless that is explained below."""
    verdicts = strictest_first(outcome.verdicts)
    folded = not verbose and len(verdicts) > FITS_A_SCREEN
    shown = [verdict for verdict in verdicts if verdict.ruling is not Ruling.ALLOW] if folded else verdicts
    lines = _table(shown, verbose=verbose, explains=explains)
    if len(shown) < len(verdicts):
        lines.append(f"... and {count(len(verdicts) - len(shown), 'release')} allowed (-v lists them)")
    return "".join(f"{line}\n" for line in lines)


def describe(verdict: Verdict) -> str:
    """Write one verdict and its findings, as a person needs them to answer a question."""
    return "\n".join(question(verdict)) + "\n"


def _in_a_line(refused: Sequence[Verdict], allowed: int) -> list[str]:
    """Write a line for each release that is not explained, and one for those that were allowed."""
    lines = []
    for verdict in refused[:OTHERS]:
        finding = verdict.deciding
        why = f"could not decide: {verdict.error}" if verdict.error else finding.message if finding else ""
        head = f"{verdict.ruling.word.upper()} {verdict.release}: {why or verdict.rule or REFUSED[verdict.ruling]}"
        lines.append(shortened(visible(head), COLUMNS))
    left = len(refused) - OTHERS
    lines += [f"... and {left} more that were not allowed (-v lists them)"] if left > 0 else []
    return lines + ([f"... and {count(allowed, 'release')} allowed (-v lists them)"] if allowed else [])


def _table(verdicts: Sequence[Verdict], *, verbose: bool, explains: bool) -> list[str]:
    if not verdicts:
        return []
    rows = [HEADINGS, *(_row(verdict) for verdict in verdicts)]
    widths = [max(width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [_aligned(HEADINGS, widths)]
    for verdict, row in zip(verdicts, rows[1:], strict=True):
        lines.append(_aligned(row, widths))
        if not explains or verdict.ruling is Ruling.ALLOW:
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
    """Name the release, and what was handed in or the line that names it, in a cell of the table."""
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
    return "  ".join(cell + " " * (room - width(cell)) for cell, room in zip(cells, widths, strict=True)).rstrip()
