"""What the reader keeps while it reads: where it is, what it noted, and how much work is left."""

from __future__ import annotations

import ast  # noqa: TC003 - annotations
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._scopes import Scope, Source
from gatekeeper.evidence._signatures import marks_of_address, marks_of_command, marks_of_path
from gatekeeper.evidence._values import Value, all_taints
from gatekeeper.model import Behaviour, Mark, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gatekeeper.evidence._scopes import Class

MOST_STEPS_PER_FILE = 120_000  # evaluated nodes, about a second, of code that runs unasked; as many again for the rest
MOST_STEPS = 600_000  # of one artifact, and for each of its files some more
STEPS_A_FILE = 100
MOST_STEPS_OF_MANY = 3_000_000
MOST_BEHAVIOURS = 4000
NOT_CALLED = "functions that nothing calls"  # a reason that starts so is about no code that runs unasked
MOST_SNIPPET = 160  # characters


class BudgetError(Exception):
    """Reading one file, or the artifact, took more steps than it may."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the reader is: the file, when its code runs, and how many layers of decoded code deep."""

    source: Source
    when: When
    line: int = 0  # of the call that ran a decoded layer; 0 in plain code
    layer: int = 0
    depth: int = 0  # of followed calls
    main: bool = False  # whether the code runs as a program, so that `__name__` is `__main__`


@dataclass(slots=True)
class Ledger:
    """What was noted about one artifact."""

    behaviours: dict[tuple[str, str, str, int, When], Behaviour] = field(default_factory=dict)
    surfaces: dict[str, Surface] = field(default_factory=dict)
    unread: dict[str, Unread] = field(default_factory=dict)

    def add(self, seen: Behaviour) -> None:
        """Write down what code does; what was seen at the same place before gains origins and marks."""
        key = (seen.kind, seen.detail[:400], seen.file, seen.line, seen.when)
        known = self.behaviours.get(key)
        if known is None and len(self.behaviours) >= MOST_BEHAVIOURS:
            raise BudgetError
        taints, marks = set(seen.taints), seen.marks
        if known is not None:
            taints |= set(known.taints)
            marks = (*known.marks, *marks)
        self.behaviours[key] = replace(
            seen, detail=one_line(seen.detail, 400), taints=tuple(sorted(taints)), marks=tuple(dict.fromkeys(marks))
        )


class Base:
    """The reader's state, and how it notes what it sees. The classes above it read expressions, calls, statements."""

    def __init__(self, ledger: Ledger) -> None:
        """Start with an empty position and a full budget."""
        self.ledger = ledger
        self.at = Position(Source("", "", []), When.NEVER)
        self.scope = Scope()
        self.steps = 0
        self.most_steps = MOST_STEPS
        self.steps_in_file = 0
        self.rounds = 1  # of the loops around
        self.branch = 0  # > 0 inside code that runs only perhaps
        self.last = Value()  # of the expression that was read last as a statement
        self.mains: set[str] = set()  # files that run as programs

    # What the other parts provide.
    evaluate: Callable[[ast.expr], Value]
    run: Callable[[Iterable[ast.stmt]], None]
    run_layer: Callable[[str | bytes, ast.expr, frozenset[str]], bool]
    run_text: Callable[[str, ast.expr, frozenset[str]], bool]
    follow: Callable[[Any, list[Value], dict[str, Value]], Value]
    run_program: Callable[[str, str], None]
    unread: Callable[[str, str], None]
    find_module: Callable[[str], str | None]
    find_file: Callable[[str], str | None]
    find_command: Callable[[str], str | None]
    wrote: Callable[..., None]
    moved_file: Callable[[Value, Value], None]
    enter_import: Callable[[str, int], Value | None]
    enter_file: Callable[[str, str], Value | None]
    local_file: Callable[[str], bytes | None]
    define_class: Callable[[ast.ClassDef], Class]

    def step(self) -> None:
        """Count one evaluated node."""
        self.steps += 1
        self.steps_in_file += 1
        if self.steps_in_file > MOST_STEPS_PER_FILE or self.steps > self.most_steps:
            raise BudgetError

    def charge(self, value: Value) -> None:
        """Count the work that a large result took."""
        const, items = value.const, value.items
        size = len(const) >> 10 if isinstance(const, (str, bytes)) else len(items) >> 3 if items is not None else 0
        self.steps_in_file += size
        self.steps += size

    def note(
        self, kind: str, detail: str, node: ast.AST, values: Iterable[Value] = (), marks: Iterable[Mark] = ()
    ) -> None:
        """Write down one thing that the code at this position does."""
        line = self.at.line or getattr(node, "lineno", 1)
        taints = set(all_taints(values))
        if kind != "exec":
            taints.discard("given")
        if self.at.layer:
            taints.add("layer")
        path, when = self.at.source.path, self.at.when
        self.ledger.add(Behaviour(kind, detail, path, line, when, self.snippet(line), tuple(taints), tuple(marks)))

    def snippet(self, line: int) -> str:
        """Return the source line, cut to a screen's width."""
        lines = self.at.source.lines
        return one_line(lines[line - 1], MOST_SNIPPET) if 0 < line <= len(lines) else ""

    def moved(self, when: When) -> Position:
        """Return the present position at another moment."""
        return replace(self.at, when=when)


def one_line(text: str, most: int) -> str:
    """Return text on one line, cut to a length."""
    return " ".join(text[: most * 8].split())[:most]


def marks_in(kind: str, values: Iterable[Value]) -> list[Mark]:
    """Return what texts match, each of their alternatives included; kind is command, path or address."""
    look = {"command": marks_of_command, "path": marks_of_path, "address": marks_of_address}[kind]
    found: list[Mark] = []
    for value in values:
        for one in value.every():
            text = one.text
            if text:
                found.extend(look(text))
    return list(dict.fromkeys(found))
