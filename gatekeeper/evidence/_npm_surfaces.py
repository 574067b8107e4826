"""Tell which packages are inside an npm artifact, and which of their scripts run while it is installed."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from posixpath import join, normpath
from typing import TYPE_CHECKING

from gatekeeper.evidence._npm_manifest import MANIFEST, BrokenManifestError, Manifest, read_manifest
from gatekeeper.model import Notice, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

FETCHED = ("preinstall", "install", "postinstall")  # of a package that npm fetched
LINKED = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
# Of the project in whose folder npm is started.
OWN = (*LINKED, "prepublish", "predependencies", "dependencies", "postdependencies")
BUNDLED = re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/@][^/]*/package\.json$")
DEPENDENCIES = ("dependencies", "optionalDependencies")
VERSION_CONTROL = re.compile(
    r"^(?:git(?:\+\w+)?:|github:|gitlab:|bitbucket:|gist:|git@|ssh:)|^[\w.-]+/[\w.-]+(?:#.*)?$|^https?://[^#]+\.git(?:#.*)?$",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"^https?://", re.IGNORECASE)
LOCAL = re.compile(r"^(?:file|link):")
MOST_PATTERNS = 100  # of workspaces
MOST_PACKAGES = 2000


@dataclass(frozen=True, slots=True)
class Package:
    """One package inside an artifact: its package.json, and the scripts that run unasked."""

    manifest: Manifest
    hooks: tuple[str, ...]
    own: bool = False  # the person's project rather than something that was fetched


@dataclass(frozen=True, slots=True)
class Broken:
    """A package.json that cannot be read."""

    path: str
    reason: str


def packages_in(kind: str, members: Collection[str], read: Callable[[str], bytes | None]) -> Iterator[Package | Broken]:
    """Yield every package of an artifact, the outermost first."""
    own = kind == "folder"
    seen: set[str] = set()
    pending: list[tuple[str, tuple[str, ...]]] = [(MANIFEST, OWN if own else FETCHED)]
    pending += [(path, FETCHED) for path in sorted(members) if BUNDLED.search(path)]
    while pending and len(seen) < MOST_PACKAGES:
        path, hooks = pending.pop(0)
        content = read(path) if path in members and path not in seen else None
        seen.add(path)
        if content is None:
            continue
        try:
            manifest = read_manifest(path, content)
        except BrokenManifestError as error:
            yield Broken(path, str(error))
            continue
        yield Package(manifest, hooks, own)
        pending += [(join(folder, MANIFEST), LINKED) for folder in _linked(manifest, members, own=own)]


def _linked(manifest: Manifest, members: Collection[str], *, own: bool) -> Iterator[str]:
    """Yield the folders of the artifact that a package links: its workspaces and what it names with file:."""
    fields = (*DEPENDENCIES, "devDependencies") if own else DEPENDENCIES
    for field in fields:
        for spec in manifest.mapping(field).values():
            if isinstance(spec, str) and LOCAL.match(spec):
                yield normpath(join(manifest.folder, LOCAL.sub("", spec).removeprefix("//")))
    spaces = manifest.table.get("workspaces")
    patterns = spaces.get("packages") if isinstance(spaces, dict) else spaces
    if own and isinstance(patterns, list):
        folders = [path.removesuffix("/" + MANIFEST) for path in members if path.endswith("/" + MANIFEST)]
        for pattern in patterns[:MOST_PATTERNS]:
            if isinstance(pattern, str) and not pattern.startswith("!"):
                wanted = re.compile(fnmatch.translate(normpath(pattern).replace("**", "*")))
                yield from (folder for folder in folders if wanted.match(folder))


def outside_links(package: Package) -> Iterator[str]:
    """Yield what a project links from outside its folder, or from an archive: nobody reads that here."""
    manifest = package.manifest
    for field in (*DEPENDENCIES, *(("devDependencies",) if package.own else ())):
        for spec in manifest.mapping(field).values():
            if isinstance(spec, str) and LOCAL.match(spec):
                place = normpath(join(manifest.folder, LOCAL.sub("", spec).removeprefix("//")))
                if place.startswith("../") or place.endswith((".tgz", ".tar.gz", ".tar")):
                    yield place


def foreign_sources(package: Package) -> Iterator[Notice]:
    """Yield what a fetched package wants to have from elsewhere than its registry."""
    manifest = package.manifest
    bundled = manifest.table.get("bundleDependencies", manifest.table.get("bundledDependencies"))
    if package.own or bundled is True:
        return
    inside = set(bundled) if isinstance(bundled, list) and all(isinstance(one, str) for one in bundled) else set()
    for field in DEPENDENCIES:
        for name, spec in manifest.mapping(field).items():
            if not isinstance(spec, str) or name in inside or spec.startswith("npm:"):
                continue
            place = Place(manifest.path, manifest.line_of(name))
            if VERSION_CONTROL.match(spec.strip()):
                yield Notice("vcs-source", f"{name}: {spec}", place)
            elif ADDRESS.match(spec.strip()):
                yield Notice("path-source", f"{name}: {spec}", place)
