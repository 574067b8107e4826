"""Addresses: taken apart so that no two parsers can disagree, and shown without secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from gatekeeper.errors import UpstreamError

_DEFAULT_PORTS = {"http": 80, "https": 443}
# What a host may be made of. A backslash, an at sign or a percent sign is where URL parsers part ways.
_HOST = re.compile(r"[^\s\x00-\x20\x7f\\/@%#?<>\"^`{|}\[\]]+|[0-9a-fA-F:.]+")
_LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password; neither shows in a repr."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """The scheme, host and port that credentials belong to."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """The host, with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


@dataclass(frozen=True, slots=True)
class Address:
    """An http(s) address without userinfo and fragment, and the userinfo that was in it."""

    origin: Origin
    path: str  # with the query; begins with a slash
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The address to send a request to."""
        return f"{self.origin}{self.path}"

    def __str__(self) -> str:
        return redact(self.url)


def printable(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Put text from outside on one line, without control characters and not longer than `longest`."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= longest else f"{line[: longest - 3]}..."


def redact(url: str) -> str:
    """Show an address without userinfo, query and fragment: each may hold a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # none where an unquoted slash ends the host in the middle of a password
    except ValueError:
        return "(malformed address)"
    if parts.netloc:
        # A backslash or a second at sign is where parsers disagree about which part is the password.
        host = parts.netloc.rpartition("@")[2]
        return "(malformed address)" if "\\" in parts.netloc else printable(f"{parts.scheme}://{host}{parts.path}")
    if parts.scheme == "file":
        return printable(f"file://{parts.path}")
    return printable(parts.path) if "@" not in parts.path else "(malformed address)"


def parse_address(url: str) -> Address:
    """Take an http(s) address apart; raise UpstreamError unless every parser would agree about its host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UpstreamError(f"{redact(url)}: not a usable address") from None
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS:
        raise UpstreamError(f"{redact(url)}: only http and https addresses can be asked")
    if not _HOST.fullmatch(host) or not host.isprintable() or "\\" in parts.netloc:
        raise UpstreamError(f"{redact(url)}: not a usable address")
    origin = Origin(parts.scheme, host.lower(), port if port is not None else _DEFAULT_PORTS[parts.scheme])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(origin, path, *_userinfo(parts))


def _userinfo(parts: SplitResult) -> tuple[str | None, str | None]:
    if "@" not in parts.netloc:
        return None, None
    username, separator, password = parts.netloc.rpartition("@")[0].partition(":")
    return unquote(username), unquote(password) if separator else None


def has_userinfo(url: str) -> bool:
    """Say whether an address carries credentials (or cannot be read)."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return True


def is_remote(url: str) -> bool:
    """Say whether an address is http or https."""
    return url[:8].lower().startswith(("http://", "https://"))


def local_path(url: str) -> Path | None:
    """Turn a file address into a path; None when it is another kind, names another machine or cannot be read."""
    from urllib.request import url2pathname

    try:
        parts = urlsplit(url)
        if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
            return None
        path = Path(url2pathname(parts.path))
    except (ValueError, OSError):
        return None
    return path if "\0" not in str(path) else None
