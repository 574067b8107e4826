"""What checks share: picking behaviours, saying findings, and building small examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.model import (
    FIRST,
    UNASKED,
    Behaviour,
    Confidence,
    Evidence,
    Finding,
    Mark,
    Release,
    Severity,
    Surface,
    When,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

USED = frozenset({When.COMMAND, When.CALL})
MOST_FINDINGS = 20  # of one check: the rest says nothing new
HOLE = "\N{HORIZONTAL ELLIPSIS}"  # an unknown part of a detail


@dataclass(frozen=True, slots=True)
class Says:
    """Speaks for one check: builds findings that carry its id and techniques."""

    module: str
    attack: tuple[str, ...]

    @property
    def check(self) -> str:
        """The check's id."""
        return self.module.rpartition(".")[2].replace("_", "-")

    def of(self, behaviour: Behaviour, severity: Severity, confidence: Confidence, message: str) -> Finding:
        """Say something about what code does."""
        return Finding(
            self.check, severity, confidence, cut(message), behaviour.when, behaviour.file, behaviour.line,
            cut(behaviour.snippet) or None, self.attack,
        )  # fmt: skip

    def about(self, severity: Severity, confidence: Confidence, message: str, instead: str | None = None) -> Finding:
        """Say something about a release as such; `instead` is the name that was probably meant."""
        return Finding(self.check, severity, confidence, cut(message), attack=self.attack, instead=instead)


def cut(text: str) -> str:
    """Return text on one line of a bounded length; reports escape what is in it."""
    line = " ".join(text.split())
    return line if len(line) <= 240 else line[:239] + HOLE  # noqa: PLR2004 - two screen lines


def shown(detail: str) -> str:
    """Return a detail as messages quote it."""
    return cut(detail)[:120]


def pick(evidence: Evidence, *kinds: str, when: Iterable[When] = UNASKED) -> Iterator[Behaviour]:
    """Yield behaviours of some kinds at some moments."""
    moments = frozenset(when)
    return (one for one in evidence.behaviours if one.kind in kinds and one.when in moments)


def marks(behaviour: Behaviour, *families: str) -> tuple[Mark, ...]:
    """Return the signatures of some families that a behaviour matched."""
    return tuple(mark for mark in behaviour.marks if mark.family in families)


def about_written(say: Says, evidence: Evidence, family: str) -> Iterator[Finding]:
    """Yield a finding for each place of a family that is written unasked."""
    for one in pick(evidence, "write"):
        for place in marks(one, family):
            confidence = Confidence.HIGH if one.when in FIRST or place.severity > Severity.HIGH else Confidence.MEDIUM
            yield say.of(one, place.severity, confidence, f"writes a file that {place.reason}: {shown(one.detail)}")


def declared_lines(evidence: Evidence) -> set[tuple[str, int]]:
    """Return the lines that fetch a declared package from its registry, as npm itself would."""
    return {(one.file, one.line) for one in evidence.behaviours if marks(one, "declared-package")}


def fetches_only_declared(evidence: Evidence, file: str) -> bool:
    """Say whether all that a file fetches during an install are packages that are declared."""
    lines = declared_lines(evidence)
    fetched = [one for one in pick(evidence, "network", "send", when=FIRST) if one.file == file]
    return bool(fetched) and all((one.file, one.line) in lines and host_is_free(one) for one in fetched)


def host_is_free(behaviour: Behaviour) -> bool:
    """Say whether an address is a declared package's, or one that is only known later: where the first one leads."""
    return bool(marks(behaviour, "declared-package")) or behaviour.detail == HOLE


def together(evidence: Evidence, one: Behaviour, other: Behaviour) -> bool:  # noqa: ARG001 - reads well where it is used
    """Say whether two behaviours belong to one chain: in one file, or both while the package is installed."""
    return one.file == other.file or (one.when in FIRST and other.when in FIRST)


def example(*behaviours: Behaviour, kind: str = "sdist") -> Evidence:
    """Build a small example."""
    return Evidence(Release("pypi", "example", "1.0"), kind=kind, behaviours=behaviours)


def npm_example(*behaviours: Behaviour, surfaces: tuple[Surface, ...] = ()) -> Evidence:
    """Build a small example of an npm package."""
    return Evidence(Release("npm", "example", "1.0.0"), kind="npm", surfaces=surfaces, behaviours=behaviours)


def does(kind: str, detail: str = "", when: When = When.INSTALL, taints: str = "", *found: Mark) -> Behaviour:  # noqa: PLR0913, RUF100
    """Build a behaviour for an example; taints are words."""
    file = "setup.py" if when is When.INSTALL else "example/__init__.py"
    return Behaviour(kind, detail, file, 1, when, taints=tuple(taints.split()), marks=found)


def mark(identity: str, family: str, severity: Severity = Severity.HIGH) -> Mark:
    """Build a mark for an example."""
    return Mark(identity, family, severity, "is an example")
