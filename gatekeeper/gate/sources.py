"""What can be said of sources before anything is asked of them: where they are, which names are not theirs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatekeeper.gate.merging import INTERNAL, normal_patterns, owner_of
from gatekeeper.model import Notice, Release
from gatekeeper.registries.addresses import redact
from gatekeeper.wish import Source
from gatekeeper.wish.hosts import hostname_of, is_named, lookalike_of, netloc_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.model import Place
    from gatekeeper.policy import Policy
    from gatekeeper.wish import Direct, Wish

ADVICE = (
    "holds a password or token, which everybody hears who gets this file: keep it in the environment, a netrc file, "
    "a keyring or your own settings, and change it"
)
OUTSIDE = "the policy's [origins] gives the name to another than"


def speaking_against(wish: Wish, policy: Policy) -> Iterator[tuple[Release, Notice]]:
    """Yield what speaks against the sources of a wish and against names that they may not serve, and what of."""
    for source in wish.sources:
        if not _answers_for(policy, source.shown):
            yield from ((Release(wish.ecosystem, source.host), notice) for notice in _about(source, wish, policy))
    for direct in wish.direct:
        yield from (
            (Release(wish.ecosystem, direct.name or redact(direct.url or "")), one)
            for one in _about_address(direct, wish, policy)
        )
    for locked in wish.locked_at:
        if near := lookalike(locked.address or "", wish, policy):
            what = f"{locked.release} from {redact(locked.address or '')}: {near}"
            yield locked.release, Notice("lookalike-host", what, locked.place)
    for name, address, place in _misplaced(wish, policy):
        yield Release(wish.ecosystem, name), Notice("internal-name", f"{name}: {OUTSIDE} {address}", place)


def _answers_for(policy: Policy, address: str) -> bool:
    """Say whether `[origins]` names an address, and so answers for how it looks and how it is reached."""
    return any(is_named(origin, address) for origin in policy.origins if origin != INTERNAL)


def secrets_of(wish: Wish) -> Iterator[Notice]:
    """Yield a notice for each secret that stands in a file of the project."""
    return (Notice("written-secret", ADVICE, place) for place in wish.secrets)


def lookalike(address: str, wish: Wish, policy: Policy) -> str:
    """Say which of the client's own hosts an address could be mistaken for; nothing for one that the policy trusts."""
    host = hostname_of(address)
    if not {host, netloc_of(address)}.isdisjoint(policy.package_hosts):
        return ""
    near = lookalike_of(host, map(hostname_of, wish.defaults))
    return f"like {near[0]} ({near[1]})" if near else ""


def _about(source: Source, wish: Wish, policy: Policy) -> Iterator[Notice]:
    if near := lookalike(source.location, wish, policy):
        yield Notice("lookalike-host", f"{source.kind} {source.shown}: {near}", source.place)
    if source.is_open_to_change:
        yield Notice("plain-http", f"{source.kind.partition(':')[0]} {source.shown}", source.place)


def _about_address(direct: Direct, wish: Wish, policy: Policy) -> Iterator[Notice]:
    url = direct.url or ""
    if not url or _answers_for(policy, redact(url)):
        return
    if near := lookalike(url, wish, policy):
        yield Notice("lookalike-host", f"{redact(url)}: {near}", direct.place)
    source = Source("address", url, direct.place)
    if source.is_open_to_change and "#sha" not in url:  # with a digest, it does not matter who changes it
        yield Notice("plain-http", redact(url), direct.place)


def _misplaced(wish: Wish, policy: Policy) -> Iterator[tuple[str, str, Place]]:
    """Yield the names that are asked for, and may come from none of the sources that would be asked for them."""
    origins = policy.origins if wish.ecosystem == "npm" else normal_patterns(policy.origins)
    if not origins:
        return
    for named in wish.named:
        asked = _asked_for(named.name, wish)
        labels = [source.shown for source in asked]
        default = next((source.shown for source in asked if _is_own(source, wish)), None)
        if labels and not named.constraint and not owner_of(named.name, labels, default, origins):
            yield named.name, ", ".join(labels), named.place
    for direct in wish.direct:
        if direct.url and not _may_come_from(direct, wish, policy, origins):
            yield direct.name or "", redact(direct.url), direct.place


def _asked_for(name: str, wish: Wish) -> Sequence[Source]:
    """Return the sources that the client would ask for a name: npm one, pip all."""
    if wish.ecosystem != "npm":
        return wish.sources
    scope = f"registry:{name.partition('/')[0]}"
    own = [source for source in wish.sources if source.kind == scope]
    return own or [source for source in wish.sources if source.kind == "registry"]


def _is_own(source: Source, wish: Wish) -> bool:
    return source.default or (
        wish.ecosystem == "npm" and netloc_of(source.location) in {netloc_of(each) for each in wish.defaults}
    )


def _may_come_from(direct: Direct, wish: Wish, policy: Policy, origins: Mapping[str, Sequence[str]]) -> bool:
    """Say whether a name may come from the address beside it: that of a source that may serve it, or a trusted host."""
    url, name = direct.url or "", direct.name or ""
    if not {netloc_of(url), hostname_of(url)}.isdisjoint(policy.package_hosts):
        return True
    own = {netloc_of(each) for each in wish.defaults}
    inside = {source.host.lower() for source in wish.sources if not _is_own(source, wish)} - own
    label = urlsplit(url)._replace(query="", fragment="").geturl()
    default = None if netloc_of(url) in inside else label
    return bool(owner_of(name, [label], default, origins))
