"""Where verdicts are remembered, keyed by what was read and ruleset digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gatekeeper.model import Finding


class VerdictStore(Protocol):
    """Where findings about bytes are remembered, keyed by what was read and ruleset."""

    def recall(self, key: str, ruleset: str) -> tuple[Finding, ...] | None:
        """Return what was found in these bytes under this ruleset, or None."""

    def remember(self, key: str, ruleset: str, findings: tuple[Finding, ...]) -> None:
        """Keep what was found in these bytes under this ruleset."""
