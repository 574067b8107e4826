"""The lines of code around what was found, for people to see: they decide nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError
from gatekeeper.model import Severity, When

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from gatekeeper.model import Finding

BESIDE = 2  # lines before and after
LONGEST = 200  # characters of a line
MOST_FINDINGS = 10  # of one artifact: nobody reads on
MOST_BYTES = 1 << 20  # of a file: lines of larger ones were written by programs
NEWLINE = re.compile(r"\r\n|\n|\r")


def with_lines(
    findings: Iterable[Finding], members: Collection[str], read: Callable[[str], bytes]
) -> tuple[Finding, ...]:
    """Return findings, the grave ones about code that runs with the lines around their place."""
    files: dict[str, list[str]] = {}
    told: list[Finding] = []
    shown = 0
    for finding in findings:
        path = finding.file
        if path is None or path not in members or shown >= MOST_FINDINGS or not is_worth_lines(finding):
            told.append(finding)
            continue
        shown += 1
        if path not in files:
            files[path] = lines_of(path, read)
        told.append(replace(finding, around=around(files[path], finding.line or 0)))
    return tuple(told)


def is_worth_lines(finding: Finding) -> bool:
    """Say whether a finding may stop an installation, and has a line."""
    return finding.severity >= Severity.MEDIUM and finding.when not in (None, When.NEVER) and finding.line is not None


def lines_of(path: str, read: Callable[[str], bytes]) -> list[str]:
    """Return a file's lines; none when it cannot be read, or is too large to be looked at."""
    try:
        content = read(path)
    except UnreadableError:
        return []
    return NEWLINE.split(content.decode("utf-8", "replace")) if len(content) <= MOST_BYTES else []


def around(lines: list[str], at: int) -> tuple[tuple[int, str], ...]:
    """Return numbered lines around a place, which counts from 1; none when the place is not in the file."""
    if not 1 <= at <= len(lines):
        return ()
    first, last = max(1, at - BESIDE), min(len(lines), at + BESIDE)
    return tuple((number, shown(lines[number - 1])) for number in range(first, last + 1))


def shown(line: str) -> str:
    """Cut a line, with a sign that something is missing: blanks may hide what stands far to the right."""
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
