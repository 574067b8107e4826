"""Checks: one pure question per file, found by file name. A check that fails to import stops the gate."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatekeeper.model import Evidence, Finding


class Check(Protocol):
    """What a check module offers; its docstring is title, explanation and remedy."""

    __doc__: str | None
    ATTACK: tuple[str, ...]
    hits: Sequence[Evidence]
    misses: Sequence[Evidence]

    def find(self, evidence: Evidence) -> Iterator[Finding]:
        """Yield a finding for everything in the evidence that this check asks about."""


@cache
def all_checks() -> dict[str, Check]:
    """Return every check by id: the file name with - for _. Only this package is searched."""
    return {identity: _loaded(name) for identity, name in _files().items()}


def check_called(identity: str) -> Check | None:
    """Return one check without loading the others; None when there is none with this id."""
    name = _files().get(identity)
    return None if name is None else _loaded(name)


@cache
def _files() -> dict[str, str]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name.replace("_", "-"): name for name in names}


def _loaded(name: str) -> Check:
    return cast("Check", importlib.import_module(f"{__name__}.{name}"))


def run_checks(evidence: Evidence) -> tuple[Finding, ...]:
    """Return what all checks find, worst first, then by place."""
    found: list[Finding] = []
    for check in all_checks().values():
        found.extend(check.find(evidence))
    return in_order(found)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions: the worst first, then by check, file and line."""
    return tuple(
        sorted(
            dict.fromkeys(findings),
            key=lambda one: (-one.severity, -one.confidence, one.check, one.file or "", one.line or 0),
        )
    )
