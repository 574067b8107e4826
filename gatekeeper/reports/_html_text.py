"""Text in HTML that stays text, and the signs of the rulings: colour alone tells nobody anything."""

from __future__ import annotations

from html import escape

from gatekeeper.model import Ruling
from gatekeeper.reports import visible

GLYPHS = {Ruling.BLOCK: "\N{MULTIPLICATION X}", Ruling.ERROR: "?", Ruling.ASK: "!", Ruling.ALLOW: "\N{CHECK MARK}"}
TITLES = {Ruling.BLOCK: "block", Ruling.ERROR: "could not decide", Ruling.ASK: "ask", Ruling.ALLOW: "allow"}


def shown(text: str) -> str:
    """Spell text for an element's content or a quoted attribute."""
    return escape(visible(text), quote=True)
