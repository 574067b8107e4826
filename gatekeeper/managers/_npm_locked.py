"""The lock of a person's own project, and what npm noted as installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatekeeper.errors import UsageError
from gatekeeper.lockfiles import package_lock
from gatekeeper.managers._npm_manifest import read_manifest
from gatekeeper.wish.npm_specs import TARBALL, Kind, read_spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatekeeper.wish import Locked

HOOKS = ("preinstall", "install", "postinstall", "prepare")


def is_from_registry(locked: Locked) -> bool:
    """Say whether a registry's file is locked, not a folder or file of the person's own."""
    return locked.address is None or locked.address.lower().startswith(("http:", "https:"))


def own_in(text: str, file: str) -> tuple[list[Locked], frozenset[str]]:
    """Return the locked files and folders of the person's own; with a tarball among them, the hosts of all others."""
    every = package_lock.read(text, file)
    own = [each for each in every if each.address and each.address[:5].lower() == "file:"]
    hosts = {host_of(each.address) for each in every if is_from_registry(each) and each.address}
    return own, frozenset(hosts) if any(TARBALL.search(each.address or "") for each in own) else frozenset()


def host_of(address: str) -> str:
    """Return the host of an address; empty when it is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def refused_in(text: str, file: str) -> list[tuple[Locked, str, str, Kind]]:
    """Return what a lock names that no registry serves: the entry, the name that it asks for if any, and the spec."""
    found: list[tuple[Locked, str, str, Kind]] = []
    for each in package_lock.read(text, file):
        for name, spec in (("", each.address or ""), *each.requires):
            kind = read_spec(name, spec).kind if spec and (name or not is_from_registry(each)) else Kind.REGISTRY
            if kind is Kind.GIT or (name and kind is not Kind.REGISTRY):
                found.append((each, name, spec, kind))
    return found


def read_lock(root: Path) -> tuple[str, Path] | None:
    """Return the text and path of the lock that npm would read in a folder; None when there is none."""
    for name in package_lock.FILES:
        path = root / name
        try:
            return path.read_text("utf-8", "surrogateescape"), path
        except FileNotFoundError:
            continue
        except OSError as problem:
            raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    return None


def installed_before(root: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return the version and integrity of each path that npm noted as installed; empty when it noted nothing."""
    try:
        said = json.loads((root / "node_modules" / ".package-lock.json").read_bytes())
        packages = said["packages"]
        return {
            key: (entry.get("version"), entry.get("integrity"))
            for key, entry in packages.items()
            if isinstance(entry, dict) and (root / key / "package.json").is_file()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def installed_with_hooks(root: Path) -> Iterator[Path]:
    """Yield the folders of installed packages that run something when they are rebuilt."""
    for place in _packages_in(root / "node_modules", set()):
        manifest = read_manifest(place)
        scripts = manifest.said.get("scripts") if manifest else None
        if (place / "binding.gyp").is_file() or (isinstance(scripts, dict) and any(map(scripts.get, HOOKS))):
            yield place


def linked_in(root: Path) -> Iterator[Path]:
    """Yield the folders that links in node_modules lead to: npm keeps them, and runs what they run."""
    folder = root / "node_modules"
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        scope = each.name.startswith("@") and each.is_dir()
        for place in sorted(each.iterdir()) if scope else [each]:
            if (place.is_symlink() or each.is_symlink()) and place.is_dir():
                yield place.resolve()


def _packages_in(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the packages in a node_modules folder, in those inside them, and where links lead, each once."""
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not each.is_dir() or each.name == ".bin":
            continue
        for place in sorted(each.iterdir()) if each.name.startswith("@") else [each]:
            real = place.resolve()
            if real.is_dir() and real not in seen:
                seen.add(real)
                yield real
                yield from _packages_in(real / "node_modules", seen)
