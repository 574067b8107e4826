"""What reading a shell line keeps: words, what flows between commands, where it stands, and how it is noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import MOST_SNIPPET, Ledger, one_line
from gatekeeper.evidence._signatures import LOOKED_AT, STORES, marks_of_address, marks_of_command, marks_of_path
from gatekeeper.evidence._values import HOLE, NOTHING
from gatekeeper.model import Behaviour, Mark, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TEXT = 1 << 16  # characters of a known text that are carried on


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command; `exact` tells whether its text is known to the letter."""

    text: str
    taints: frozenset[str] = NOTHING
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Flow:
    """What a command writes for the next one to read; `text` is None where it is not known."""

    text: str | None = None
    taints: frozenset[str] = NOTHING
    shown: str = ""  # the command that wrote it, as messages quote it


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a line stands, when it runs, and in which folder of the artifact."""

    path: str
    line: int
    when: When
    folder: str = ""  # of the package whose line it is; the working folder may be below
    at: str = ""  # the working folder
    snippet: str = ""
    taints: frozenset[str] = NOTHING  # of everything that is noted here: a layer of hidden code
    depth: int = 0
    said: frozenset[Mark] = frozenset()  # of a command that somebody else has noted already
    quiet: bool = False  # somebody else has noted the command


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: its words, what it reads, and where it stands."""

    words: tuple[Word, ...]
    stdin: Flow
    spot: Spot

    @property
    def args(self) -> tuple[Word, ...]:
        """The words behind the name."""
        return self.words[1:]

    @property
    def texts(self) -> tuple[str, ...]:
        """The words behind the name, as texts."""
        return tuple(word.text for word in self.words[1:])

    @property
    def taints(self) -> frozenset[str]:
        """Where all words came from."""
        return NOTHING.union(*[word.taints for word in self.words])

    def after(self, count: int) -> Command:
        """Return the command without its first words."""
        return replace(self, words=self.words[count:])


@dataclass(slots=True)
class Notes:
    """Writes behaviours, surfaces and unread files into the ledger."""

    ledger: Ledger

    def note(self, kind: str, detail: str, spot: Spot, taints: Iterable[str] = (), marks: Iterable[Mark] = ()) -> None:
        """Write down one thing that a line does."""
        seen = Behaviour(
            kind, detail.strip() or HOLE, spot.path, spot.line, spot.when, one_line(spot.snippet, MOST_SNIPPET),
            tuple(set(taints) | spot.taints), tuple(marks),
        )  # fmt: skip
        self.ledger.add(seen)

    def spawn(self, shown: str, spot: Spot, taints: frozenset[str] = NOTHING) -> None:
        """Write down that a command is started, unless somebody has said the same of it."""
        marks = [mark for mark in marks_of_command(shown) if mark not in spot.said]
        if not spot.quiet or marks:
            self.note("spawn", shown, spot, taints, marks)

    def request(self, address: str, spot: Spot, taints: frozenset[str] = NOTHING, *, sends: bool = False) -> None:
        """Write down that something is fetched from an address, or sent there."""
        self.note("send" if sends else "network", address, spot, taints, marks_of_address(address))

    def write(self, path: str, spot: Spot, flow: Flow) -> None:
        """Write down that a file is written, and what its text says."""
        self.note("write", path, spot, flow.taints, marks_of_path(path))
        if flow.text:
            marks = [mark for mark in marks_of_command(flow.text[:4000]) if mark.family == "pattern"]
            if marks:
                self.note("write-script", flow.text[:200], spot, (), marks)

    def look(self, path: str, spot: Spot) -> frozenset[str]:
        """Write down that a store of secrets is read, if it is one; return what its content is tainted with."""
        marks = [mark for mark in marks_of_path(path) if mark.family in LOOKED_AT]
        if not marks:
            return NOTHING
        self.note("read", path, spot, (), marks)
        return frozenset({"secret"}) if any(mark.family in STORES for mark in marks) else NOTHING

    def surface(self, path: str, when: When, why: str) -> None:
        """Write down when a file runs; the earliest moment stays."""
        order = list(When)
        known = self.ledger.surfaces.get(path)
        if known is None or order.index(when) < order.index(known.when):
            self.ledger.surfaces[path] = Surface(path, when, why)

    def unread(self, path: str, reason: str) -> None:
        """Write down that something was not read to the end."""
        self.ledger.unread.setdefault(path, Unread(path, reason))
