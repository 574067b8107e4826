"""One archive by its address or path: an upstream that lists nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gatekeeper.errors import NotFoundUpstreamError
from gatekeeper.registries._fetching import Fetching
from gatekeeper.registries.addresses import printable, redact
from gatekeeper.registries.listing import IndexFile, Project

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.registries.http import Transport

STRONG = ("sha256", "sha384", "sha512")


class DirectFile(Fetching):
    """An archive that somebody asked for by where it is, not by its name."""

    def __init__(self, location: str, transport: Transport, *, local: Path | None = None) -> None:
        """Take an http(s) address, or a path in `local`; a digest in the address's fragment is a promise."""
        super().__init__(redact(location) if local is None else printable(str(local)), transport)
        if local is None:
            transport.credentials.learn(location)
        url, _, fragment = location.partition("#")
        pairs = (part.partition("=") for part in fragment.split("&"))
        hashes = {kind: digest.lower() for kind, _, digest in pairs if kind in STRONG}
        filename = local.name if local else unquote(urlsplit(url).path.rpartition("/")[2])
        self.file = IndexFile(filename, url, hashes=hashes, source=self.label, local=local)

    def project(self, name: str) -> Project:
        """List nothing: this is no index."""
        raise NotFoundUpstreamError(f"{self.label} is a file, not an index of {printable(name, 60)}")
