"""One file per client we drive: ask what it would do, refuse what cannot be gated, run it fenced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from gatekeeper.model import Request
    from gatekeeper.wish import Locked, Wish


class Entrance(Protocol):
    """The gate, as a client is led to it."""

    @property
    def address(self) -> str:
        """The base of its addresses, our secret included, without a slash at its end."""

    @property
    def token(self) -> str:
        """What a client that keeps no path shows instead."""


class Client(Protocol):
    """What every client can do; one contract test runs on all."""

    @property
    def ecosystem(self) -> str:
        """The ecosystem of its releases, as a purl spells it."""

    @property
    def hello(self) -> dict[str, Any]:
        """What the client's process is told first."""

    def start(self, address: str, temporary: Path, stdout: int | None) -> subprocess.Popen[bytes]:
        """Start the client's process; it asks the gate at `address` what it may do."""

    def wish(self, question: Mapping[str, Any]) -> Wish:
        """Read what the client said it would use."""

    def plan(
        self, wish: Wish, gate: Entrance, addresses: Mapping[int, str], temporary: Path, cage: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the client's process may do, and inside which fence."""

    def planned(self, body: Mapping[str, Any]) -> list[Locked] | None:
        """Read the whole set that the client settled on before it fetched anything; None: it could not settle."""

    def rehearsed(self) -> tuple[str, ...]:
        """Return the addresses of what a rehearsal would have installed."""


def client(request: Request, environ: Mapping[str, str], *, rehearsal: bool = False) -> Client:
    """Return the client that a request names; a rehearsal resolves but installs nothing."""
    if request.client == "pip":
        from gatekeeper.managers.pip import Pip

        return Pip(request, environ, rehearsal=rehearsal)
    if request.client in ("npm", "npx"):
        from gatekeeper.managers.npm import Npm

        return Npm(request, environ, rehearsal=rehearsal)
    raise UsageError(f"{request.client} is not supported yet: nothing was installed")


def passing(program: str) -> frozenset[str]:
    """Return the first words with which a client installs nothing whatever follows, so that nothing needs to be gated.

    None for npx: whether it fetches depends on the folder.
    """
    if program in ("pip", "pip3"):
        from gatekeeper.managers._pip_wish import READ_ONLY

        return READ_ONLY
    if program == "npm":
        from gatekeeper.managers._npm_verbs import NAMES, PLAIN

        return frozenset(name for name, verb in NAMES.items() if verb in PLAIN)
    return frozenset()
