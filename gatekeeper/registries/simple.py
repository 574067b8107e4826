"""An index of the Simple API (PEP 503, 592, 629, 658, 691, 700, 714), on the network or as a folder of pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries._cache import PageCache
from gatekeeper.registries._fetching import Fetching, local_page, project_of
from gatekeeper.registries._pages import Page, read_page
from gatekeeper.registries.addresses import is_remote, local_path, printable, redact
from gatekeeper.registries.filenames import is_project_name, normalise
from gatekeeper.registries.find_links import FindLinks
from gatekeeper.registries.listing import IndexFile, Project, Upstream

if TYPE_CHECKING:
    from gatekeeper.registries.http import Transport

__all__ = ["FindLinks", "IndexFile", "Project", "SimpleIndex", "Upstream"]


class SimpleIndex(Fetching):
    """One index: an http(s) address, a file address or a folder, with one page for each project."""

    def __init__(self, url: str, transport: Transport, *, cache: Path | None = None, patient: bool = False) -> None:
        """Keep pages in the folder `cache`; raise UpstreamError when the address cannot be understood."""
        self._folder = None if is_remote(url) else local_path(url) or _existing(url)
        super().__init__(redact(url) if self._folder is None or "://" in url else printable(url), transport)
        if self._folder is None and not is_remote(url):
            raise UpstreamError(f"{self.label}: neither an http(s) nor a file address of an index")
        transport.credentials.learn(url)
        self._url = url.rstrip("/")
        self._cache = PageCache(cache, patient=patient) if cache else None

    def project(self, name: str) -> Project:
        """List the files of a name; raise NotFoundUpstreamError when the index has none, else UpstreamError."""
        if not is_project_name(name):
            raise NotFoundUpstreamError(f"{self.label}: {printable(name, 60)} is not a name that a project can have")
        normal = normalise(name)
        return project_of(normal, read_page(self._project_page(normal), self.label, normal), self.label)

    def _project_page(self, name: str) -> Page:
        try:
            if self._folder is not None:
                # As pip does: a folder is asked for its index.html, and without one it has no such project.
                return local_page(self._folder / name / "index.html")
            return self._page(f"{self._url}/{quote(name)}/", self._cache)
        except NotFoundUpstreamError:
            raise NotFoundUpstreamError(f"{self.label} has no project {name}") from None


def _existing(url: str) -> Path | None:
    """Take an index that is written as a plain path, if it is there."""
    try:
        path = Path(url).absolute()
        return path if url and path.is_dir() else None
    except (OSError, ValueError):
        return None
