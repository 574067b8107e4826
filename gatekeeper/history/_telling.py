"""Which of a project's hundreds of releases tell anything about one of them. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Dated

NEARBY = 12  # versions right below
MEANWHILE = timedelta(hours=1)  # around the release
MOST = 50  # published meanwhile


def telling(releases: Sequence[Dated], at: int) -> tuple[Dated, ...]:
    """Return them in the order of versions: the nearest below, the first, the last before it, those of its hour."""
    own = releases[at].published
    kept = {*range(max(0, at - NEARBY), at)}
    times = [(each.published, number) for number, each in enumerate(releases) if each.published and number != at]
    if times:
        kept.add(min(times)[1])
    if own is not None:
        before = [time for time in times if time[0] < own]
        kept.update([max(before)[1]] if before else [])
        kept.update([number for time, number in times if abs(time - own) < MEANWHILE][:MOST])
    return tuple(releases[number] for number in sorted(kept))
