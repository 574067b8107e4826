"""Markdown: for a comment on a pull request what was not allowed, the rest folded; and the report of a false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.reports import _false_alarm
from gatekeeper.reports.github import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Outcome

MOST_BYTES = 60_000  # a comment on GitHub may have 65,536 characters


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome in Markdown; `verbose` adds nothing."""
    del verbose
    return summary(outcome, MOST_BYTES)


def false_alarm(outcome: Outcome, about: Sequence[str]) -> str:
    """Write the text with which refusals are reported as false alarms; `about` says which versions judged."""
    return _false_alarm.false_alarm(outcome, about)
