"""What the JavaScript reader keeps while it reads: where it is, what it noted, and how much work is left."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from gatekeeper.evidence._base import MOST_SNIPPET, BudgetError, Ledger, one_line
from gatekeeper.evidence._js_syntax import Syntax  # noqa: TC001 - annotations of tables
from gatekeeper.evidence._js_values import Function, JsSource, Scope, origins
from gatekeeper.model import Behaviour, Mark, Unread, When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gatekeeper.evidence._values import Value

MOST_STEPS_PER_FILE = 250_000  # evaluated nodes of code that runs unasked; a part of it for the rest
MOST_STEPS = 1_500_000  # of one artifact
ENOUGH_STEPS = 500_000  # after which code that does not run at an install gets fewer
MOST_NESTING = 190  # expressions and statements inside one another, followed calls included
ROOM_TO_FOLLOW = 60  # nested levels that must be left when a call is followed at once
MOST_ROUNDS = 6_000  # of all loops of one file together that run as they would
BLIND = frozenset({"exec", "spawn"})
HIDING = frozenset({"decoded", "characters", "xor", "network", "layer"})
MOST_ENTRIES = 4_000  # of all functions of one file that are run again on known values


def is_blind(values: Iterable[Value], taints: set[str], when: When) -> bool:
    """Say whether something runs of which too little is known, because making it was broken off.

    What is put together from plain words around it, and decodes nothing, is how code generators work.
    """
    if when is not When.IMPORT:
        return when is not When.CALL
    return not HIDING.isdisjoint(taints) or not any(one.rough for one in values)


class Commands(Protocol):
    """Whoever reads the commands that code starts."""

    def command(self, line: str, path: str, number: int, when: When, taints: frozenset[str]) -> None:
        """Hear of a command that is started by a file, at a line, at a moment."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the reader is: the file, when its code runs, and how many layers of decoded code deep."""

    source: JsSource
    when: When
    line: int = 0  # of the call that ran a decoded layer; 0 in plain code
    layer: int = 0
    depth: int = 0  # of followed calls


@dataclass(slots=True)
class Allowance:
    """How much work is left in one file."""

    steps: int = MOST_STEPS_PER_FILE
    rounds: int = MOST_ROUNDS
    entries: int = MOST_ENTRIES
    charged: int = 0  # steps that the size of results took
    share: int = MOST_STEPS_PER_FILE >> 1  # of one function's own body, after which it is not followed again


@dataclass(slots=True)
class Postponed:
    """A call that is followed once there is room for it."""

    function: Function
    args: list[Value]
    this: Value | None
    at: Position


@dataclass(slots=True)
class State:
    """What changes when another file is entered."""

    at: Position
    scope: Scope
    left: Allowance = field(default_factory=Allowance)
    branch: int = 0  # > 0 inside code that runs only perhaps
    dead: int = 0  # > 0 inside code that would not run as far as we know
    may_end: bool = False  # whether the loop around may have ended
    postponed: list[Postponed] = field(default_factory=list)
    waiting: list[tuple[Value, list[Value]]] | None = None  # callbacks that run once a name stands for their call


class Base:
    """The reader's state, and how it notes what it sees. The classes above it read expressions, calls, statements."""

    def __init__(self, ledger: Ledger, commands: Commands | None = None) -> None:
        """Start with an empty position and a full budget."""
        self.ledger = ledger
        self.commands = commands
        self.globals = Scope()
        source = JsSource("", [], self.globals)
        self.state = State(Position(source, When.NEVER), self.globals)
        self.steps = 0
        self.nesting = 0
        self.nested = 0  # steps of the functions that the present one called
        self.cut: set[str] = set()  # files in which something lies too deep

    # What the other parts provide.
    evaluate: Callable[[Syntax], Value]
    run: Callable[[list[Syntax]], str | None]
    run_layer: Callable[[Value, Syntax], Value | None]
    enter_module: Callable[[str, Syntax], Value | None]
    enter_file: Callable[[str, str], Value | None]
    local_file: Callable[[str], bytes | None]
    follow: Callable[..., Value]

    @property
    def at(self) -> Position:
        """Where the reader is."""
        return self.state.at

    @property
    def scope(self) -> Scope:
        """The names that hold here."""
        return self.state.scope

    @property
    def maybe(self) -> bool:
        """Whether the code here runs only perhaps."""
        return self.state.branch > 0

    def step(self) -> None:
        """Count one evaluated node."""
        self.steps += 1
        left = self.state.left
        left.steps -= 1
        if left.steps < 0 or self.steps > MOST_STEPS:
            raise BudgetError

    def charge(self, size: int) -> None:
        """Count the work that a large result took."""
        left = self.state.left
        left.steps -= size >> 8
        left.charged += size >> 8

    @contextmanager
    def inside(self, scope: Scope, at: Position) -> Iterator[None]:
        """Read with other names and at another place, and come back."""
        state = self.state
        before = state.scope, state.at, state.branch, state.dead, state.waiting, state.may_end
        state.scope, state.at, state.branch, state.dead, state.waiting = scope, at, 0, 0, None
        try:
            yield
        finally:
            state.scope, state.at, state.branch, state.dead, state.waiting, state.may_end = before

    def note(
        self, kind: str, detail: str, node: Syntax, values: Iterable[Value] = (), marks: Iterable[Mark] = ()
    ) -> None:
        """Write down one thing that the code at this position does."""
        at = self.at
        line = at.line or node.line
        values = list(values)
        taints = set(origins(values))
        if at.layer:
            taints.add("layer")
        if "unfinished" in taints:
            taints.discard("unfinished")
            at.source.blind += kind in BLIND and is_blind(values, taints, at.when)
        path = at.source.path
        self.ledger.add(Behaviour(kind, detail, path, line, at.when, self.snippet(line), tuple(taints), tuple(marks)))

    def snippet(self, line: int) -> str:
        """Return the source line, cut to a screen's width."""
        lines = self.at.source.lines
        return one_line(lines[line - 1], MOST_SNIPPET) if 0 < line <= len(lines) else ""

    def unread(self, path: str, reason: str) -> None:
        """Write down that a file was not read to the end."""
        self.ledger.unread.setdefault(path, Unread(path, reason))

    def too_deep(self, node: Syntax) -> None:
        """Write down that something lies deeper than is read, unless it is small."""
        if node.ts is not None and node.ts.end_byte - node.ts.start_byte > ROOM_TO_FOLLOW:
            self.unread(self.at.source.path, "nested too deeply to be read to the end")

    def moved(self, when: When) -> Position:
        """Return the present position at another moment."""
        return replace(self.at, when=when)
