"""What servers say the time is: to a clock that is ahead, a release of an hour ago is an old one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLERATED = timedelta(hours=1)
NONE = timedelta(0)
LONGEST_AGE = 10  # digits of seconds


class Clock:
    """How far this machine's clock is from those of the servers that were asked. Thread-safe.

    The server that agrees with us most counts: an old answer may come out of a cache, while a clock that is wrong is so
    for all.
    """

    def __init__(self) -> None:
        """Believe our own clock until somebody says otherwise."""
        self._off: timedelta | None = None
        self._lock = threading.Lock()

    def note(self, headers: Mapping[str, str], now: datetime | None = None) -> None:
        """Hear when an answer was made (its lower-case headers); what is no time says nothing."""
        said = _time_in(headers)
        if said is None:
            return
        off = (now or datetime.now(timezone.utc)) - said
        with self._lock:
            if self._off is None or abs(off) < abs(self._off):
                self._off = off

    @property
    def ahead(self) -> timedelta:
        """By how much our clock is ahead; zero within what is tolerated."""
        return self._off if self._off is not None and self._off > TOLERATED else NONE

    @property
    def behind(self) -> timedelta:
        """By how much our clock is behind; zero within what is tolerated."""
        return -self._off if self._off is not None and -self._off > TOLERATED else NONE

    def remarks(self) -> list[str]:
        """Say that our clock is wrong, and what that means."""
        if self.ahead:
            return [f"this machine's clock is {_spelled(self.ahead)} ahead of the indexes': releases wait by theirs"]
        if self.behind:
            what = "releases look younger than they are, and waivers may count that are expired"
            return [f"this machine's clock is {_spelled(self.behind)} behind the indexes': {what}"]
        return []


def _time_in(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of an answer: when it was made, and how long caches have kept it since (RFC 9110, RFC 9111)."""
    from email.utils import parsedate_to_datetime

    age = headers.get("age", "0").strip()
    try:
        made = parsedate_to_datetime(headers["date"])
        kept = timedelta(seconds=int(age) if age.isascii() and age.isdigit() and len(age) <= LONGEST_AGE else 0)
        return (made if made.tzinfo else made.replace(tzinfo=timezone.utc)) + kept
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _spelled(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - hours: people count in days then
