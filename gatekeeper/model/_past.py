"""What is known of a release before any of its bytes are read: its history, and what others have found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - dataclass fields are read at run time by tests

HOUR = 3600  # seconds
STEPS = ("major", "minor", "patch")
NEWS = 14.0  # days: a release that has been public for longer has been looked at by others
LONG = 48  # hours: from here on, people count in days


@dataclass(frozen=True, slots=True)
class Dated:
    """One version of a project, as its index tells about it. None: the index does not say."""

    version: str
    published: datetime | None = None  # its first file, in UTC
    withdrawn: str = ""  # why it was yanked, or how it is deprecated
    attested: bool | None = None  # whether it carries provenance (PEP 740, npm attestations)
    hooks: bool | None = None  # whether it runs something when it is installed
    publisher: str | None = None
    requires: frozenset[str] | None = None  # names
    repository: str | None = None

    def aged(self, now: datetime) -> str:
        """Spell how old it is: `6 h old`, `3 d old`."""
        if self.published is None:
            return "of unknown age"
        hours = (now - self.published).total_seconds() / HOUR
        if hours < 1:
            return f"{int(hours * 60)} min old" if hours >= 0 else "dated in the future"
        return f"{int(hours)} h old" if hours < LONG else f"{int(hours / 24)} d old"


@dataclass(frozen=True, slots=True)
class History:
    """A release among the other releases of its project, seen at one moment; `others` are in the order of versions."""

    now: datetime  # in UTC
    release: Dated
    others: tuple[Dated, ...] = ()
    previous: Dated | None = None  # the nearest lower version that is no pre-release, unless this is one
    status: str = ""  # of the project, as the index says: quarantined, archived, deprecated, ...
    pinned: bool = False  # the person, a lock or a digest asked for exactly this version
    hours: float = 0.0  # that the policy has a release wait; 0: the cooldown is off

    @property
    def days(self) -> float | None:
        """How long the release has been public, in days; None when that is not known."""
        if self.release.published is None:
            return None
        return (self.now - self.release.published).total_seconds() / HOUR / 24

    @property
    def is_news(self) -> bool:
        """Whether the release is so young that hardly anybody has looked at it."""
        return self.days is not None and self.days < NEWS

    @property
    def step(self) -> str:
        """The part of the version number that moved since the release before: major, minor or patch, else other."""
        if self.previous is None:
            return "other"
        here, there = (one.version.partition("+")[0].partition("-")[0] for one in (self.release, self.previous))
        for name, own, other in zip(STEPS, here.split("."), there.split("."), strict=False):
            if own != other:
                return name
        return STEPS[-1] if here != there else "other"


@dataclass(frozen=True, slots=True)
class Advisory:
    """A public record that says that a release is malicious."""

    id: str
    summary: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that this release has or does, and the release before it did not.

    `kind` is one of: hook, startup, behaviour, host, binary, dependency. `step` is how far the versions are apart:
    patch, minor, major or other.
    """

    kind: str
    detail: str
    since: str  # the earlier version
    step: str
    file: str | None = None
    line: int | None = None
