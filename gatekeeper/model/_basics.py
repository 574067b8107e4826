"""What everything else is about: rulings, moments, places, releases and their files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from pathlib import Path  # noqa: TC003 - dataclass fields are read at run time by tests
from typing import Generic, TypeVar
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

    @property
    def exit_code(self) -> int:
        """The exit code of a run that ends with it, 0 where the client's own decides."""
        return {Ruling.BLOCK: 10, Ruling.ASK: 11, Ruling.ERROR: 12}.get(self, 0)


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


FIRST = frozenset({When.INSTALL, When.BUILD, When.STARTUP})  # code runs before anybody uses the package
UNASKED = FIRST | {When.IMPORT}  # ... and without a call


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
