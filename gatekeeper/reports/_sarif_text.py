"""Text and fingerprints as SARIF has them."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from gatekeeper.reports import visible

if TYPE_CHECKING:
    from gatekeeper.reports._said import Said

LONGEST = 1000  # characters: what code scanning shows of a message
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_NUMBER = re.compile(r"\d+")


def plain(text: str) -> str:
    r"""Spell text so that a viewer reads no link and no placeholder into it (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    shown = visible(text)
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + "..."
    linkless = shown.replace("\\", "\\\\").replace("[", r"\[").replace("]", r"\]")
    return _PLACEHOLDER.sub(r"{{\1}}", linkless)


def fingerprint(each: Said) -> str:
    """Return what stays the same when lines move and ages or counts in the message change."""
    finding, place = each.finding, each.verdict.place
    parts = (
        each.rule,
        each.verdict.release.purl,
        None if place is None else place.file,
        None if finding is None else finding.file,
        None if finding is None else finding.snippet,
        _NUMBER.sub("#", each.message),
    )
    return sha256("\0".join(part or "" for part in parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
