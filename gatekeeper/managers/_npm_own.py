"""What `npm config` does not tell: npm's own registry behind the configured one, and what a project's files bring in.

The registry that an npm asks when nobody configured another stands in npm's own list of settings; starting npm once
more to ask would cost more than all else we ask.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.lockfiles import package_lock
from gatekeeper.managers._npm_locked import read_lock
from gatekeeper.managers._npmrc import SCOPE
from gatekeeper.managers._written import npmrc_secrets, secrets_in, text_of
from gatekeeper.model import Place
from gatekeeper.npmrc import settings_in
from gatekeeper.wish import Source
from gatekeeper.wish.hosts import netloc_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.wish import Locked

LISTS = ("node_modules/@npmcli/config/lib/definitions/definitions.js", "lib/utils/config/definitions.js")
DEFAULT = re.compile(r"'registry',\s*\{\s*default:\s*'(https?://[^'\s]+)'")
CLI = re.compile(r"(/[^\s\"']+)/bin/npm-cli\.js")
LARGEST_SHIM = 1 << 16  # bytes


def own_registry(npm: str, config: Mapping[str, Any]) -> str:
    """Return the address; empty when this npm keeps it somewhere else."""
    for folder in _folders(Path(npm), config):
        for name in LISTS:
            try:
                found = DEFAULT.search((folder / name).read_text("utf-8", "replace"))
            except OSError:
                continue
            if found is not None:
                return found[1]
    return ""


def _folders(npm: Path, config: Mapping[str, Any]) -> Iterator[Path]:
    """Yield where npm's own files may lie, the likeliest first."""
    program = npm.resolve()
    yield program.parents[1] if len(program.parents) > 1 else program.parent
    yield program.parent / "node_modules" / "npm"
    gyp = re.fullmatch(r"(.+)/node_modules/node-gyp/bin/node-gyp\.js", str(config.get("node-gyp") or ""))
    if gyp is not None:  # newer npms say where their own lies
        yield Path(gyp[1])
    try:
        shim = program.read_text("utf-8", "replace") if program.stat().st_size < LARGEST_SHIM else ""
    except OSError:
        return
    yield from (Path(each) for each in CLI.findall(shim))


def secrets_of(root: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """Yield the lines of a project's .npmrc and locks that hold a secret."""
    settings = root / ".npmrc"
    yield from npmrc_secrets(settings, root, environ)
    yield from secrets_in([settings, *(root / name for name in package_lock.FILES)], root)


def sources_named_in(root: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a remark for each registry that a project's own .npmrc names."""
    for setting in settings_in(text_of(root / ".npmrc"), environ):
        if setting.key == "registry" or SCOPE.match(setting.key):
            place = Place(".npmrc", setting.line)
            yield f"{place} names a source of its own: {setting.key} {Source('registry', setting.value, place).shown}"


def first_on_each_host(root: Path) -> tuple[Locked, ...]:
    """Return what a project's lock names, the first release on each host; raise `UndecidedError` for a broken lock."""
    lock = read_lock(root)
    found: dict[str, Locked] = {}
    for each in package_lock.read(lock[0], str(lock[1])) if lock else ():
        if each.address:
            found.setdefault(netloc_of(each.address), each)
    return tuple(found.values())
