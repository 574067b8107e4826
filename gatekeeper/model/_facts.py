"""What was seen of a release: facts, not judgements."""

from __future__ import annotations

from dataclasses import dataclass

from gatekeeper.model._basics import Artifact, Confidence, Place, Release, Severity, When
from gatekeeper.model._past import Advisory, Change, History


@dataclass(frozen=True, slots=True)
class Surface:
    """A file of an artifact, when it runs, why we think so, and for a suspect the lines at which it was seen to act."""

    path: str
    when: When
    why: str
    lines: tuple[tuple[int, When], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A signature that a command, a path, a host or code matched: its id, its family, how bad it is, and why."""

    id: str
    family: str
    severity: Severity
    reason: str
    confidence: Confidence = Confidence.HIGH
    attack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that code does: a fact, not a judgement. `kind` is from the table in evidence/."""

    kind: str
    detail: str
    file: str
    line: int
    when: When
    snippet: str = ""
    taints: tuple[str, ...] = ()  # where the values came from that flow in: decoded, network, environment, ...
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Something in an artifact that was not read to the end, and why. Never the same as clean."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A popular name that a name could be mistaken for; `kind` names the slip, `rank` counts from 1."""

    target: str
    kind: str
    rank: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact about where something comes from, seen by a manager or a registry rather than in bytes.

    `kind` is one of: vcs-source, remote-requirements, path-source, foreign-host, foreign-host-promised, lookalike-host,
    two-indexes, younger-index, version-confusion, internal-name, unclaimed-name, declared-index, plain-http,
    written-secret, metadata-mismatch.
    """

    kind: str
    detail: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All facts about one release and, once its bytes are here, its artifact."""

    release: Release
    artifact: Artifact | None = None
    kind: str | None = None  # wheel, sdist, npm, folder; None while only the name is known
    requested: bool = False
    surfaces: tuple[Surface, ...] = ()
    behaviours: tuple[Behaviour, ...] = ()
    unread: tuple[Unread, ...] = ()
    lookalikes: tuple[Lookalike, ...] = ()
    notices: tuple[Notice, ...] = ()
    history: History | None = None
    advisories: tuple[Advisory, ...] = ()
    changes: tuple[Change, ...] = ()
