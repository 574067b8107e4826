"""What the checks about history share: how long news is news, and small examples."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from gatekeeper.model import Dated, Evidence, History, Release

if TYPE_CHECKING:
    from collections.abc import Sequence

PATCH, MINOR = "patch", "minor"
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)  # the moment of the examples


def days_before(days: float | None) -> datetime | None:
    """Return the moment so many days before the examples'."""
    return None if days is None else NOW - timedelta(days=days)


def about(
    published: float | None,
    *,
    before: Sequence[Dated] = (),
    version: str = "1.2.1",
    **told: Any,  # noqa: ANN401 - fields
) -> Evidence:
    """Build an example: a release so many days old, those before it, and further fields of both nouns."""
    own = {name: told.pop(name) for name in tuple(told) if name in Dated.__dataclass_fields__}
    release = Dated(version, days_before(published), **own)
    past = History(NOW, release, tuple(before), before[-1] if before else None, **told)
    return Evidence(Release("npm", "example", version), history=past)


def earlier(version: str, days: float | None, **told: Any) -> Dated:  # noqa: ANN401 - the fields of Dated
    """Build an earlier release of an example."""
    return Dated(version, days_before(days), **told)
