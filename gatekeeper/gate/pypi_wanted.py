"""What is known of a pip run before pip starts: what is asked for, in which versions, for which interpreter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from gatekeeper.gate.choosing import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from gatekeeper.policy import Policy
    from gatekeeper.wish import Declared, Wish


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known before the client starts: the specifiers of each requested name, the target, who owns what."""

    specifiers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    requested: frozenset[str] = frozenset()
    target: Target = field(default_factory=Target)
    default_index: str | None = None
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)
    alone: bool = False  # what the releases require is not wanted
    installed: frozenset[str] = frozenset()  # the client may be content with these, and not ask for them
    narrow: bool = False  # whoever asks, even a build, asks for this target
    own: tuple[str, ...] = ()  # addresses of the client's own index, and of its files
    declared: tuple[Declared, ...] = ()
    sources: tuple[str, ...] = ()  # all that pip uses, whether or not they can be asked now
    package_hosts: tuple[str, ...] = ()

    def pins(self, name: str) -> frozenset[str]:
        """Return the versions of a name, in normal form, that the person asked for by `==`."""
        return frozenset(pin for text in self.specifiers.get(name, ()) for pin in _pins(text))


def wanted_of(wish: Wish, default: str | None, policy: Policy) -> Wanted:
    """Read what is wanted from a wish; `default` is the label of the client's own index."""
    specifiers: dict[str, list[str]] = {}
    for named in wish.named:
        specifiers.setdefault(named.name, []).append(named.specifier)
    target = Target({tag: rank for rank, tag in reversed(list(enumerate(wish.tags)))}, wish.python)
    requested = frozenset(named.name for named in wish.named if not named.constraint)
    return Wanted(
        specifiers,
        requested,
        target,
        default,
        policy.origins,
        wish.alone,
        installed_in(wish.writable),
        not wish.elsewhere,
        wish.defaults,
        wish.declared,
        tuple(source.shown for source in wish.sources),
        policy.package_hosts,
    )


def _pins(text: str) -> Iterable[str]:
    try:
        found = [each.version for each in SpecifierSet(text) if each.operator in ("==", "===")]
        return [str(Version(version)) for version in found if not version.endswith(".*")]
    except (InvalidSpecifier, InvalidVersion):
        return []


def installed_in(folders: Iterable[Path]) -> frozenset[str]:
    """Return the names of what lies installed in some folders, by the names of its metadata folders."""
    found = (path.name for folder in folders for path in folder.glob("*.*-info"))
    return frozenset(canonicalize_name(name.partition("-")[0]) for name in found)
