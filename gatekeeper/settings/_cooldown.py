"""How long releases have to wait: the `cooldown` of a policy, and the same wish where other tools keep it."""

from __future__ import annotations

import re

from gatekeeper.errors import UsageError

UNITS = {"h": 1.0, "d": 24.0, "w": 168.0}  # hours
FORM = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*([hdw]?)")
EXAMPLE = 'write it like "24h", "7d" or "0h"'


def hours_of(said: object, what: str) -> float:
    """Read a length of time in hours; raise UsageError naming `what` when it is none (of bare numbers, 0 is one)."""
    found = FORM.fullmatch(said.strip()) if isinstance(said, str) else None
    if said == 0 and not isinstance(said, bool):
        return 0.0
    if found is None or (not found[2] and float(found[1])):
        raise UsageError(f"{what} is not a length of time: {said}", hint=EXAMPLE)
    return float(found[1]) * UNITS[found[2] or "h"]
