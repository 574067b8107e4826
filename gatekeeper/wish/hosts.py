"""Hosts and addresses as people and policies name them. Pure."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBERS = re.compile(r"[\d.]+|.*:.*")  # an IP address has no look-alikes: each of its neighbours is some other machine
CONFUSED = str.maketrans("01345i", "oleasl")  # what passes for another letter
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("-", ""))
# A login, and one whose password holds a slash, so that no parser finds it: what follows the colon is no port.
# One slash is what is left of two where an address was taken for a path.
LOGIN = re.compile(r"((?<=\w\w):/{1,2})(?:[^\s/?#]*@|[^\s/?#@:]*:(?!\d{1,5}(?:[\s/?#]|$))[^\s@]*@)")
QUERY = re.compile(r"(://[^\s?#]*)\?[^\s#\"'`]*")


def shown(text: str) -> str:
    """Return a text whose addresses lack what may hold a secret: logins and queries."""
    return QUERY.sub(r"\1", LOGIN.sub(r"\1", text)) if ":/" in text else text


def netloc_of(address: str) -> str:
    """Return host and port of an address, in small letters and without credentials; empty where there is none."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def hostname_of(address: str) -> str:
    """Return the host alone, in small letters; empty where there is none."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(hostname: str) -> bool:
    """Say whether a host is this machine itself; a name that merely begins like it is somebody else's."""
    try:
        return ip_address(hostname.strip("[]")).is_loopback
    except ValueError:
        return hostname.lower() == "localhost"


def is_named(origin: str, address: str) -> bool:
    """Say whether an `[origins]` key means an address: by the address's beginning, its host, or a domain above it.

    What merely contains the key is another host: `corp.example.net` is not `corp.example`. A folder is meant by its
    path or the last parts of it.
    """
    wanted, netloc, hostname = origin.lower().rstrip("/"), netloc_of(address), hostname_of(address)
    if not wanted:
        return False
    plain = address.lower().rstrip("/") + "/"
    if not netloc:  # a folder
        return f"/{plain}".endswith(f"/{wanted.lstrip('/')}/")
    if "://" in wanted:
        return plain.startswith(f"{wanted}/")
    path = urlsplit(plain).path
    return any(
        f"{host}{path}".startswith(f"{wanted}/") or f".{host}".endswith(f".{wanted}") for host in (netloc, hostname)
    )


def same_index(one: str, other: str) -> bool:
    """Say whether two addresses mean one index, however they are spelt: credentials, `/simple` and slashes aside."""
    return _plain(one) == _plain(other)


def _plain(address: str) -> str:
    path = address.partition("://")[2] if "://" in address else address
    host, slash, rest = path.partition("/")
    return f"{host.rpartition('@')[2].lower()}{slash}{rest}".rstrip("/").removesuffix("/simple").rstrip("/")


def lookalike_of(host: str, own: Iterable[str]) -> tuple[str, str] | None:
    """Return which of a client's own hosts another one could be mistaken for, and why; None when it is itself one.

    A host below an own one (`files.HOST`) belongs to whoever has that one.
    """
    plain = host.lower().rstrip(".")
    known = [each.lower().rstrip(".") for each in own if each and not NUMBERS.fullmatch(each)]
    if not plain or NUMBERS.fullmatch(plain) or any(f".{plain}".endswith(f".{each}") for each in known):
        return None
    for each in known:
        if (why := _resembles(plain, each)) is not None:
            return each, why
    return None


def _resembles(host: str, own: str) -> str | None:
    if _fits(_bare(host), _bare(own)):
        return "letters that look alike"
    if host.startswith(f"{own}."):
        return "it begins with that host, and is a name below another one"
    if host.endswith(own):
        return "it ends in that host, without a dot before it"
    if own.replace(".", "-") in host or own in _shortened(host):
        return "that host with a hyphen"
    return "one letter apart" if is_one_edit(host, own) else None


def _shortened(host: str) -> list[str]:
    """Return a host without what a hyphen joins to its first label."""
    label, _, rest = host.partition(".")
    return [f"{part}.{rest}" for part in (label.partition("-")[2], label.rpartition("-")[0])] if "-" in label else []


def _bare(host: str) -> str:
    """Return a host as the eye reads it: letters that pass for others are those others."""
    text = ".".join(_decoded(label) for label in host.split("."))
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    text = text.lower().translate(CONFUSED)
    for pair, one in PAIRS:
        text = text.replace(pair, one)
    return text


def _fits(text: str, own: str) -> bool:
    """Say whether two texts are the same but for letters of other scripts, any of which may look like any of ours."""
    return len(text) == len(own) and all(
        one == other or not one.isascii() for one, other in zip(text, own, strict=True)
    )


def _decoded(label: str) -> str:
    """Return a label without its punycode (RFC 3492)."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[len("xn--") :].encode("ascii").decode("punycode")
    except ValueError:
        return label


def is_one_edit(one: str, other: str) -> bool:
    """Say whether one letter more, less, changed, or two that changed places make one text the other."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:] and len(left) > 1
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
