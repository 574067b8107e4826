"""Stores for tests: one that keeps all in a dict, and the kinds that the contract is tested on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.stores.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.model import Finding


class Memory:
    """A store that remembers in a dict, for as long as it lives, and counts."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Finding, ...]] = {}
        self.recalled = 0

    def recall(self, key: str, ruleset: str) -> tuple[Finding, ...] | None:
        found = self.kept.get((key, ruleset))
        self.recalled += found is not None
        return found

    def remember(self, key: str, ruleset: str, findings: tuple[Finding, ...]) -> None:
        self.kept[key, ruleset] = findings

    def close(self) -> None:
        self.remember = lambda *_: None  # type: ignore[method-assign]
        self.kept.clear()


def nowhere(folder: Path) -> SqliteStore:
    """A store whose place is taken by something else: a home in which nothing can be written."""
    (folder / "taken").write_text("", "utf-8")
    return SqliteStore(folder / "taken" / "verdicts.sqlite")


KINDS: dict[str, Callable[[Path], SqliteStore | Memory]] = {
    "sqlite": lambda folder: SqliteStore(folder / "cache" / "verdicts.sqlite"),
    "memory": lambda _: Memory(),
    "nowhere": nowhere,
}
FORGETFUL = frozenset({"nowhere"})
ON_DISK = frozenset({"sqlite"})
