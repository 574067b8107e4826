"""The nouns of gatekeeper, as frozen dataclasses. Nothing here does anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path  # noqa: TC003 - dataclass fields are read at run time by tests
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

T = TypeVar("T")


class Ruling(IntEnum):
    """What we say about a release; ordered so that `max()` is the strictest."""

    ALLOW = 0
    ASK = 1
    ERROR = 2  # could not decide: worse than a question, less certain than a block
    BLOCK = 3

    @property
    def word(self) -> str:
        """The ruling as reports spell it."""
        return self.name.lower()


class Severity(IntEnum):
    """How bad it is if the finding is right."""

    NOTE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The severity as reports spell it."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure we are that the finding is right."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The confidence as reports spell it."""
        return self.name.lower()


class When(str, Enum):
    """The moment at which code of a package runs, the earliest first."""

    INSTALL = "install"
    BUILD = "build"
    STARTUP = "startup"
    IMPORT = "import"
    COMMAND = "command"
    CALL = "call"  # a function that nothing calls at the moments above; reports say "command"
    NEVER = "never"

    @property
    def word(self) -> str:
        """The moment as reports spell it."""
        return When.COMMAND.value if self is When.CALL else self.value


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A fact."""

    value: T


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why we lack a fact."""

    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person wrote something: a file (or "command line", "environment") and a 1-based line."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """Spell the place as `file:line`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Request:
    """What was typed after `safe-install`: a client and its own words, in a folder."""

    client: str
    words: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one package in one ecosystem; the version is None while only the name is known."""

    ecosystem: str
    name: str
    version: str | None = None

    @property
    def purl(self) -> str:
        """The package URL (https://github.com/package-url/purl-spec)."""
        name = "/".join(quote(part, safe="", errors="backslashreplace") for part in self.name.split("/"))
        version = "" if self.version is None else f"@{quote(self.version, safe='', errors='backslashreplace')}"
        return f"pkg:{self.ecosystem}/{name}{version}"

    def __str__(self) -> str:
        """Spell the release as people do: `name version`."""
        return self.name if self.version is None else f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file whose digest is known (hex SHA-256, size in bytes)."""

    filename: str
    sha256: str
    size: int


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

    `kind` is one of: vcs-source, remote-requirements, path-source, foreign-host, two-indexes, plain-http,
    metadata-mismatch.
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one check says. `attack` holds MITRE ATT&CK technique ids."""

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


@dataclass(frozen=True, slots=True)
class Pending:
    """What a deeper reading of an artifact or folder still owes: where it lies, its suspects, what was found so far."""

    path: Path
    suspects: tuple[Surface, ...]
    found: tuple[Finding, ...]


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
    recalled: bool = False
    pending: Pending | None = None  # set only where whoever asked for it will have many read deeper in one call


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
