"""The person's indexes and find-links places, as upstreams of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError
from gatekeeper.registries.http import NetworkSettings, Transport
from gatekeeper.registries.simple import FindLinks, SimpleIndex
from gatekeeper.wish.hosts import same_index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from gatekeeper.gate.options import Options
    from gatekeeper.registries.simple import Upstream
    from gatekeeper.wish import Source, Wish


def transport_of(network: Mapping[str, Any], avoid: Path | None) -> Transport:
    """Reach the network as the client would have: its proxy, certificates, trusted hosts, patience and keyring."""
    if "transport" in network:  # the client has said it all
        return Transport(NetworkSettings(**network["transport"]))
    given = {
        name: network[name] for name in ("cert", "client_cert", "timeout", "retries") if network.get(name) is not None
    }
    proxy = network.get("proxy") or ("" if network.get("no_proxy_env") else None)
    keyring = network.get("keyring_provider") or "auto"
    trusted = tuple(network.get("trusted_hosts") or ())
    return Transport(NetworkSettings(proxy=proxy, trusted_hosts=trusted, keyring=keyring, avoid=avoid, **given))


def upstreams_of(wish: Wish, transport: Transport, pages: Path, options: Options) -> list[Upstream]:
    """Open every source of the wish, in order; offline, raise `UndecidedError` when none of them is near."""
    offline = options.offline
    found: list[Upstream] = []
    for source in wish.sources:
        if offline and not source.is_near:
            continue
        found.append(_open(source, transport, pages, patient=options.looks))
    if offline and wish.sources and not found:
        raise UndecidedError("--offline: every configured index is on another machine", hint="leave --offline out")
    return found


def _open(source: Source, transport: Transport, pages: Path, *, patient: bool) -> Upstream:
    if source.kind == "find-links":
        return FindLinks(source.location, transport, cache=pages, patient=patient)
    return SimpleIndex(source.location, transport, cache=pages, patient=patient)


def label_of_default(wish: Wish, upstreams: list[Upstream]) -> str | None:
    """Return the label of the index that nobody configured: the client's own default."""
    for source in wish.sources:
        if source.default:
            return next((each.label for each in upstreams if same_index(each.label, source.location)), None)
    return None
