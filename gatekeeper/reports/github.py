"""For GitHub Actions: annotations at the lines that name the releases, a folded log, and a job's summary in Markdown.

`render` is what goes to the log, where the runner reads workflow commands; `summary` belongs into the file that
GITHUB_STEP_SUMMARY names. A step shows ten errors, ten warnings and ten notices, so the last of a kind tells how many
more there are; a summary may have 1 MiB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports import text, visible
from gatekeeper.reports._markdown import listed, prose, word
from gatekeeper.reports._places import is_file, relative
from gatekeeper.reports._said import level_of, said
from gatekeeper.reports._words import clip, count, ending, next_steps, size, strictest_first, wanted_by, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.model import Outcome, Verdict
    from gatekeeper.reports._said import Said

MOST_SHOWN = 10  # annotations of one level in one step
LONGEST = 4000  # characters of an annotation; the runner cuts at 4,096
TOLD = 5  # things said of a release in its annotation
MOST_BYTES = 900_000  # of a summary, which may have 1 MiB with whatever the step writes beside it
COMMANDS = {"note": "notice", "warning": "warning", "error": "error"}
MOST_REMARKS = 20  # in a summary; the log has them all
BOXES = {Ruling.BLOCK: "CAUTION", Ruling.ERROR: "CAUTION", Ruling.ASK: "WARNING", Ruling.ALLOW: "NOTE"}


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write annotations for what was not allowed, then every release in a folded group, then how it ended."""
    verdicts = [verdict for verdict in strictest_first(outcome.verdicts) if _is_told(verdict, verbose=verbose)]
    lines: list[str] = []
    for level in ("error", "warning", "note"):
        lines += _annotations([verdict for verdict in verdicts if level_of(verdict) == level], level)
    if outcome.error is not None:
        lines.append(_command("error", {"title": f"gatekeeper: {outcome.ruling.word}"}, outcome.error))
    if outcome.verdicts:
        lines.append(f"::group::gatekeeper: {count(len(outcome.verdicts), 'release')}")
        shown = text.table(outcome, verbose=True, explains=True) + "\n" + text.explained(outcome)
        lines += [*shown.rstrip("\n").splitlines(), "::endgroup::"]
    return "\n".join(lines) + ("\n" if lines else "") + text.closing(outcome)


def summary(outcome: Outcome, most: int = MOST_BYTES) -> str:
    """Write a job's summary in Markdown, in at most so many bytes: what was not allowed and why, the rest folded."""
    verdicts = strictest_first(outcome.verdicts)
    stopped = [verdict for verdict in verdicts if verdict.ruling is not Ruling.ALLOW]
    allowed = verdicts[len(stopped) :]
    head = [
        f"## gatekeeper: {outcome.ruling.word}",
        "",
        f"> [!{BOXES[outcome.ruling]}]",
        f"> {prose(clip(ending(outcome), 1000))}",
        "",
        *(f"- {prose(clip(visible(remark), 300))}" for remark in outcome.remarks[:MOST_REMARKS]),
        "",
    ]
    room = most - len("\n".join(head).encode())
    body = listed(["Ruling", "Release", "Named at", "Wanted by", "Found"], map(_row, stopped), len(stopped), room)
    room -= len("\n".join(body).encode())
    if allowed:
        rows = listed(
            ["Release", "Named at", "Wanted by", "Size", "Found"], map(_allowed_row, allowed), len(allowed), room
        )
        body += ["<details>", f"<summary>{count(len(allowed), 'release')} allowed</summary>", "", *rows, "</details>"]
    return "\n".join([*head, *body, "", *(f"- {_step(clip(step, 300))}" for step in next_steps(outcome))]) + "\n"


def _is_told(verdict: Verdict, *, verbose: bool) -> bool:
    """Say whether a release is worth an annotation: it was not allowed, or something grave in it was."""
    worst = max((finding.severity for finding in verdict.findings), default=Severity.NOTE)
    return verdict.ruling is not Ruling.ALLOW or worst >= (Severity.LOW if verbose else Severity.HIGH)


def _annotations(verdicts: Sequence[Verdict], level: str) -> list[str]:
    shown = verdicts if len(verdicts) <= MOST_SHOWN else verdicts[: MOST_SHOWN - 1]
    lines = [_annotation(verdict, level) for verdict in shown]
    if left := len(verdicts) - len(shown):
        rulings = "allowed with findings" if level == "note" else "not allowed"
        words = f"{count(left, 'more release')} {rulings}: the log below and the job's summary list them all"
        lines.append(_command(COMMANDS[level], {"title": "gatekeeper: and more"}, words))
    return lines


def _annotation(verdict: Verdict, level: str) -> str:
    found = said(verdict)
    lines = [_sentence(each) for each in found[:TOLD]]
    if len(found) > TOLD:
        lines.append(f"and {count(len(found) - TOLD, 'finding')} more")
    lines.append(f"wanted by {wanted_by(verdict)}")
    at = _place(verdict) | {"title": f"gatekeeper: {verdict.ruling.word} {verdict.release}"}
    return _command(COMMANDS[level], at, *lines)


def _sentence(each: Said) -> str:
    severity = "" if each.finding is None else f" ({each.finding.severity.word})"
    waived = "" if each.finding is None or not each.finding.waived else ", waived"
    inside = "" if each.finding is None else where(each.finding)
    return f"{each.rule}{severity}{waived}: {each.message}" + (f" [{inside}]" if inside else "")


def _place(verdict: Verdict) -> dict[str, str]:
    """Return the file and line to show an annotation at: they are in the repository, or there are none."""
    place = verdict.place
    if place is None or not is_file(place):
        below = relative(verdict.path) if verdict.path else None
        return {"file": below} if below else {}
    below = relative(place.file)
    return {"file": below or place.file, "line": str(place.line or 1)}


def _command(name: str, properties: dict[str, str], *lines: str) -> str:
    """Write a workflow command: escaped as the runner reads it, and without anything that hides or moves text."""
    told = ",".join(f"{key}={_escaped(clip(visible(value), 500), ',:')}" for key, value in properties.items())
    return f"::{name} {told}::{_escaped(clip(chr(10).join(visible(line) for line in lines), LONGEST), chr(10))}"


def _escaped(words: str, more: str) -> str:
    words = words.replace("%", "%25")
    for char in more:
        words = words.replace(char, f"%{ord(char):02X}")
    return words


def _row(verdict: Verdict) -> list[str]:
    return [
        f"**{verdict.ruling.word}**",
        word(str(verdict.release)),
        _named_at(verdict),
        prose(clip(wanted_by(verdict), 200)),
        _found(said(verdict)),
    ]


def _allowed_row(verdict: Verdict) -> list[str]:
    sized = "" if verdict.artifact is None else size(verdict.artifact.size)
    found = [each for each in said(verdict) if each.finding and each.finding.severity > Severity.NOTE]
    return [word(str(verdict.release)), _named_at(verdict), prose(clip(wanted_by(verdict), 200)), sized, _found(found)]


def _named_at(verdict: Verdict) -> str:
    shown = verdict.path if verdict.place is None else str(verdict.place)
    return word(clip(visible(shown), 200)) if shown else ""


def _found(found: Sequence[Said]) -> str:
    lines = list(_lines(found[:TOLD]))
    if len(found) > TOLD:
        lines.append(f"and {count(len(found) - TOLD, 'finding')} more")
    return "<br>".join(lines)


def _lines(found: Iterable[Said]) -> Iterable[str]:
    for each in found:
        severity = "" if each.finding is None else f" {each.finding.severity.word}"
        line = f"{word(each.rule)}{severity}: {prose(clip(visible(each.message), 300))}"
        if each.finding is not None and (inside := where(each.finding)):
            line += f" in {word(clip(inside, 200))}"
        yield line + (" (waived)" if each.finding is not None and each.finding.waived is not None else "")


def _step(step: str) -> str:
    before, tick, rest = step.partition("`")
    command, _, after = rest.partition("`")
    return f"{prose(before)}{word(command)}{prose(after)}" if tick else prose(step)
