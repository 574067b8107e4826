"""Where fresh data comes from: the `[feeds]` table of policy files."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gatekeeper.errors import UsageError
from gatekeeper.settings._demands import demand, demand_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gatekeeper.policy import Feeds

NAMES = {"names-pypi": "pypi", "names-npm": "npm"}
KEYS = (*NAMES, "malware", "ask", "public", "strict", "digests")
UNDIGESTED = "none"  # only the connection vouches for what comes
SECURE = "https, file, or http on this machine's loopback"


def check_feeds(table: Mapping[str, Any], at: Callable[..., str]) -> None:
    """Raise UsageError, naming the line, unless the table is well-formed; `at` spells where keys below it stand."""
    for key, value in table.items():
        where = at("feeds", key)
        demand(key, KEYS, f"{where}: unknown key")
        if key == "strict":
            if not isinstance(value, bool):
                raise UsageError(f"{where}: [feeds] strict must be true or false")
        elif key == "digests":
            _check_digests(value, where)
        elif key == "public":
            demand_texts(value, f"{where}: [feeds] public")
        elif key == "ask":
            _demand_address(value, f"{where}: [feeds] ask", ("https", "http"))
        else:
            several = key == "malware" and isinstance(value, list)
            for address in demand_texts(value, f"{where}: [feeds] {key}") if several else [value]:
                _demand_address(address, f"{where}: [feeds] {key}", ("https", "http", "file"))


def _check_digests(table: object, where: str) -> None:
    if not isinstance(table, dict):
        raise UsageError(f"{where}: `digests` must be a table, written [feeds.digests]")
    for digest in table.values():
        if digest != UNDIGESTED and not re.fullmatch(r"[0-9a-f]{64}", str(digest)):
            raise UsageError(
                f"{where}: `{digest}` is no digest", hint='write "address" = "64 hexadecimal digits", or "none"'
            )


def _demand_address(address: object, what: str, schemes: tuple[str, ...]) -> None:
    """Raise UsageError unless nobody on the way could change what an address serves; the message quotes no secret."""
    if not isinstance(address, str):
        raise UsageError(f"{what} must be an address")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise UsageError(f"{what} is not a usable address") from None
    if parts.scheme not in schemes or not (host or parts.scheme == "file"):
        raise UsageError(f"{what} must be an address with {' or '.join(schemes)}")
    if parts.scheme == "http" and not _is_loopback(host):
        raise UsageError(f"{what} is plain http, which anybody on the way can change", hint=f"use {SECURE}")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def feeds_in(table: Mapping[str, Any], before: Feeds) -> Feeds:
    """Return the feeds that a checked table names; what it leaves out stays as it was."""
    malware = table.get("malware", before.malware)
    return replace(
        before,
        names={**before.names, **{NAMES[key]: value for key, value in table.items() if key in NAMES}},
        malware=(malware,) if isinstance(malware, str) else tuple(malware),
        ask=table.get("ask", before.ask),
        public=tuple(table.get("public", before.public)),
        strict=table.get("strict", before.strict),
        digests={**before.digests, **table.get("digests", {})},
    )
