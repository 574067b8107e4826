"""What the plumbing asks of a dialect, whichever registry's language it speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gatekeeper.gate.cases import Case, Cases
    from gatekeeper.model import Release


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its method, its decoded path in parts, its headers (named in lower case), and what was posted."""

    method: str
    route: Sequence[str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that is no package: pages, metadata."""

    kind: str
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that an index did not answer as it should, for one name."""

    name: str
    message: str
    missing: bool = False  # nobody has such a name


class Dialect(Protocol):
    """A registry's language. Thread-safe."""

    ecosystem: str
    cases: Cases
    faults: dict[str, Fault]
    remarks: list[str]

    def answer(self, asked: Asked) -> Page | Case | None:
        """Return a page, or the case whose file is to be served once it is allowed; None serves nothing."""

    def case_of(self, release: Release, wanted: str) -> Case:
        """Return the case of the file that the client would choose; raise `UndecidedError` when there is none."""

    def case_at(self, url: str) -> Case | None:
        """Return the case of a file by the gate's address for it, or by its own."""

    def canonical(self, url: str) -> str | None:
        """Return the upstream address of a file that the gate serves at `url`, without credentials."""

    def requested(self) -> frozenset[str]:
        """Return the names that the person asked for."""

    def unfit(self) -> Iterable[Fault]:
        """Return a fault for each requested name of which nothing fits."""

    def close(self) -> None:
        """Stop asking upstreams."""
