"""A verdict on its way to the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gatekeeper.model import Verdict


class RefusedError(Exception):
    """A verdict that the client has to hear now."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the verdict."""
        super().__init__(str(verdict.release))
        self.verdict = verdict
