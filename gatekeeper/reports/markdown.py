"""Markdown, as a comment on a pull request takes it: what was not allowed and why, and the rest folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.reports.github import summary

if TYPE_CHECKING:
    from gatekeeper.model import Outcome

MOST_BYTES = 60_000  # a comment on GitHub may have 65,536 characters


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome in Markdown; `verbose` adds nothing."""
    del verbose
    return summary(outcome, MOST_BYTES)
