"""One file per output format: outcome in, text out."""

from __future__ import annotations

import re
import unicodedata

# Letters and symbols by category, yet drawn as nothing or as a blank: they hide text as well as any control character.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MARKS = frozenset({"Mn", "Me"})  # combining marks and variation selectors
# What CI runners take for a command of theirs in whatever is printed: `::name::` at a line's start, `##[name]` and
# `##vso[name]` anywhere in it.
_COMMAND = re.compile(r"^(?=\s*::)(\s*):|#(?=#\w*\[)")


def visible(text: str) -> str:
    r"""Spell every character that hides, moves or reorders text as an escape (`\x1b`, `\u202e`), on one line.

    A CI runner's command loses the sign that makes it one in the same way.
    """
    if "::" in text or "##" in text:
        text = _COMMAND.sub(lambda found: r"\x23" if found[0] == "#" else rf"{found[1]}\x3a", text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode("ascii") if _hides(char) else char for char in text)


def _hides(char: str) -> bool:
    return not char.isprintable() or char in _BLANK or unicodedata.category(char) in _MARKS
