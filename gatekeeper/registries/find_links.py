"""A find-links location: a folder of archives, a page that links to them, or one archive."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries._cache import PageCache
from gatekeeper.registries._fetching import Fetching, local_page, project_of
from gatekeeper.registries._pages import Listed, link_to, read_page
from gatekeeper.registries.addresses import is_remote, local_path, printable, redact
from gatekeeper.registries.filenames import is_archive, is_project_name, is_safe_filename, normalise
from gatekeeper.registries.listing import IndexFile, Project

if TYPE_CHECKING:
    from gatekeeper.registries.http import Transport

_PAGES = (".html", ".htm")


class FindLinks(Fetching):
    """One location, read once: its files are picked by the names that they carry."""

    def __init__(
        self, location: str, transport: Transport, *, cache: Path | None = None, patient: bool = False
    ) -> None:
        """Take a path, a file address or an http(s) address; keep remote pages in the folder `cache`."""
        self._path = _path_of(location)
        self._url = location
        remote = self._path is None and is_remote(location)
        super().__init__(redact(location) if remote or "://" in location else printable(location), transport)
        if remote:
            transport.credentials.learn(location)
        self._cache = PageCache(cache, patient=patient) if cache else None
        self._listed: Listed | None = None
        self._lock = threading.Lock()

    def project(self, name: str) -> Project:
        """List the files of a name; raise NotFoundUpstreamError when there are none, else UpstreamError."""
        with self._lock:
            if self._listed is None:
                self._listed = self._read()
        found = project_of(normalise(name), self._listed, self.label) if is_project_name(name) else None
        if found is None or not found.files:
            raise NotFoundUpstreamError(f"{self.label} has no file of {printable(name, 60)}")
        return found

    def _read(self) -> Listed:
        if self._path is not None:
            return Listed(tuple(self._read_local(self._path)))
        if not is_remote(self._url):
            # pip says so and goes on without it.
            raise NotFoundUpstreamError(f"{self.label}: no such find-links location")
        filename = unquote(urlsplit(self._url).path).rpartition("/")[2]
        if is_archive(filename):
            file = link_to(self._url, self._url, page_is_remote=True, hashes={}, source=self.label)
            return Listed((file,) if file else ())
        return read_page(self._page(self._url, self._cache), self.label)

    def _read_local(self, path: Path) -> list[IndexFile]:
        if not path.is_dir():
            return self._read_file(path)
        try:
            entries = sorted(entry for entry in path.iterdir() if entry.is_file())
        except OSError as error:
            raise UpstreamError(f"{self.label}: the folder cannot be read: {error.strerror}") from None
        return [file for entry in entries for file in self._read_file(entry)]

    def _read_file(self, path: Path) -> list[IndexFile]:
        """Take an archive as it is, and a page for what it links to."""
        if path.suffix.lower() in _PAGES:
            return list(read_page(local_page(path), self.label).files)
        if not is_archive(path.name) or not is_safe_filename(path.name):
            return []
        return [IndexFile(path.name, path.as_uri(), source=self.label, local=path)]


def _path_of(location: str) -> Path | None:
    """Find the local path that a location means, if it is there."""
    if not location or is_remote(location):
        return None
    try:
        path = local_path(location) or Path(location).expanduser().absolute()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):
        return None
