"""Does a package say of itself what the registry and the lock said of it? Pure.

npm resolves by the registry's manifest and runs what the tarball's package.json says (manifest confusion).
"""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.model import Notice, Release
from gatekeeper.waivers import any_for
from gatekeeper.wish.hosts import shown
from gatekeeper.wish.npm_specs import Kind, read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.gate.npm_packuments import Packuments
    from gatekeeper.policy import Policy
    from gatekeeper.wish import Locked

HOOKS = ("preinstall", "install", "postinstall")
MISMATCH = "index-mismatch"
IMPLICIT = ("install", "node-gyp rebuild")  # what registries write down for a package with a binding.gyp and no script
SHORTEST = 4  # characters of a spec that tell it from other words
FETCHED = ("dependencies", "optionalDependencies", "peerDependencies")


@dataclass(frozen=True, slots=True)
class Ungated:
    """A dependency that no registry serves."""

    name: str
    spec: str
    is_git: bool

    @property
    def host(self) -> str:
        """The host that it names, if it names one."""
        match = re.match(r"[^/]*://(?:[^/@]*@)?([^/:?#]+)", self.spec)
        return match[1] if match else ""

    def is_named_in(self, complaint: str) -> bool:
        """Say whether a client that failed names this spec, or its host."""
        core = re.sub(r"^(?:git\+|\w+:(?!//))|#.*$|(?:\.git)?(?:#.*)?$", "", self.spec)  # as git itself would be told
        return any(each in complaint for each in (self.spec, core, self.host) if len(each) >= SHORTEST)

    def __str__(self) -> str:
        return f"{self.name} from {shown(self.spec)}"


def ungated_in(said: Mapping[str, Any]) -> Iterator[Ungated]:
    """Yield the dependencies in a package.json that come from git, an address or a path."""
    bundled = said.get("bundleDependencies", said.get("bundledDependencies"))
    inside = frozenset(each for each in bundled if isinstance(each, str)) if isinstance(bundled, list) else frozenset()
    for section in FETCHED:
        table = said.get(section)
        for name, spec in table.items() if isinstance(table, dict) and bundled is not True else ():
            if not isinstance(spec, str) or name in inside:
                continue
            kind = read_spec(name, spec).kind
            if kind is not Kind.REGISTRY:
                yield Ungated(name, spec, kind is Kind.GIT)


def hook_differences(said: Mapping[str, Any], announced: Mapping[str, Any]) -> Iterator[str]:
    """Yield where the registry gives another install script than the tarball: newer npms run the registry's."""
    own, told = _scripts(said), _scripts(announced)
    for hook in HOOKS:
        if told.get(hook) and told[hook] != own.get(hook) and (hook, told[hook]) != IMPLICIT:
            yield f"the registry gives it another {hook} script than its own package.json"


def unbound_hooks(release: Release, said: Mapping[str, Any], announced: Mapping[str, Any], policy: Policy) -> list[str]:
    """List where the registry gives another install script; raise `UndecidedError` where a waiver would excuse that.

    It is bound to the tarball's bytes, and the registry may say something else tomorrow.
    """
    found = list(hook_differences(said, announced))
    if found and any_for(release, MISMATCH, policy):
        raise UndecidedError(f"{release}: {found[0]}; no waiver for its bytes excuses that")
    return found


def bin_differences(said: Mapping[str, Any], announced: Mapping[str, Any], release: Release) -> Iterator[str]:
    """Yield where the registry or the lock gives a command that the tarball does not: npm links what they say."""
    own = dict(bins_in(said, release.name))
    folder = said.get("directories")
    place = folder.get("bin") if isinstance(folder, dict) else None
    for name, path in bins_in(announced, release.name):
        inside = isinstance(place, str) and path.startswith(_flat(place) + "/")
        if own.get(name) != path and not inside:
            yield f"the registry gives it a command {name} ({path}) that its own package.json does not"


def bins_in(said: Mapping[str, Any], package: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a package and their files, spelt as npm does before it links them."""
    bins = said.get("bin")
    if isinstance(bins, str):
        yield package.rpartition("/")[2], _flat(bins)
    for name, path in bins.items() if isinstance(bins, dict) else ():
        if isinstance(name, str) and isinstance(path, str):
            yield name.replace("\\", "/").rpartition("/")[2], _flat(path)


def _flat(path: str) -> str:
    return posixpath.normpath("/" + path.replace("\\", "/")).lstrip("/")


def differences(
    release: Release, said: Mapping[str, Any], announced: Mapping[str, Any], locked: Locked | None
) -> Iterator[str]:
    """Yield where a tarball's package.json contradicts what the registry, or else the lock, said beforehand."""
    for key, known in (("name", release.name), ("version", release.version)):
        own = said.get(key)
        if isinstance(own, str) and known is not None and _plain(own) != _plain(known):
            yield f"its own package.json gives the {key} {own}"
    beforehand = announced or ({"bin": dict(locked.bins)} if locked is not None else {})
    yield from bin_differences(said, beforehand, release)
    if announced:
        tells_hooks, names = bool(announced.get("hasInstallScript") or _scripts(announced)), set(_names(announced))
    elif locked is not None and locked.hooks is not None:
        tells_hooks, names = locked.hooks, {name for name, _ in locked.requires}
    else:
        return
    hooks = [hook for hook in HOOKS if _scripts(said).get(hook)]
    if hooks and not tells_hooks:
        yield f"it has an install script ({hooks[0]}) that was not announced"
    hidden = [name for name in _names(said) if name not in names]
    if hidden:
        yield f"its package.json requires {hidden[0]}, which was not announced"


def _scripts(said: Mapping[str, Any]) -> Mapping[str, Any]:
    scripts = said.get("scripts")
    return scripts if isinstance(scripts, dict) else {}


def _names(said: Mapping[str, Any]) -> Iterator[str]:
    for section in FETCHED[:2]:
        table = said.get(section)
        if isinstance(table, dict):
            yield from table


def _plain(text: str) -> str:
    return text.strip().lstrip("v=").partition("+")[0]


def object_in(manifest: bytes) -> dict[str, Any]:
    """Read a package.json; empty when it is none."""
    try:
        said = json.loads(manifest.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def accused(packuments: Packuments, complaints: Sequence[str]) -> Iterator[tuple[Release, Notice]]:
    """Name who asked for what no gate can see, after the client failed over it and named a host or a spec."""
    banned = any("EALLOW" in complaint for complaint in complaints)  # newer npms stop themselves, and name nobody
    for name in packuments.names:
        versions, tags = packuments.versions(name)
        for version, manifest in versions.items():
            likely = banned and version in tags.values()
            for each in ungated_in(manifest) if isinstance(manifest, dict) else ():
                if likely or any(each.is_named_in(complaint) for complaint in complaints):
                    kind = "vcs-source" if each.is_git else "path-source"
                    yield Release("npm", name, version), Notice(kind, f"{name}@{version} requires {each}")
