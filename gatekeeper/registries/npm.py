"""An npm registry: packuments as they come, tarballs checked against what was promised, and its own login.

https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from gatekeeper.errors import NotFoundUpstreamError
from gatekeeper.registries._bodies import DIGESTS, Expected
from gatekeeper.registries._cache import PageCache
from gatekeeper.registries._pages import Page
from gatekeeper.registries.addresses import parse_address, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gatekeeper.registries.http import Reply, Transport
    from gatekeeper.registries.listing import IndexFile

STRONGEST = DIGESTS  # algorithms of integrity, the strongest first
ABBREVIATED = "application/vnd.npm.install-v1+json"
MOST_TARBALL = 2 * 1024**3  # bytes
MOST_PACKUMENT = 256 * 1024**2
NOT_MODIFIED = 304
SRI = re.compile(r"(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/=]+)")


class Logins:
    """Who we are to which registry: `//host/path/` to its login, given to no other address."""

    def __init__(self, logins: Mapping[str, Mapping[str, str]]) -> None:
        """Keep what the person's npmrc files say."""
        self._logins = logins

    def __repr__(self) -> str:
        return f"<Logins for {len(self._logins)} registries>"

    def header(self, url: str) -> dict[str, str]:
        """Return the Authorization header for an address: of the longest path above it, as npm looks for it."""
        parts = urlsplit(url)
        path = f"//{parts.netloc.rpartition('@')[2]}{parts.path}"
        while len(path) > len("//"):
            login = self._logins.get(path.rstrip("/") + "/")
            said = login and authorization(login)
            if said:
                return {"authorization": said}
            path = path.rstrip("/").rpartition("/")[0]
        return {}


def authorization(login: Mapping[str, str]) -> str | None:
    """Spell a login as an Authorization header."""
    if token := login.get("_authToken"):
        return f"Bearer {token}"
    if pair := login.get("_auth"):
        return f"Basic {pair}"
    if "username" in login and "_password" in login:
        try:
            password = base64.b64decode(login["_password"]).decode("utf-8", "surrogateescape")
        except (binascii.Error, ValueError):
            return None
        pair = base64.b64encode(f"{login['username']}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")
        return f"Basic {pair}"
    return None


def digests_in(integrity: object, shasum: object = None) -> dict[str, str]:
    """Return the digests that an integrity string (and an old SHA-1) promise, algorithm to hex.

    What is no text promises nothing. Of several for one algorithm the first counts; npm takes any of the strongest
    algorithm's.
    """
    old = shasum.lower() if isinstance(shasum, str) and re.fullmatch(r"[0-9a-fA-F]{40}", shasum) else None
    found = {"sha1": old} if old else {}
    for algorithm, value in SRI.findall(integrity) if isinstance(integrity, str) else ():
        try:
            found.setdefault(algorithm, base64.b64decode(value, validate=True).hex())
        except binascii.Error:
            found.setdefault(algorithm, "unreadable")
    return {name: value for name, value in found.items() if name in DIGESTS}


@dataclass(frozen=True, slots=True)
class Packument:
    """What a registry says about a name, as it came."""

    name: str
    body: bytes
    content_type: str


class NpmRegistry:
    """One registry. Its label is its address without credentials."""

    def __init__(self, url: str, transport: Transport, logins: Logins, *, cache: Path | None = None) -> None:
        """Keep packuments in the folder `cache`, used only when the registry says that they are current."""
        self.url = url.rstrip("/") + "/"
        self.label = redact(self.url).rstrip("/")
        self.host = urlsplit(self.url).netloc.rpartition("@")[2]
        self._transport = transport
        self._logins = logins
        self._cache = PageCache(cache) if cache else None
        transport.credentials.learn(self.url)

    def __repr__(self) -> str:
        return f"<NpmRegistry {self.label}>"

    def packument(self, name: str, accept: str) -> Packument:
        """Fetch what the registry says about a name; raise NotFoundUpstreamError when it has no such package."""
        try:
            page = self._page(self.url + quote(name, safe="@"), accept)
        except NotFoundUpstreamError:
            raise NotFoundUpstreamError(f"{self.label} has no package {name}") from None
        return Packument(name, page.content, page.content_type)

    def ask(self, path: str, accept: str) -> Reply:
        """Read some other page of the registry, like its dist-tags or its signing keys."""
        url = self.url + quote(path, safe="/@")
        return self._transport.get(url, {"accept": accept, **self._logins.header(url)})

    def tell(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a question, like the names for an audit."""
        url = self.url + path
        return self._transport.post(url, body, {**headers, **self._logins.header(url)})

    def fetch(
        self, file: IndexFile, to: Path, progress: Callable[[int, int | None], None] | None = None
    ) -> tuple[str, int]:
        """Keep a tarball at `to`; return its hex SHA-256 and its size; raise UpstreamError unless it is as promised."""
        expected = Expected(file.hashes, MOST_TARBALL, None, progress)
        return self._transport.download(file.url, to, expected, self._logins.header(file.url))

    def _page(self, url: str, accept: str) -> Page:
        key = f"{parse_address(url).url} {accept}"
        kept = self._cache.recall(key) if self._cache else None
        headers = {"accept": accept, "cache-control": "max-age=0", **(kept.conditions if kept else {})}
        reply = self._transport.get(url, {**headers, **self._logins.header(url)}, limit=MOST_PACKUMENT)
        if reply.status == NOT_MODIFIED and kept is not None:
            return kept.page
        page = Page(reply.body, reply.headers.get("content-type", ""), reply.url)
        if self._cache:
            self._cache.keep(key, page, reply.headers)
        return page
