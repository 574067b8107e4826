"""The text with which a false alarm is reported, in Markdown.

All that comes from a package stands in indented code, where no Markdown reads anything into it. What could be nobody
else's business is left out: paths of the machine, what was typed, who wants the release, indexes of one's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.model import Ruling
from gatekeeper.reports import visible
from gatekeeper.reports._words import clip, lines_of, strictest_first, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatekeeper.model import Finding, Outcome, Verdict

INDENT = "    "  # what makes a line code, in every Markdown
HEADING = 12  # columns
MOST_RELEASES = 5
MOST_FINDINGS = 10  # of one release
LONGEST = 300  # characters of a line
# Addresses and paths in sentences about where something comes from: they are the person's own, and may hold a login.
ADDRESS = re.compile(r"[\w+.-]+://\S+|\S+@[\w.-]+:\S+")
PATH = re.compile(r"(?<![\w.])(?:~?/|[A-Za-z]:[\\/]|\.{1,2}/)[^\s,;)]+")
LOOK = """\
Look at this before you send it: it names packages and shows lines of their code. What is nobody else's business (a
package of your own, a name that only your company knows), take out."""
PRIVATE = """\
This did not come from the index that everybody uses: is it yours to show?"""
ASKED = """\
**Why it is honest:** say what the lines are for, who makes the package, and where that can be read."""


def false_alarm(outcome: Outcome, about: Sequence[str]) -> str:
    """Write the text; `about` says which versions of what judged."""
    refused = [one for one in strictest_first(outcome.verdicts) if one.ruling is not Ruling.ALLOW]
    lines = ["# gatekeeper refused what I hold for honest", "", LOOK, ""]
    facts = [*about, f"rules {outcome.ruleset}", *([outcome.client] if outcome.client else [])]
    lines += [*_coded(facts), ""]
    for number, verdict in enumerate(refused[:MOST_RELEASES], 1):
        lines += [f"## Release {number}", "", *([] if verdict.public else [PRIVATE, ""])]
        lines += [*_coded(_release(verdict)), "", ASKED, ""]
    return "\n".join(lines)


def _coded(lines: Iterable[str]) -> list[str]:
    return [INDENT + clip(visible(line), LONGEST) for line in lines]


def _release(verdict: Verdict) -> Iterator[str]:
    # Without a file, the name may be what somebody typed
    is_typed = verdict.artifact is None and _tame(verdict.release.name) != verdict.release.name
    yield _fact("release", "[left out]" if is_typed else verdict.release.purl)
    if verdict.artifact is not None:
        yield _fact("file", f"{verdict.artifact.filename}, {verdict.artifact.size} bytes")
        yield _fact("sha256", verdict.artifact.sha256)
    yield _fact("source", verdict.source or "" if verdict.public else "left out")
    yield _fact("ruling", " ".join(part for part in (verdict.ruling.word, verdict.rule) if part))
    if verdict.error is not None:
        yield _fact("error", _tame(verdict.error))
    for finding in [each for each in worst_first(verdict.findings) if each.severity.value][:MOST_FINDINGS]:
        yield from _finding(finding, is_package=verdict.artifact is not None)


def _finding(finding: Finding, *, is_package: bool) -> Iterator[str]:
    when = "" if finding.when is None else f", runs: {finding.when.word}"
    waived = ", waived" if finding.waived is not None else ""
    graded = f"{finding.severity.word} severity, {finding.confidence.word} confidence"
    yield _fact("check", f"{finding.check}: {graded}{when}{waived}")
    yield _fact("says", finding.message if is_package and finding.when is not None else _tame(finding.message))
    if not is_package or finding.file is None:  # else the file is the person's own
        return
    yield _fact("at", finding.file if finding.line is None else f"{finding.file}:{finding.line}")
    for number, text in lines_of(finding):
        yield f"{'':{HEADING}}{'>' if number == finding.line else ' '} {number} | {text.rstrip()}"
    if finding.around and finding.snippet:
        yield _fact("code", " ".join(finding.snippet.split()))


def _fact(heading: str, words: str) -> str:
    return f"{heading:{HEADING}}{words}"


def _tame(words: str) -> str:
    """Leave out addresses and paths."""
    return PATH.sub("[path left out]", ADDRESS.sub("[address left out]", words))
