"""One file per output format: outcome in, text out."""

from __future__ import annotations

import unicodedata

# Letters and symbols by category, yet drawn as nothing or as a blank: they hide text as well as any control character.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MARKS = frozenset({"Mn", "Me"})  # combining marks and variation selectors


def visible(text: str) -> str:
    r"""Spell every character that hides, moves or reorders text as an escape (`\x1b`, `\u202e`), on one line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char.encode("unicode_escape").decode("ascii") if _hides(char) else char for char in text)


def _hides(char: str) -> bool:
    return not char.isprintable() or char in _BLANK or unicodedata.category(char) in _MARKS
