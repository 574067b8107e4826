"""What all upstreams share: getting pages, metadata and files, from the network or from disk."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError
from gatekeeper.registries import _bodies
from gatekeeper.registries._bodies import Expected
from gatekeeper.registries._pages import ACCEPT, Listed, Page
from gatekeeper.registries.addresses import parse_address, printable
from gatekeeper.registries.filenames import version_in
from gatekeeper.registries.listing import IndexFile, Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.registries._cache import PageCache
    from gatekeeper.registries.http import Transport

_NOT_MODIFIED = 304
_FILE_LIMIT = 8 * 1024**3  # bytes; the largest wheels have about 3 GiB
_METADATA_LIMIT = 16 * 1024**2
_EMBEDDED_LOGIN = re.compile(rb"://[^/\s\"'<>]{1,200}@")


class Fetching:
    """The part of an upstream that does not depend on how it lists its files."""

    def __init__(self, label: str, transport: Transport) -> None:
        """Take a label without credentials."""
        self._label = label
        self._transport = transport

    @property
    def label(self) -> str:
        """The place as the person wrote it, without credentials."""
        return self._label

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._label}>"

    def metadata(self, file: IndexFile) -> bytes:
        """Read the core metadata of a file that `has_metadata`; raise UpstreamError when it is not as promised."""
        if file.metadata is None:
            raise NotFoundUpstreamError(f"{file.address}: the index offers no metadata for it")
        if file.local is not None:
            path = file.local.with_name(f"{file.local.name}.metadata")
            shown, content = printable(str(path)), b"".join(_bodies.chunks_of_file(path))
        else:
            path_part, mark, query = file.url.partition("?")
            url = f"{path_part}.metadata{mark}{query}"
            reply = self._transport.get(url, {"accept-encoding": "identity"}, limit=_METADATA_LIMIT)
            shown, content = f"{file.address}.metadata", reply.body
        _bodies.check_bytes(content, shown, file.metadata)
        return content

    def fetch(
        self, file: IndexFile, to: Path, progress: Callable[[int, int | None], None] | None = None
    ) -> tuple[str, int]:
        """Keep a file at `to`; return its hex SHA-256 and its size; raise UpstreamError unless it is as promised."""
        if file.local is not None:
            expected = Expected(file.hashes, _FILE_LIMIT, None, progress)
            return _bodies.save(_bodies.chunks_of_file(file.local), printable(str(file.local)), to, expected)
        return self._transport.download(file.url, to, Expected(file.hashes, _FILE_LIMIT, None, progress))

    def digest(self, file: IndexFile) -> str | None:
        """Tell the SHA-256 without fetching: the promised one, or that of a local file."""
        if file.sha256 is not None or file.local is None:
            return file.sha256
        digest = hashlib.sha256()
        for chunk in _bodies.chunks_of_file(file.local):
            digest.update(chunk)
        return digest.hexdigest()

    def _page(self, url: str, cache: PageCache | None) -> Page:
        """Get a page, from the cache only if its index says that it is still current."""
        key = parse_address(url).url
        kept = cache.recall(key) if cache else None
        if kept is not None and cache is not None and cache.patient and kept.is_fresh:
            return kept.page
        # max-age=0 makes caches on the way ask too: a file uploaded a minute ago must be seen.
        headers = {"accept": ACCEPT, "cache-control": "max-age=0", **(kept.conditions if kept else {})}
        reply = self._transport.get(url, headers)
        if reply.status == _NOT_MODIFIED and kept is not None:
            if cache is not None and cache.patient:
                cache.keep(key, kept.page, reply.headers)
            return kept.page
        page = Page(reply.body, reply.headers.get("content-type", ""), reply.url)
        if cache and not _EMBEDDED_LOGIN.search(page.content):
            cache.keep(key, page, reply.headers)
        return page


def local_page(path: Path) -> Page:
    """Read a page from disk; raise NotFoundUpstreamError when it is not there."""
    content = b"".join(_bodies.chunks_of_file(path))
    return Page(content, mimetypes.guess_type(path.name, strict=False)[0] or "", path.as_uri())


def project_of(name: str, listed: Listed, source: str) -> Project:
    """Pick the files of one project (a normalised name), with their versions."""
    files = [
        file if file.version else replace(file, version=version)
        for file in listed.files
        if (version := file.version or version_in(file.filename, name))
    ]
    versions = listed.versions or tuple(dict.fromkeys(file.version for file in files if file.version))
    return Project(name, tuple(files), versions, source, listed.status)
