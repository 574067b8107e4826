"""What is said of a release, and what became of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - dataclass fields are read at run time by tests
from typing import Protocol

from gatekeeper.model._basics import Artifact, Confidence, Place, Release, Ruling, Severity, When
from gatekeeper.model._facts import Surface


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one check says. `attack` holds MITRE ATT&CK technique ids.

    `around` are numbered lines of code, the finding's own among them; `instead` is the name that was probably meant.
    What follows is worked out for reports, where a release was not allowed: how the policy rules on this finding alone,
    by which rule, and why the check asks.
    """

    check: str
    severity: Severity
    confidence: Confidence
    message: str
    when: When | None = None
    file: str | None = None
    line: int | None = None
    snippet: str | None = None
    attack: tuple[str, ...] = ()
    waived: str | None = None
    around: tuple[tuple[int, str], ...] = ()
    instead: str | None = None
    ruling: Ruling | None = None
    rule: str = ""
    why: str = ""

    @property
    def gravity(self) -> tuple[bool, int, int]:
        """How much it weighs, for sorting: the gravest first, what is waived last."""
        return self.waived is not None, -self.severity, -self.confidence


@dataclass(frozen=True, slots=True)
class Pending:
    """What a deeper reading of an artifact or folder still owes: where it lies, its suspects, what was found so far."""

    path: Path
    suspects: tuple[Surface, ...]
    found: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way on after a refusal: its name, and a sentence or a command line to be typed, or both."""

    title: str
    words: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A ruling and its findings for one release. `error` says why we could not decide."""

    release: Release
    ruling: Ruling
    findings: tuple[Finding, ...] = ()
    artifact: Artifact | None = None
    error: str | None = None
    source: str | None = None  # the index the bytes came from, without credentials
    requested: bool = False
    via: tuple[str, ...] = ()
    path: str | None = None  # what was handed in, for `inspect` and local files
    place: Place | None = None  # the line of a lock file or manifest that names it
    recalled: bool = False
    unread: bool = False  # the bytes are here, and could not be read: what `error` says is about them
    pending: Pending | None = None  # set only where whoever asked for it will have many read deeper in one call
    instead: str | None = None  # the name that was probably meant, where nobody has the one that was asked for
    public: bool = False  # whether the bytes came from the index that everybody uses
    rule: str = ""  # for reports: what made the ruling, where no finding alone does
    ways: tuple[Way, ...] = ()  # for reports: what to do now

    @property
    def deciding(self) -> Finding | None:
        """The finding that weighs most of those that nobody excused."""
        counted = (each for each in self.findings if each.waived is None)
        return max(counted, key=lambda each: (each.ruling or 0, each.severity, each.confidence), default=None)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the fence: whether it stood, and what it does or why it is missing."""

    name: str
    stood: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate did in one run: the strictest ruling decides the exit code."""

    ruling: Ruling
    verdicts: tuple[Verdict, ...]
    fence: tuple[Layer, ...] = ()
    remarks: tuple[str, ...] = ()  # one-line facts worth saying: an owner chosen, a host refused
    client_exit: int | None = None  # None: the client never ran, or did not finish
    seconds: float = 0.0
    bytes: int = 0
    ruleset: str = ""
    gated: bool = True  # False: a verb that only reads was passed through, and there was nothing to judge
    error: str | None = None  # why the run itself came to nothing: usage, network, interruption
    client: str = ""  # which client it was, with its version


class Watcher(Protocol):
    """Whoever looks on while the gate works: progress on a terminal, and the person who answers questions."""

    def started(self, release: Release, filename: str | None) -> None:
        """Hear that work on a release has begun (fetching, then reading)."""

    def judged(self, verdict: Verdict) -> None:
        """Hear a verdict."""

    def answer(self, verdict: Verdict) -> bool | None:
        """Answer an ASK: True installs, False refuses, None means that nobody is there to ask."""

    def confirm(self, planned: Outcome) -> bool | None:
        """Answer a whole plan: True installs it, False refuses, None means that nobody is there to ask."""
