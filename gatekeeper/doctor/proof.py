"""The nouns of `gatekeeper doctor`: one thing that was proved, how it stands, and what every proof may use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class State(IntEnum):
    """How a thing stands; ordered so that `max()` is the worst."""

    OK = 0
    WEAKER = 1  # the gate works, with less than it could have: said, and no failure
    BROKEN = 2  # not to be relied on

    @property
    def word(self) -> str:
        """The state as reports spell it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was tried, how it ended, and for what is not well what it means and what to do."""

    what: str
    state: State = State.OK
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What one chapter of proofs came to."""

    title: str
    proofs: tuple[Proof, ...]

    @property
    def state(self) -> State:
        """The worst of its proofs; nothing proved is not well."""
        return max((one.state for one in self.proofs), default=State.BROKEN)


def weaker(what: str, detail: str, remedy: str = "") -> Proof:
    """Say that something is missing, and the gate works all the same."""
    return Proof(what, State.WEAKER, detail, remedy)


def broken(what: str, detail: str, remedy: str = "") -> Proof:
    """Say that something does not do what it is there for."""
    return Proof(what, State.BROKEN, detail, remedy)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where proofs are made: a private folder that goes afterwards, and what the person has around them."""

    scratch: Path
    environ: Mapping[str, str]
    here: Path | None = None  # the folder in which the person stands; None when it is gone
    policy_file: Path | None = None

    def folder(self, *parts: str) -> Path:
        """Make a folder in the private one."""
        made = self.scratch.joinpath(*parts)
        made.mkdir(parents=True)
        return made
