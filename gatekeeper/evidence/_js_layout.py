"""What a JavaScript file looks like: code out of sight, marks of an obfuscator, characters that nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.evidence._js_prefilter import Facts, has_long_line
from gatekeeper.model import Behaviour, Surface

if TYPE_CHECKING:
    from gatekeeper.evidence._base import Ledger


def note_looks(ledger: Ledger, surface: Surface, content: bytes, facts: Facts) -> None:
    """Note what a file looks like."""
    if facts.far_right is not None:
        line = content.count(b"\n", 0, facts.far_right) + 1
        _add(ledger, surface, "far-right", "code out of sight to the right", line)
    if facts.obfuscated:
        _add(ledger, surface, "obfuscator", "names like _0x1a2b3c", 1)
    if facts.hidden:
        _add(ledger, surface, "hidden-characters", "characters that nobody sees, in number", 1)
    if has_long_line(content):
        _add(ledger, surface, "long-line", "a line that nobody wrote by hand", 1)


def _add(ledger: Ledger, surface: Surface, kind: str, detail: str, line: int) -> None:
    ledger.add(Behaviour(kind, detail, surface.path, line, surface.when))
