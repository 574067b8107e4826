"""Credentials for an address, looked for where pip looks: the address, its index, netrc, the keyring command."""

from __future__ import annotations

import os
import threading
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UpstreamError
from gatekeeper.registries._keyring import Keyring
from gatekeeper.registries.addresses import Address, Login, Origin, is_remote, parse_address, redact

if TYPE_CHECKING:
    from netrc import netrc

__all__ = ["Credentials", "Login", "redact"]


class Credentials:
    """What a person's indexes, netrc file and keyring say; safe to share between threads.

    Every answer belongs to one origin (scheme, host and port) and is given for no other. A netrc `default`
    entry names no host and is therefore never used.
    """

    def __init__(self, *, netrc: Path | None = None, keyring: str = "auto", avoid: Path | None = None) -> None:
        """Look into `netrc` (else NETRC or the home folder's), and ask no keyring command inside `avoid`."""
        self._netrc_path = netrc
        self._netrc: dict[str, Login] | None = None
        self._keyring = Keyring(enabled=keyring != "disabled", avoid=avoid)
        self._indexes: list[Address] = []
        self._accepted: dict[Origin, Login] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Credentials for {len(self._indexes)} indexes>"

    def learn(self, index: str) -> None:
        """Remember an index address, so that files beside it are asked for with its credentials."""
        if not is_remote(index):
            return
        address = parse_address(index)
        with self._lock:
            if address not in self._indexes:
                self._indexes.append(address)

    def for_address(self, address: Address) -> Login | None:
        """Find the credentials to send at first; raise UpstreamError when the netrc file is malformed."""
        index = self._index_of(address)
        for candidate in (address, index):
            if candidate and candidate.username is not None and candidate.password is not None:
                return Login(candidate.username, candidate.password)
        username = self._username(address)
        login = self._from_netrc(address.origin.host)
        if login is not None:
            return login
        accepted = self._accepted.get(address.origin)
        if accepted is not None and username in {None, accepted.username}:
            return accepted
        return None if username is None else Login(username, "")

    def after_refusal(self, address: Address) -> Login | None:
        """Ask the keyring after a 401, for the index and then for the host, each once in our life."""
        index = self._index_of(address)
        username = self._username(address)
        services = [] if index is None else [f"{index.origin}{index.path.rstrip('/')}/"]
        for service in (*services, address.origin.netloc):
            login = self._keyring.login(service, username)
            if login:
                return login
        return None

    def accept(self, address: Address, login: Login) -> None:
        """Remember credentials that an origin has accepted."""
        with self._lock:
            self._accepted[address.origin] = login

    @property
    def complaint(self) -> str | None:
        """Why the keyring could not answer, if it could not."""
        return self._keyring.complaint

    def _username(self, address: Address) -> str | None:
        index = self._index_of(address)
        return address.username if address.username is not None or index is None else index.username

    def _index_of(self, address: Address) -> Address | None:
        with self._lock:
            beside = [index for index in self._indexes if index.origin == address.origin]
        return max(beside, key=lambda index: _shared(index, address), default=None)

    def _from_netrc(self, host: str) -> Login | None:
        with self._lock:
            if self._netrc is None:
                self._netrc = _machines(_netrc_path(self._netrc_path))
            return self._netrc.get(host)


def _shared(one: Address, other: Address) -> int:
    """Count the folders that two addresses have in common."""
    pairs = zip(_folders(one), _folders(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _folders(address: Address) -> list[str]:
    return address.path.partition("?")[0].rstrip("/").split("/")


def _netrc_path(given: Path | None) -> Path | None:
    if given is not None:
        return given
    named = os.environ.get("NETRC")
    if named is not None:
        places = [Path(os.path.expanduser(named))]  # noqa: PTH111 - leaves "~nobody" alone instead of raising
    else:
        home = os.path.expanduser("~")  # noqa: PTH111
        places = [Path(home, ".netrc"), Path(home, "_netrc")]
    return next((place for place in places if place.exists()), None)


def _machines(path: Path | None) -> dict[str, Login]:
    read = _read_netrc(path) if path else None
    if read is None:
        return {}
    return {
        host: Login(login or account or "", password or "")
        for host, (login, account, password) in read.hosts.items()
        if host != "default"
    }


def _read_netrc(path: Path) -> netrc | None:
    from netrc import NetrcParseError, netrc

    try:
        return netrc(str(path))
    except FileNotFoundError:
        return None
    except NetrcParseError as error:
        # The parser's own message quotes the token it stumbled over, which may be a password.
        problem = f"{path}:{error.lineno}: not a valid netrc line"
    except UnicodeDecodeError:
        problem = f"{path}: not a text file, so not a netrc file"
    except OSError as error:
        problem = f"{path}: cannot be read: {error.strerror or type(error).__name__}"
    raise UpstreamError(problem, hint="repair the netrc file, or point NETRC to another")
