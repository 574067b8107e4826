"""Pages of an index, JSON (PEP 691) or HTML (PEP 503): what they list, or why they cannot be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from gatekeeper.errors import UpstreamError
from gatekeeper.registries._bodies import DIGESTS
from gatekeeper.registries.addresses import is_remote, local_path, printable, redact
from gatekeeper.registries.filenames import is_safe_filename, version_in
from gatekeeper.registries.listing import IndexFile
from gatekeeper.registries.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = ("text/html", "application/vnd.pypi.simple.v1+html")
_FRAGMENT_DIGEST = re.compile(rf"[#&]({'|'.join(DIGESTS)})=([^&]*)")
# An absolute address of letters that mean only themselves, up to a file name.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?/(?:[A-Za-z0-9_.~+!-]+/)*([A-Za-z0-9_~+!][A-Za-z0-9_.~+!-]*)")
_LONGEST_PLAIN = 255


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came: `url` is where its links are relative to."""

    content: bytes
    content_type: str
    url: str

    def __str__(self) -> str:
        return redact(self.url)


@dataclass(frozen=True, slots=True)
class Listed:
    """All links of a page, of whatever project, and the versions that a JSON page names."""

    files: tuple[IndexFile, ...]
    versions: tuple[str, ...] = ()
    status: str = ""  # of the project, as the index says (PEP 792)


def read_page(page: Page, source: str, project: str | None = None) -> Listed:
    """List what a page names; raise UpstreamError when it is of another kind or malformed.

    With a `project` (a normalised name), a JSON page's files of other projects are left out.
    """
    kind = page.content_type.lower()
    if kind.startswith(_JSON):
        return _read_json(page, source, project)
    if kind.startswith(_HTML):
        return _read_html(page, source)
    said = printable(page.content_type, 60) or "no type"
    raise UpstreamError(f"{page}: not a page of an index: its content type is {said}")


def _read_json(page: Page, source: str, project: str | None) -> Listed:
    try:
        said = json.loads(page.content)
    except (ValueError, RecursionError):
        html = page.content.lstrip()[:1] == b"<"
        what = "sent HTML instead" if html else "what it sent is malformed"
        raise UpstreamError(f"{page}: the index promises JSON, but {what}") from None
    entries = said.get("files", []) if isinstance(said, dict) else None
    if not isinstance(entries, list):
        raise _malformed(page, "it has no list of files")
    _check_api_version(page, said)
    remote = is_remote(page.url)
    files = [file for entry in entries if (file := _from_entry(page, entry, (source, project, remote)))]
    versions = said.get("versions")
    named = [version for version in versions if isinstance(version, str)] if isinstance(versions, list) else []
    return Listed(tuple(files), tuple(named), _status(said.get("project-status")))


def _status(said: object) -> str:
    """Read a project's status and the reason for it (PEP 792)."""
    said = said if isinstance(said, dict) else {"status": said}
    words = [said.get("status"), said.get("reason")]
    return ": ".join(printable(word, 200) for word in words if isinstance(word, str) and word)


def _check_api_version(page: Page, said: Mapping[str, Any]) -> None:
    meta = said.get("meta")
    version = meta.get("api-version") if isinstance(meta, dict) else None
    if isinstance(version, str) and version.partition(".")[0] != "1":
        raise UpstreamError(f"{page}: the index speaks version {printable(version, 20)} of the Simple API, not 1")


def _from_entry(page: Page, entry: object, about: tuple[str, str | None, bool]) -> IndexFile | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
        raise _malformed(page, "a file has no address")
    requires = entry.get("requires-python")
    if not (requires is None or (isinstance(requires, str) and requires.isprintable())):
        raise _malformed(page, "a requires-python is not text")
    size, yanked = entry.get("size"), entry.get("yanked")
    offered = entry.get("core-metadata")
    offered = entry.get("dist-info-metadata") if offered is None else offered  # PEP 714
    source, project, page_is_remote = about
    return link_to(
        page.url,
        entry["url"],
        hashes=_digests(page, entry.get("hashes")),
        size=size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        requires_python=requires or None,
        yanked=yanked if isinstance(yanked, str) and yanked else bool(yanked),
        metadata=_digests(page, offered if isinstance(offered, dict) else None) if offered else None,
        upload_time=parse_time(entry.get("upload-time")),
        attested=bool(entry["provenance"]) if "provenance" in entry else None,
        source=source,
        project=project,
        page_is_remote=page_is_remote,
    )


def _digests(page: Page, said: object) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise _malformed(page, "a digest is not text")
    return {str(name): value for name, value in said.items() if name in DIGESTS}


def _read_html(page: Page, source: str) -> Listed:
    parser = _Anchors()
    try:
        parser.feed(page.content.decode(_charset(page.content_type)))
    except (LookupError, ValueError, AssertionError):
        raise _malformed(page, "it cannot be decoded as HTML") from None
    try:
        base = urljoin(page.url, parser.base or "")
    except ValueError:
        raise _malformed(page, "its base is no address") from None
    linked = ((anchor.get("href"), anchor) for anchor in parser.anchors)
    found = (_from_anchor(base, href.strip(), anchor, source, page) for href, anchor in linked if href)
    return Listed(tuple(file for file in found if file), status=": ".join(filter(None, parser.status)))


def _from_anchor(base: str, href: str, anchor: Mapping[str, str | None], source: str, page: Page) -> IndexFile | None:
    offered = anchor.get("data-core-metadata") or anchor.get("data-dist-info-metadata")
    requires = anchor.get("data-requires-python")
    if requires and not requires.isprintable():
        raise _malformed(page, "a data-requires-python is not text")
    return link_to(
        base,
        href,
        hashes={},
        requires_python=requires or None,
        yanked=(anchor["data-yanked"] or True) if "data-yanked" in anchor else False,
        metadata=dict(_FRAGMENT_DIGEST.findall(f"#{offered}")) if offered else None,
        source=source,
        page_is_remote=is_remote(page.url),
    )


def link_to(
    base: str,
    reference: str,
    *,
    page_is_remote: bool,
    project: str | None = None,
    **promised: Any,  # noqa: ANN401 - the fields of IndexFile
) -> IndexFile | None:
    """Make a file of a link, or None of one that leads to no file of the project that we could ever fetch."""
    if (plain := _PLAIN.fullmatch(reference)) and len(plain[1]) <= _LONGEST_PLAIN:
        # Nearly all of a long page: nothing to join, to unquote or to look at twice.
        version = version_in(plain[1], project) if project else None
        return IndexFile(plain[1], reference, version, **promised) if version or not project else None
    try:
        # Most links are absolute, and joining is the slow part of a long page.
        url, _, fragment = (reference if is_remote(reference) else urljoin(base, reference)).partition("#")
        # The last part of the path is the name that pip goes by, whatever the page calls the file.
        filename = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        return None
    local = None if page_is_remote else local_path(url)
    if not is_safe_filename(filename) or not url.isprintable() or not (is_remote(url) or local):
        return None
    hashes = {**promised.pop("hashes"), **dict(_FRAGMENT_DIGEST.findall(f"#{fragment}"))}
    version = version_in(filename, project) if project else None
    if project and not version:
        return None
    return IndexFile(filename, url, version, hashes=hashes, local=local, **promised)


class _Anchors(HTMLParser):
    """Keeps the first base, the attributes of all anchors, and the project's status and its reason (PEP 792)."""

    STATUS = ("pypi:project-status", "pypi:project-status-reason")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.anchors: list[dict[str, str | None]] = []
        self.status = ["", ""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and self.base is None:
            self.base = dict(attrs).get("href")
        elif tag == "meta" and (said := dict(attrs)).get("name") in self.STATUS:
            self.status[self.STATUS.index(str(said["name"]))] = printable(said.get("content") or "", 200)


def _charset(content_type: str) -> str:
    from email.message import Message

    message = Message()
    message["content-type"] = content_type
    return str(message.get_param("charset") or "utf-8")


def _malformed(page: Page, why: str) -> UpstreamError:
    return UpstreamError(f"{page}: malformed page: {why}")
