"""Which registry serves which name, and where a lock's addresses lead: as npm itself has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatekeeper.gate.merging import INTERNAL
from gatekeeper.model import Notice
from gatekeeper.registries.addresses import redact
from gatekeeper.registries.npm import Logins, NpmRegistry
from gatekeeper.wish.hosts import hostname_of, is_named, lookalike_of, netloc_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gatekeeper.model import Place, Release
    from gatekeeper.policy import Policy
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
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, name: str) -> NpmRegistry:
        """Return the registry that serves a name."""
        return self.scopes.get(name.partition("/")[0], self.default) if name.startswith("@") else self.default

    def is_one_for(self, name: str, other: str) -> bool:
        """Return whether one registry serves two names: then it learns nothing from hearing both."""
        return self.of(name) is self.of(other)

    def is_private(self, name: str) -> bool:
        """Say whether another registry serves a name than most others."""
        return self.of(name).label != self.default.label

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
        known = {netloc_of(each) for each in (*self._addresses(), self.own_default)}
        return netloc_of(url) in known or self._is_trusted(url)

    def _is_trusted(self, url: str) -> bool:
        return not self.hosts.isdisjoint({netloc_of(url), hostname_of(url)})

    def refusal(self, name: str) -> Notice | None:
        """Return why the registry that npm would ask for a name may not serve it; None when it may."""
        asked = self.of(name)
        return None if self._may_serve(name, asked.url) else self._refused(name, asked.label)

    def against(self, release: Release, url: str, place: Place | None) -> Iterator[Notice]:
        """Yield what speaks against the host that a tarball comes from."""
        what = f"{release} from {redact(url)}"
        if not self._may_serve(release.name, url):
            yield self._refused(release.name, redact(url), place)
        elif self.knows(url):
            return
        elif near := lookalike_of(hostname_of(url), [hostname_of(self.own_default)]):
            yield Notice("lookalike-host", f"{what}: like {near[0]} ({near[1]})", place)
        else:
            yield Notice("foreign-host", what, place)

    def _may_serve(self, name: str, url: str) -> bool:
        if self._is_trusted(url):
            return True
        is_own = netloc_of(url) == netloc_of(self.own_default) or not self.knows(url)
        return all(
            not is_own if origin == INTERNAL else is_named(origin, redact(url))
            for origin, patterns in self.origins.items()
            if any(fnmatchcase(name, pattern) for pattern in patterns)
        )

    @staticmethod
    def _refused(name: str, where: str, place: Place | None = None) -> Notice:
        return Notice("internal-name", f"{name}: the policy's [origins] gives the name to another than {where}", place)

    def _addresses(self) -> tuple[str, ...]:
        return (self.default.url, *(each.url for each in self.scopes.values()))


def registries_of(wish: Wish, transport: Transport, cache: Path, policy: Policy) -> NpmRegistries:
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
        next(iter(wish.defaults), ""),
        frozenset(policy.package_hosts),
        policy.origins,
    )
