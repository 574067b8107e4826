"""Reading a log back, line by line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatekeeper.audit._book import BEGAN, ENDED, RELEASE, SCHEMA, WAIVER
from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BEGAN", "ENDED", "RELEASE", "WAIVER", "Entry", "entries"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a log and its number; `said` is None when the line is damaged."""

    line: int
    said: dict[str, Any] | None


def entries(path: Path) -> Iterator[Entry]:
    """Yield the lines of a log, the oldest first. Raises UndecidedError when it cannot be read."""
    try:
        with path.open("rb") as log:
            for number, line in enumerate(log, 1):
                if line.strip():
                    yield Entry(number, _said(line))
    except OSError as problem:
        raise UndecidedError(f"the audit log {path} cannot be read: {problem.strerror}") from problem


def _said(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
        moment = datetime.fromisoformat(said["time"].replace("Z", "+00:00"))
        sound = said["schema"] == SCHEMA and moment.tzinfo is not None and isinstance(said["run"], str)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return said if sound else None
