"""HTTP with upstreams: the person's way out, bounded patience, checked bodies, and no secret in any message."""

from __future__ import annotations

import base64
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, final
from urllib.parse import urljoin

from gatekeeper import __version__
from gatekeeper.errors import UpstreamError
from gatekeeper.registries import _bodies
from gatekeeper.registries._bodies import Expected
from gatekeeper.registries._connections import Connections
from gatekeeper.registries._faults import TransientError, check_status
from gatekeeper.registries.addresses import Address, Login, parse_address, redact
from gatekeeper.registries.clock import Clock
from gatekeeper.registries.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from requests import Response

__all__ = ["Expected", "NetworkSettings", "Reply", "Transport"]

T = TypeVar("T")

_REDIRECTS = 10
_MOVED = {301, 302, 303, 307, 308}
_UNAUTHORIZED = 401
_PAGE_LIMIT = 64 * 1024 * 1024  # bytes
_FIRST_PAUSE = 0.25  # seconds; doubled at each try
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How the person reaches the network; each default is pip's own. A proxy of "" means none at all."""

    proxy: str | None = field(default=None, repr=False)  # may hold credentials
    no_proxy: tuple[str, ...] = ()  # hosts and domains that the proxy is not for; "*" means all
    cert: str | None = None  # a CA bundle
    client_cert: str | None = None  # certificate and key in one PEM file
    trusted_hosts: tuple[str, ...] = ()  # "host" or "host:port": TLS is not verified for these
    timeout: float = 15.0  # seconds without any byte
    retries: int = 5  # tries after the first
    keyring: str = "auto"  # disabled, or auto, subprocess, import: all three ask the keyring command
    netrc: Path | None = None  # instead of NETRC and the home folder's
    user_agent: str | None = None
    avoid: Path | None = None  # the environment being installed into: no keyring command in it is run


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was read to its end. Header names are in lower case; `url` is where it came from at last."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)  # without userinfo


@final
class Transport:
    """A client for many threads. All that goes wrong is an UpstreamError with one line."""

    def __init__(self, settings: NetworkSettings | None = None) -> None:
        """Open nothing yet; the network library is imported at the first request."""
        self.settings = settings or NetworkSettings()
        self.credentials = Credentials(
            netrc=self.settings.netrc, keyring=self.settings.keyring, avoid=self.settings.avoid
        )
        self.clock = Clock()
        self._connections = Connections(self.settings)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all idle connections."""
        self._connections.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: int = _PAGE_LIMIT) -> Reply:
        """Read a page of up to `limit` bytes; a 304 is an answer when the headers are conditional."""
        asked = {"accept-encoding": "gzip, deflate", **{name.lower(): value for name, value in (headers or {}).items()}}

        def read(response: Response, address: Address) -> Reply:
            with self._connections.reading(address):
                body = _bodies.read_whole(response, address, limit)
            named = {name.lower(): value for name, value in response.headers.items()}
            self.clock.note(named)
            return Reply(response.status_code, named, body, address.url)

        return self._ask(url, asked, read)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body and read the answer; what leads elsewhere is no answer."""
        asked = {name.lower(): value for name, value in headers.items()}

        def read(response: Response, address: Address) -> Reply:
            with self._connections.reading(address):
                answer = _bodies.read_whole(response, address, _PAGE_LIMIT)
            named = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, named, answer, address.url)

        return self._ask(url, asked, read, body)

    def download(
        self, url: str, to: Path, expected: Expected | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[str, int]:
        """Keep a file at `to` if it is what was expected; return its hex SHA-256 and its size in bytes."""
        wanted = expected or Expected()

        def read(response: Response, address: Address) -> tuple[str, int]:
            length = _bodies.content_length(response)
            if length is not None and wanted.limit is not None and length > wanted.limit:
                raise UpstreamError(f"{address}: larger than the limit of {wanted.limit} bytes")
            announced = Expected(wanted.hashes, wanted.limit, length, wanted.progress)
            return _bodies.save(self._chunks(response, address), str(address), to, announced)

        # Not compressed in transit: a server that compresses an archive again would change its digest.
        return self._ask(url, {"accept-encoding": "identity", **(headers or {})}, read)

    def _chunks(self, response: Response, address: Address) -> Iterator[bytes]:
        with self._connections.reading(address):
            yield from _bodies.chunks_of(response)

    def _ask(
        self, url: str, headers: Mapping[str, str], read: Callable[[Response, Address], T], body: bytes | None = None
    ) -> T:
        """Ask and read, again and again while that may help."""
        first = parse_address(url)
        asked = {"user-agent": self.settings.user_agent or f"gatekeeper/{__version__}", **headers}
        conditional = not asked.keys().isdisjoint({"if-none-match", "if-modified-since"})
        tries = max(self.settings.retries, 0) + 1
        for attempt in range(1, tries + 1):
            try:
                response, address = self._follow(first, asked, body)
                with closing(response):
                    check_status(response, address, self.credentials.complaint, conditional=conditional)
                    return read(response, address)
            except TransientError as error:
                fault = error
            if attempt < tries:
                time.sleep(fault.pause if fault.pause is not None else _pause(attempt))
        raise UpstreamError(fault.message if tries == 1 else f"{fault.message} (after {tries} tries)")

    def _follow(
        self, first: Address, headers: Mapping[str, str], body: bytes | None = None
    ) -> tuple[Response, Address]:
        """Ask an address and those it redirects to; what is posted goes to the first one only."""
        address = first
        for _ in range(_REDIRECTS + 1):
            response = self._authorised(address, _for_hop(headers, first, address), body)
            if response.status_code not in _MOVED or body is not None:
                return response, address
            target = response.headers.get("Location")
            _bodies.discard(response)
            address = _next_address(address, target, first)
        raise UpstreamError(f"{first}: redirects in a loop, or more than {_REDIRECTS} times")

    def _authorised(self, address: Address, headers: Mapping[str, str], body: bytes | None = None) -> Response:
        """Ask with the credentials of this origin, and after a 401 once more with the keyring's."""
        if "authorization" in headers or body is not None:
            return self._connections.send(address, headers, body)
        login = self.credentials.for_address(address)
        response = self._connections.send(address, _with_login(headers, login))
        if response.status_code != _UNAUTHORIZED:
            return response
        found = self.credentials.after_refusal(address)
        if found is None or found == login:
            return response
        _bodies.discard(response)
        response = self._connections.send(address, _with_login(headers, found))
        if response.status_code != _UNAUTHORIZED:
            self.credentials.accept(address, found)
        return response


def _pause(attempt: int) -> float:
    return min(_FIRST_PAUSE * (1 << (attempt - 1)), _LONGEST_PAUSE)


def _for_hop(headers: Mapping[str, str], first: Address, now: Address) -> Mapping[str, str]:
    """Leave out what a caller meant for the first origin only."""
    if now.origin == first.origin:
        return headers
    return {name: value for name, value in headers.items() if name not in {"authorization", "cookie"}}


def _with_login(headers: Mapping[str, str], login: Login | None) -> Mapping[str, str]:
    if login is None:
        return headers
    pair = f"{login.username}:{login.password}"
    try:
        raw = pair.encode("latin-1")  # what pip sends
    except UnicodeEncodeError:
        raw = pair.encode("utf-8", "surrogatepass")
    return {**headers, "Authorization": f"Basic {base64.b64encode(raw).decode('ascii')}"}


def _next_address(address: Address, target: str | None, first: Address) -> Address:
    """Work out where a redirect leads; refuse to leave TLS."""
    if not target:
        raise UpstreamError(f"{address}: redirects, but does not say where to")
    try:
        joined = urljoin(address.url, target)
    except ValueError:
        raise UpstreamError(f"{address}: redirects to something that is no address") from None
    after = parse_address(joined)
    if address.origin.scheme == "https" and after.origin.scheme == "http":
        raise UpstreamError(f"{first}: redirects from https to plain http ({redact(joined)})")
    if after.origin == first.origin and after.username is None:
        # Credentials in the address that we were given hold for its whole origin.
        return Address(after.origin, after.path, first.username, first.password)
    return after
