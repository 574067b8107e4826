"""One session of the gate for each client that is asked, with one reader and one fence for all.

The clients only say what they would use; they are never told to go on.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatekeeper import managers
from gatekeeper.errors import GatekeeperError
from gatekeeper.gate.control import Control
from gatekeeper.gate.door import door
from gatekeeper.gate.reader import Reader
from gatekeeper.gate.server import Gate
from gatekeeper.gate.session import Session
from gatekeeper.managers.fence import Fence
from gatekeeper.managers.running import running
from gatekeeper.model import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from typing_extensions import Self

    from gatekeeper.gate.options import Options
    from gatekeeper.model import Outcome, Watcher
    from gatekeeper.wish import Wish

ECOSYSTEMS = ("pypi", "npm")


@dataclass(slots=True)
class Sessions:
    """A context manager; `by_ecosystem` holds what was opened, `faults` why a client could not be asked."""

    folder: Path
    options: Options
    watcher: Watcher
    by_ecosystem: dict[str, Session] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    faults: dict[str, GatekeeperError] = field(default_factory=dict)
    reader: Reader = field(init=False)
    _fence: Fence = field(init=False)
    _things: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Start what reads."""
        self.reader = self._things.enter_context(Reader(self.options))
        self._fence = self._things.enter_context(Fence())
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything."""
        self._things.close()

    def open(self, ecosystem: str, names: Sequence[str], change: Callable[[Wish], Wish] | None = None) -> Session:
        """Ask a client what it would use for some names, and let its session serve that; without names, nothing."""
        client = managers.client(question_about(ecosystem, names, self.folder), os.environ)
        gate = self._things.enter_context(Gate(door(), Control(client.hello)))
        session = self._things.enter_context(Session(gate, self.reader, self.options, self._fence.folder, self.watcher))
        self.by_ecosystem[ecosystem] = session
        if names:
            process = self._things.enter_context(running(client.start(gate.address, self._fence.work, None)))
            wish = client.wish(gate.control.question(process))
            self.wishes[ecosystem] = change(wish) if change else wish
            session.open(self.wishes[ecosystem])
        return session

    def try_to_open(self, ecosystem: str, names: Sequence[str], change: Callable[[Wish], Wish]) -> None:
        """Open a session, or remember why that cannot be."""
        try:
            self.open(ecosystem, names, change)
        except GatekeeperError as problem:
            self.faults[ecosystem] = problem

    @property
    def bytes(self) -> int:
        """How much was fetched."""
        return sum(session.cases.bytes for session in self.by_ecosystem.values())

    def remarks(self, outcome: Outcome) -> tuple[str, ...]:
        """Put together what was said of all, once, what dialects said, and of each ecosystem's known malware."""
        sessions = self.by_ecosystem.values()
        said = [line for session in sessions if session.dialect for line in session.dialect.remarks]
        said += [line for session in sessions for line in session.cases.malware.remarks()]
        return tuple(dict.fromkeys((*outcome.remarks, *said)))


def question_about(ecosystem: str, names: Iterable[str], folder: Path) -> Request:
    """Word the question to a client: what it would use to fetch these, without what they require."""
    if ecosystem == "npm":
        return Request("npm", ("exec", *(f"--package={text}" for text in names), "--", "none"), folder)
    return Request("pip", ("download", "--no-deps", *names), folder)
