"""Which releases are too young to be taken unless they are asked for: most malicious ones are found in a day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.model import Dated


@dataclass(frozen=True, slots=True)
class Held:
    """A version that was left out of what the client may choose from, and when it is old enough."""

    name: str
    dated: Dated
    passes: datetime


@dataclass(frozen=True, slots=True)
class Cooldown:
    """How long a release has to have been public, seen at one moment (`now`, in UTC); no hours: it is off.

    `exempt` are patterns of names that never wait.
    """

    now: datetime
    hours: float = 0.0
    exempt: tuple[str, ...] = ()

    def applies_to(self, name: str) -> bool:
        """Say whether releases of a name have to wait."""
        return self.hours > 0 and not any(fnmatchcase(name, pattern) for pattern in self.exempt)

    def holds(self, name: str, dated: Dated) -> Held | None:
        """Return the version as held back when it is too young; one without a known time is never guessed about."""
        if dated.published is None or not self.applies_to(name):
            return None
        try:
            passes = dated.published + timedelta(hours=self.hours)
        except OverflowError:  # beyond all calendars
            passes = datetime.max.replace(tzinfo=timezone.utc)
        return Held(name, dated, passes) if passes > self.now else None
