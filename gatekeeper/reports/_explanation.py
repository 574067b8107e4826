"""Why one release was not allowed, for a person at a terminal: what, where, when, why, how sure, and the ways on.

Lines are at most `COLUMNS` wide but for commands, which have to stay in one piece to be copied. Nothing needs colour.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, When
from gatekeeper.reports import visible
from gatekeeper.reports._words import (
    cut,
    folded,
    lines_of,
    named,
    said,
    shortened,
    size,
    wanted_by,
    width,
    worst_first,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Finding, Verdict, Way

COLUMNS = 80
INDENT = 9  # of what stands behind "where" and its like
ENOUGH = 125  # characters of a reason
LINES = 3  # of a message, a reason or an error, unless all is shown
BESIDE = (2, 1, 0)  # lines of code before and after the one that is meant, as there is room
SENTENCE = re.compile(r"(?<=[.:!?])\s+(?=[A-Z])")
MOMENTS = {
    None: "before any code: this is about the release, not about its code",
    When.INSTALL: "while it is being installed, before anybody uses it",
    When.BUILD: "while it is being built, before anybody uses it",
    When.STARTUP: "whenever Python starts, whether or not anybody uses it",
    When.IMPORT: "as soon as it is imported, without a call",
    When.COMMAND: "when somebody starts its command or calls it",
    When.CALL: "when somebody starts its command or calls it",
    When.NEVER: "never by itself",
}


def explanation(verdict: Verdict, room: int | None = None) -> list[str]:
    """Write why a release was not allowed and the ways on, in `room` lines as far as possible; None shows all."""
    above, below = facts(verdict, room), [*_rest(verdict, room), *ways(verdict.ways)]
    finding = None if verdict.error else verdict.deciding
    if finding is None:
        return [*above, *(_told("why", verdict.rule, room) if verdict.error and verdict.rule else []), *below]
    place, rest = _place(finding), _reasons(verdict, finding, room)
    left = 1000 if room is None else room - len(above) - len(place) - len(rest) - _height(below)
    return [*above, *place, *_code(finding, left), *rest, *below]


def question(verdict: Verdict) -> list[str]:
    """Write what a person needs to answer a question: every finding, and all about the one that decides."""
    finding = verdict.deciding
    lines = facts(verdict, None)
    if finding is not None:
        lines += [*_place(finding), *_code(finding, 1000), *_reasons(verdict, finding, None)]
    meant = [f"  Did you mean {visible(finding.instead)}?"] if finding is not None and finding.instead else []
    return [*lines, *_rest(verdict, None), *meant]


def facts(verdict: Verdict, room: int | None) -> list[str]:
    """Write which release it is, who wants it, and what was found."""
    origin = f", from {verdict.source}" if verdict.source else ""
    sized = "" if verdict.artifact is None else f", {size(verdict.artifact.size)}"
    wanting = f", wanted by {wanted}" if (wanted := wanted_by(verdict)) != "-" else ""
    head = f"{verdict.ruling.word.upper()} {named(verdict)}{wanting}{sized}{visible(origin)}"
    lines = cut(folded(head, COLUMNS, "", "    "), None if room is None else LINES - 1)
    finding = verdict.deciding
    if verdict.error is not None:
        return [*lines, *_told("what", f"could not decide: {verdict.error}", room)]
    if finding is None:
        return [*lines, *_told("what", verdict.rule or "no finding says why", room)]
    return [*lines, *_told("what", f"{finding.message} ({finding.check})", room)]


def ways(told: Sequence[Way]) -> list[str]:
    """Write the ways on, numbered."""
    lines: list[str] = []
    for number, way in enumerate(told, 1):
        words, command = said(way), visible(way.command)
        both = f"  {number}. {words} {command}"
        if width(both) <= COLUMNS:
            lines.append(both.rstrip())
        else:
            lines += folded(words, COLUMNS, f"  {number}. ", "     ") + ([f"     {command}"] if command else [])
    return lines


def _told(heading: str, words: str, room: int | None) -> list[str]:
    return cut(
        folded(visible(words), COLUMNS, f"  {heading:{INDENT - 2}}", " " * INDENT), None if room is None else LINES
    )


def _place(finding: Finding) -> list[str]:
    if finding.file is None:
        return []
    place = visible(finding.file) + ("" if finding.line is None else f":{finding.line}")
    room = COLUMNS - INDENT
    place = place if width(place) <= room else "..." + place[3 - room :]  # the end has the file's name and the line
    return [f"  {'where':{INDENT - 2}}{shortened(place, room)}"]


def _code(finding: Finding, room: int) -> list[str]:
    """Write the line that is meant, marked, with as many of those around it as there is room for."""
    lines, at = dict(lines_of(finding)), finding.line or 0
    if at not in lines:
        return []
    beside = next((each for each in BESIDE if 2 * each < room), 0)
    shown = [number for number in sorted(lines) if abs(number - at) <= beside]
    digits = len(str(shown[-1]))
    space = COLUMNS - INDENT - digits - 5
    told = []
    for number in shown:
        text = visible(lines[number].replace("\t", "    ").rstrip())
        if number == at and finding.snippet and width(text) > space:  # what is meant may stand far to the right
            text = visible(" ".join(finding.snippet.split()))
        mark = ">" if number == at else " "
        told.append(f"{' ' * INDENT}{mark} {number or '':>{digits}} | {shortened(text, space)}".rstrip())
    return told


def _reasons(verdict: Verdict, finding: Finding, room: int | None) -> list[str]:
    """Write when it would run, why the check asks, and how sure it is."""
    lines = _told("when", MOMENTS[finding.when], room)
    if finding.why:
        lines += _told("why", _beginning(finding.why) if room is not None else finding.why, room)
    sure = " ".join(part for part in (finding.rule, verdict.rule) if part)
    return lines + (_told("sure", sure, room) if sure else [])


def _beginning(why: str) -> str:
    """Return as many whole sentences as there is room for; all, to be cut, where the first alone says little."""
    told, *more = SENTENCE.split(why)
    for sentence in more:
        if len(told) + len(sentence) >= (LINES - 0.5) * (COLUMNS - INDENT):
            return told if len(told) > ENOUGH else why
        told += f" {sentence}"
    return told


def _rest(verdict: Verdict, room: int | None) -> list[str]:
    """Write what else was found, or the gravest of it, of another check if there is one, and how much more there is."""
    deciding = None if verdict.error else verdict.deciding
    others = [each for each in worst_first(verdict.findings) if each is not deciding]
    if room is None:
        return [line for each in others for line in _other(each)]
    # A note may be what a policy blocks.
    grave = [each for each in others if each.severity.value or (each.ruling or Ruling.ALLOW) is not Ruling.ALLOW]
    if not grave:
        return []
    first = next((each for each in grave if deciding is None or each.check != deciding.check), grave[0])
    more = f" (and {len(grave) - 1} more: -v)" if len(grave) > 1 else ""
    told = shortened(visible(f"{first.check}: {first.message}"), COLUMNS - INDENT - len(more))
    return [f"  {'also':{INDENT - 2}}{told}{more}"]


def _other(finding: Finding) -> list[str]:
    waived = f" (waived: {finding.waived})" if finding.waived else ""
    lines = _told("also", f"{finding.severity.word} {finding.check}: {finding.message}{waived}", None)
    place = "" if finding.file is None else finding.file + ("" if finding.line is None else f":{finding.line}")
    when = "" if finding.when is None else f"({finding.when.word})"
    at = visible(" ".join(part for part in (place, when) if part))
    code = visible(" ".join((finding.snippet or "").split()))
    return lines + [" " * INDENT + shortened(part, COLUMNS - INDENT) for part in (at, code) if part]


def _height(lines: Sequence[str]) -> int:
    """Count the lines that a terminal needs."""
    return sum(-(-len(line) // COLUMNS) or 1 for line in lines)
