"""From a lock to what npm will fetch here: not for other platforms, not what is left out, not what is there already."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from gatekeeper.lockfiles import package_lock
from gatekeeper.managers._npm_locked import installed_before, is_from_registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from gatekeeper.wish import Locked, Wish

# As Node.js names them (process.platform, process.arch).
SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "win32", "cygwin": "win32"}
PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64", "i386": "ia32", "i686": "ia32"}
LOCK = "package-lock.json"


def to_fetch(text: str, wish: Wish, *, clean: bool) -> list[Locked]:
    """Return what npm will ask the registry for; `clean` when it starts from an empty node_modules.

    Only a forecast: whatever else npm asks for is judged when it does.
    """
    root: Path = wish.raw["root"]
    config: Mapping[str, Any] = wish.raw["config"]
    installed = {} if clean else installed_before(root)
    here = platforms_of(config)
    left_out = config.get("omit") or []
    return [
        each
        for each in package_lock.read(text, LOCK)
        if is_from_registry(each)
        and not is_left_out(each, left_out)
        and is_for(each, here)
        and installed.get(each.key) != (each.release.version, each.integrity)
    ]


def is_left_out(locked: Locked, omitted: Sequence[str]) -> bool:
    """Say whether npm leaves a package out, as `omit` says: one that is only there for what is omitted."""
    if "devOptional" in locked.groups:
        return "dev" in omitted and "optional" in omitted
    return any(group in omitted for group in locked.groups)


def platforms_of(config: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the os, cpu and libc that npm installs for; None where we cannot tell as Node.js would."""
    libc = "glibc" if platform.libc_ver()[0] == "glibc" else None
    return {
        "os": config.get("os") or SYSTEMS.get(sys.platform),
        "cpu": config.get("cpu") or PROCESSORS.get(platform.machine().lower()),
        "libc": config.get("libc") or (libc if sys.platform == "linux" else None),
    }


def is_for(locked: Locked, here: Mapping[str, str | None]) -> bool:
    """Say whether an optional package may be installed here; one that is not optional is wanted all the same."""
    if "optional" not in locked.groups:
        return True
    return all(_fits(allowed, here.get(what)) for what, allowed in locked.platforms)


def _fits(allowed: Iterable[str], here: str | None) -> bool:
    if here is None:
        return True
    wanted = list(allowed)
    if f"!{here}" in wanted:
        return False
    return here in wanted or "any" in wanted or not wanted or all(each.startswith("!") for each in wanted)
