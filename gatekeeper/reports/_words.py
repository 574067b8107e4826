"""What several formats say in the same words: sizes, counts, places, and how a run ended."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling
from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.model import Finding, Outcome, Verdict, Way

KILO = 1000  # bytes
MORE = "..."
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
    return sorted(findings, key=lambda each: each.gravity)


def where(finding: Finding) -> str:
    """Spell the place inside the package and the moment: `setup.py:12 (build)`; empty when neither is known."""
    place = "" if finding.file is None else visible(finding.file) + ("" if finding.line is None else f":{finding.line}")
    when = "" if finding.when is None else f"({finding.when.word})"
    return " ".join(part for part in (place, when) if part)


def lines_of(finding: Finding) -> list[tuple[int, str]]:
    """Return the numbered lines to show of a finding; its own shows the code that is meant, wherever that stands."""
    at, meant = finding.line or 0, " ".join((finding.snippet or "").split())
    lines = finding.around or (((at, meant),) if meant else ())
    return [
        (line, _indent(text) + meant if line == at and meant not in " ".join(text.split()) else text)
        for line, text in lines
    ]


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def code(snippet: str, lines: int = SNIPPET_LINES) -> str:
    """Spell lines of code, which stay lines, cut where no person would read on."""
    kept = snippet.replace("\r\n", "\n").split("\n")[:lines]
    return "\n".join(clip(visible(line), SNIPPET_WIDTH) for line in kept)


def clip(text: str, width: int) -> str:
    """Cut text to a number of characters."""
    return text if len(text) <= width else text[: width - 3] + "..."


def width(text: str) -> int:
    """Count the columns that text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def folded(text: str, columns: int, first: str = "", indent: str = "") -> list[str]:
    """Break text into lines of so many columns, with what stands before the first and the others; safe to print."""
    lines, line, empty = [], first, True
    for word in text.split():
        rest = word
        while rest:
            joined = line + ("" if empty else " ") + rest
            if width(joined) <= columns:
                line, rest, empty = joined, "", False
            elif empty:  # too long for any line
                part = fitted(rest, max(2, columns - width(line)))
                lines.append(line + part)
                line, rest = indent, rest[len(part) :]
            else:
                lines.append(line)
                line, empty = indent, True
    lines += [line] if not empty or not lines else []
    return [visible(each) for each in lines]  # once more: a runner's command begins a line, and here lines begin


def fitted(text: str, columns: int) -> str:
    """Return the beginning of text that takes at most so many columns."""
    if width(text) <= columns:
        return text
    taken = 0
    for at, char in enumerate(text):
        taken += width(char)
        if taken > columns:
            return text[:at]
    return text


def shortened(text: str, columns: int) -> str:
    """Cut text to a number of columns, with a sign where some is missing."""
    return text if width(text) <= columns else fitted(text, columns - len(MORE)) + MORE


def said(way: Way) -> str:
    """Say one way on, up to its command."""
    words = f"{way.title}{joint(way.title)} {way.words}" if way.words else way.title
    return visible(words + joint(words) if way.command else words)


def joint(words: str) -> str:
    """Return the sign between words and what they lead to."""
    return "" if words[-1:] in {"?", ":"} else ":"


def cut(lines: list[str], most: int | None) -> list[str]:
    """Return at most so many lines, with a sign where some are missing."""
    if most is None or len(lines) <= most:
        return lines
    return [*lines[: most - 1], lines[most - 1][: -len(MORE)] + MORE]


def named(verdict: Verdict) -> str:
    """Name a release, and what was handed in or the line that names it."""
    release = verdict.release
    shown = (verdict.path or "") if verdict.place is None else str(verdict.place)
    spelt = {f"{before}{release.name}" for before in ("", f"{release.ecosystem}:", f"pkg:{release.ecosystem}/")}
    says_no_more = {f"{name}{after}" for name in spelt for after in ("", f"=={release.version}", f"@{release.version}")}
    return visible(str(release) if not shown or shown in says_no_more else f"{release} ({shown})")


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
    stopped = [verdict for verdict in strictest_first(outcome.verdicts) if verdict.ruling is not Ruling.ALLOW]
    steps = [f"`gatekeeper explain {visible(check)}` says what the finding means" for check in _checks(stopped)[:3]]
    first = next((verdict for verdict in stopped if verdict.ways), None)
    for way in first.ways if first else ():
        about = f"{clip(visible(str(first.release)), 100)}: " if first and len(stopped) > 1 else ""
        steps.append((about + said(way)).replace("`", "'") + (f" `{visible(way.command)}`" if way.command else ""))
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
