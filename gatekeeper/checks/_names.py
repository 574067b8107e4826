"""What checks of names share: how far down the list of popular names a kind of likeness still means something."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.model import Evidence, Lookalike

# For a kind of likeness: whose names have so many letters count down to that rank. Measured: docs/names.md.
Reach = tuple[tuple[int, int], ...]
SETTLED = timedelta(days=730)  # a trap is found and taken down within weeks, seldom after years
MANY_RELEASES = 10


def reaches(table: Mapping[str, Reach], near: Lookalike) -> bool:
    """Say whether a name is long and popular enough for one like it to matter."""
    length = letters(near.target)
    return any(length >= least and near.rank <= rank for least, rank in table.get(near.kind, ()))


def letters(name: str) -> int:
    """Return how many letters a name has, those of its package alone when it has a scope."""
    return len(re.sub(r"[-_.@/]", "", name.rpartition("/")[2]))


def is_settled(evidence: Evidence) -> bool:
    """Say whether a project is known to be old and to have had many releases: nobody's fresh trap."""
    past = evidence.history
    if past is None:
        return False
    times = [one.published for one in (past.release, *past.others) if one.published is not None]
    return len(times) >= MANY_RELEASES and past.now - min(times) >= SETTLED
