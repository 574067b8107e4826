"""Times as registries write them."""

from __future__ import annotations

import contextlib
import re
import sys
from datetime import datetime, timezone

_PLAIN_TIMES = sys.version_info >= (3, 11)  # from then on the library reads a Z
_PLAIN_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?", re.IGNORECASE)


def parse_time(said: object) -> datetime | None:
    """Read an upload time (PEP 700); None when it is none."""
    if _PLAIN_TIMES and isinstance(said, str) and _PLAIN_TIME.fullmatch(said):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(said)
    found = _TIME.fullmatch(said) if isinstance(said, str) else None
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in {None, "Z", "z"} else zone
    try:
        # Written out in full: Python 3.10 reads neither Z nor other numbers of decimals.
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '').ljust(6, '0')}{offset}").astimezone(
            timezone.utc
        )
    except (ValueError, OverflowError):
        return None
