"""Which registry serves which name, and where a lock's addresses lead: as npm itself has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatekeeper.registries.npm import Logins, NpmRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatekeeper.registries.http import Transport
    from gatekeeper.wish import Wish


@dataclass(frozen=True, slots=True)
class NpmRegistries:
    """The default registry and those of scopes."""

    default: NpmRegistry
    scopes: Mapping[str, NpmRegistry] = field(default_factory=dict)
    replaces: str = "npmjs"  # the setting replace-registry-host
    own_default: str = ""  # the address that npm asks when nobody configured another
    hosts: frozenset[str] = frozenset()  # others that the person trusts to hand out packages

    def of(self, name: str) -> NpmRegistry:
        """Return the registry that serves a name."""
        return self.scopes.get(name.partition("/")[0], self.default) if name.startswith("@") else self.default

    def address(self, name: str, locked: str) -> str:
        """Return where npm would fetch what a lock says lies at an address: often the registry in use instead."""
        parts, registry = urlsplit(locked), urlsplit(self.of(name).url)
        ours = self.replaces if self.replaces != "npmjs" else (urlsplit(self.own_default).hostname or "")
        if self.replaces == "never" or (self.replaces != "always" and parts.hostname != ours):
            return locked
        prefix = registry.path.rstrip("/")
        path = parts.path if not prefix or f"{parts.path}/".startswith(f"{prefix}/") else prefix + parts.path
        return parts._replace(scheme=registry.scheme, netloc=registry.netloc, path=path).geturl()

    def knows(self, url: str) -> bool:
        """Return whether an address lies on a registry's host, npm's own default, or a host of the policy's."""
        host = urlsplit(url).netloc.rpartition("@")[2].lower()
        known = {urlsplit(each).netloc.rpartition("@")[2].lower() for each in (*self._addresses(), self.own_default)}
        return host in known or not self.hosts.isdisjoint({host, host.partition(":")[0]})

    def _addresses(self) -> tuple[str, ...]:
        return (self.default.url, *(each.url for each in self.scopes.values()))


def registries_of(wish: Wish, transport: Transport, cache: Path, hosts: frozenset[str]) -> NpmRegistries:
    """Open the registries of a wish; the first source without a scope is the default one."""
    logins = Logins(wish.network.get("logins") or {})
    opened = {
        source.kind.removeprefix("registry").lstrip(":"): NpmRegistry(source.location, transport, logins, cache=cache)
        for source in wish.sources
    }
    return NpmRegistries(
        opened.pop(""),
        opened,
        str(wish.network.get("replace_registry_host") or "npmjs"),
        str(wish.network.get("own_default") or ""),
        hosts,
    )
