"""Text in GitHub's Markdown that stays text: no markup, no HTML, no link, no mention, no row of its own.

Every sign that could mean something becomes a character reference, which Markdown never takes for markup. GitHub makes
links of mentions, references and addresses after that, from the finished text, but not inside `<code>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What Markdown, HTML or GitHub reads something into; a number before a dot or bracket begins a list, at a line's start.
_SIGNS = re.compile(r"[!\"#$&*+:<=>@\[\\\]^_`{|}~]|(?<=www)\.|(?<=^\d)[.)]|^-", re.IGNORECASE)
_LINKED = re.compile(r"[@#]|://|www\.|\b[0-9a-f]{7,64}\b|\bGH-\d", re.IGNORECASE)


def word(text: str) -> str:
    """Spell text as code."""
    return f"<code>{_spelt(visible(text)) or ' '}</code>"


def prose(text: str) -> str:
    """Spell a sentence; a word of it that GitHub would make a link of is spelt as code."""
    return " ".join(word(part) if _LINKED.search(part) else _spelt(part) for part in visible(text).split(" "))


def listed(headings: Sequence[str], rows: Iterable[Sequence[str]], total: int, room: int) -> list[str]:
    """Write a table of `total` rows in at most `room` bytes; what does not fit is counted, and not even spelt."""
    if not total:
        return []
    lines = [f"| {' | '.join(headings)} |", "|" + " --- |" * len(headings)]
    above = len(lines)
    for row in rows:
        line = f"| {' | '.join(row)} |"
        room -= len(line.encode("utf-8", "backslashreplace")) + 1
        if room < 0:
            break
        lines.append(line)
    left = total - len(lines) + above
    return [*lines, "", *([f"... and {left} more that do not fit here", ""] if left else [])]


def _spelt(text: str) -> str:
    return _SIGNS.sub(lambda found: f"&#{ord(found[0])};", text)
