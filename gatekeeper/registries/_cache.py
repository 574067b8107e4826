"""Pages on disk, used only after their index has said that they are still current.

Where nothing is installed, that may have been when it served them: by `max-age`, and for ten minutes at most.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.registries._pages import Page
from gatekeeper.registries.addresses import has_userinfo

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 600  # seconds for which a page may be taken without asking
_AGE = re.compile(r"max-age=(\d{1,9})")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Kept:
    """A page and the headers that ask whether it is still current."""

    page: Page
    conditions: Mapping[str, str]
    until: float = 0.0  # seconds since the epoch

    @property
    def is_fresh(self) -> bool:
        """Whether the index said that it need not be asked again yet; a clock that was put back says nothing."""
        return 0 < self.until - time.time() <= LONGEST


class PageCache:
    """A folder of pages, one file each. Whatever is wrong with it means only that a page is fetched again."""

    def __init__(self, folder: Path, *, patient: bool = False) -> None:
        """Make the folder (0700) when the first page is kept; `patient` takes pages that need not be asked for yet."""
        self._folder = folder
        self.patient = patient

    def recall(self, url: str) -> Kept | None:
        """Find the page of an address (without credentials); None when there is none that is intact."""
        try:
            head, _, content = self._place(url).read_bytes().partition(b"\n")
            said = json.loads(head)
            page = Page(content, said["type"], said["url"])
            intact = said["asked"] == url and said["sha256"] == hashlib.sha256(content).hexdigest()
            conditions = {name: said[name] for name in ("if-none-match", "if-modified-since") if said.get(name)}
            until = float(said.get("until", 0.0))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        texts = (page.content_type, page.url, *conditions.values())
        return Kept(page, conditions, until) if intact and all(isinstance(text, str) for text in texts) else None

    def keep(self, url: str, page: Page, headers: Mapping[str, str]) -> None:
        """Keep a page, if its headers allow to ask later whether it is current."""
        conditions = {"if-none-match": headers.get("etag"), "if-modified-since": headers.get("last-modified")}
        control = headers.get("cache-control", "").lower()
        if not any(conditions.values()) or "no-store" in control:
            return
        age = None if "no-cache" in control else _AGE.search(control)
        if has_userinfo(url) or has_userinfo(page.url):
            return
        head = {
            "asked": url,
            "url": page.url.partition("?")[0],  # a query may hold a signature, and no link is relative to it
            "type": page.content_type,
            "sha256": hashlib.sha256(page.content).hexdigest(),
            "until": time.time() + min(int(age[1]), LONGEST) if age else 0.0,
            **conditions,
        }
        with contextlib.suppress(OSError):
            self._write(self._place(url), json.dumps(head).encode() + b"\n" + page.content)

    def _place(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode('utf-8', 'surrogatepass')).hexdigest()}.page"

    def _write(self, place: Path, content: bytes) -> None:
        import tempfile

        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_private(self._folder):
            return
        descriptor, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(part).replace(place)
        finally:
            Path(part).unlink(missing_ok=True)


def _is_private(folder: Path) -> bool:
    """Say whether only the person can reach a folder, and see to it where that is possible."""
    if os.name != "posix":
        return True
    found = folder.stat()
    if found.st_uid != os.getuid():
        return False
    if found.st_mode & _OTHERS:
        folder.chmod(0o700)
    return True
