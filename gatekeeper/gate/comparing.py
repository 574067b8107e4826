"""Holding a release that raises a question against the one before it: the earlier file is fetched only for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.errors import GatekeeperError
from gatekeeper.model import UNASKED, Ruling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.gate.cases import Case
    from gatekeeper.gate.reader import Reader
    from gatekeeper.model import History, Verdict

MOST_BYTES = 64 << 20  # of an earlier file that is fetched only to compare


def pays(verdict: Verdict, past: History | None) -> bool:
    """Say whether the release before is worth fetching: this one raises a question by its code, or gained a hook."""
    if past is None or past.previous is None or verdict.artifact is None or verdict.ruling is Ruling.BLOCK:
        return False
    gained = bool(past.release.hooks and past.previous.hooks is False)
    return gained or (verdict.ruling is Ruling.ASK and any(each.when in UNASKED for each in verdict.findings))


@dataclass(frozen=True, slots=True)
class Comparing:
    """Fetches with `fetch` and reads with `reader`."""

    reader: Reader
    fetch: Callable[[Case], tuple[str, Path]]

    def compared(self, verdict: Verdict, path: Path, past: History, earlier: Case | None) -> Verdict:
        """Add what is new since the earlier file; where that cannot be had, the verdict stays as it is."""
        if earlier is None or (earlier.file.size or 0) > MOST_BYTES:
            return verdict
        try:
            before = self.fetch(earlier)[1]
        except (GatekeeperError, OSError):
            return verdict
        return self.reader.judge_changes(verdict, path, before, earlier.file.filename, past)
