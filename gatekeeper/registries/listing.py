"""What an upstream lists: projects and their files, with what is promised about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from gatekeeper.registries.addresses import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of a project, and what its index promises about it.

    One page may list the same filename under two addresses: together with the source, the address tells them apart.
    """

    filename: str
    url: str = field(repr=False)  # absolute, without fragment; may hold credentials: show `address` instead
    version: str | None = None  # in normal form (PEP 440)
    hashes: Mapping[str, str] = field(default_factory=dict, hash=False)  # algorithm to hex, as promised
    size: int | None = None  # bytes
    requires_python: str | None = None
    yanked: bool | str = False  # the reason, where one is given
    metadata: Mapping[str, str] | None = field(default=None, hash=False)  # digests of the metadata file, maybe none
    upload_time: datetime | None = None
    source: str = ""  # the index, without credentials
    local: Path | None = None
    attested: bool | None = None  # whether it carries provenance (PEP 740); None: the index does not say

    @property
    def sha256(self) -> str | None:
        """The SHA-256 that the index promises, as lower-case hex."""
        promised = self.hashes.get("sha256")
        return promised.lower() if promised else None

    @property
    def has_metadata(self) -> bool:
        """Whether the core metadata can be asked for by itself (PEP 658)."""
        return self.metadata is not None

    @property
    def metadata_sha256(self) -> str | None:
        """The SHA-256 promised for the metadata file, as lower-case hex."""
        promised = (self.metadata or {}).get("sha256")
        return promised.lower() if promised else None

    @property
    def address(self) -> str:
        """The address without credentials, to show."""
        return redact(self.url)


@dataclass(frozen=True, slots=True)
class Project:
    """All files of one name on one upstream; the name is normalised (PEP 503)."""

    name: str
    files: tuple[IndexFile, ...]
    versions: tuple[str, ...]
    source: str  # the index, without credentials
    status: str = ""  # as the index says (PEP 792): quarantined, archived, deprecated, with its reason


class Fetches(Protocol):
    """A place that files come from."""

    @property
    def label(self) -> str:
        """The place as the person wrote it, without credentials."""

    def fetch(
        self, file: IndexFile, to: Path, progress: Callable[[int, int | None], None] | None = None
    ) -> tuple[str, int]:
        """Keep a file at `to`; return its hex SHA-256 and its size; raise UpstreamError unless it is as promised."""


class Upstream(Fetches, Protocol):
    """A place that Python packages come from: an index, or a find-links location."""

    def project(self, name: str) -> Project:
        """List the files of a name; raise NotFoundUpstreamError when it is not here, else UpstreamError."""

    def metadata(self, file: IndexFile) -> bytes:
        """Read the core metadata of a file that `has_metadata`; raise UpstreamError when it is not as promised."""

    def digest(self, file: IndexFile) -> str | None:
        """Tell the SHA-256 without fetching: the promised one, or that of a local file."""
