"""Reading an npm artifact: its hooks first, with everything they reach, then what imports and commands run."""

from __future__ import annotations

import re
from posixpath import join
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._js_reader import JsReader
from gatekeeper.evidence._npm_declared import mark_declared
from gatekeeper.evidence._npm_entries import command_files, entry_files, reached
from gatekeeper.evidence._npm_fetchers import note_fetchers
from gatekeeper.evidence._npm_gyp import BINDING, read_gyp
from gatekeeper.evidence._npm_inside import follow_names
from gatekeeper.evidence._npm_manifest import MANIFEST, Manifest
from gatekeeper.evidence._npm_rc import NPMRC, read_npmrc
from gatekeeper.evidence._npm_surfaces import Broken, Package, foreign_sources, outside_links, packages_in
from gatekeeper.evidence._shell import ShellReader
from gatekeeper.evidence._shell_following import language_of
from gatekeeper.evidence._shell_state import Spot
from gatekeeper.model import Notice, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gatekeeper.evidence._base import Ledger

NESTED = re.compile(r"(?:node_modules/(?:@[^/]+/)?[^/]+/)+")
LEFT_OUT = "left out: a tool put it there"  # the reason for a folder in a person's own tree that is not listed
MOST_NEVER = 2000  # files that never run and are listed


def read_npm(
    kind: str, members: Collection[str], read: Callable[[str], bytes | None], ledger: Ledger
) -> tuple[Notice, ...]:
    """Read an npm tarball or a project's folder into the ledger; return what it wants to have from elsewhere."""
    for path in [path for path, unread in ledger.unread.items() if unread.reason == LEFT_OUT]:
        del ledger.unread[path]
    shell = ShellReader(ledger, members, read)
    shell.js = JsReader(ledger, members, read, shell)
    found = list(packages_in(kind, members, read))
    packages = [one for one in found if isinstance(one, Package)]
    for broken in found:
        if isinstance(broken, Broken):
            _not_read(ledger, broken.path, broken.reason)
    if MANIFEST not in members and kind != "folder":
        _not_read(ledger, MANIFEST, "is missing")
    try:
        _read_all(packages, members, shell)
    except BudgetError:
        _not_read(ledger, MANIFEST, "does more than is written down")
    mark_declared(ledger, [package.manifest for package in packages])
    return tuple(notice for package in packages for notice in foreign_sources(package))


def _read_all(packages: list[Package], members: Collection[str], shell: ShellReader) -> None:
    for package in packages:
        _install(package, members, shell)
    follow_names([package.manifest for package in packages], members, shell)
    note_fetchers(shell)
    for package in packages:
        if not package.own:
            _use(package, members, shell)
    hooked = any(
        BINDING in members or any(name in package.manifest.scripts for name in package.hooks) for package in packages
    )
    for package in packages:
        if not package.own and _is_linked(package.manifest.folder, hooked):
            _note_commands(package, members, shell)


def _is_linked(folder: str, hooked: bool) -> bool:
    """Say whether a package's commands lie on a path: a bundled one's only while its holder's own hooks run."""
    return not folder or (hooked and not NESTED.sub("", f"{folder}/"))


def _note_commands(package: Package, members: Collection[str], shell: ShellReader) -> None:
    manifest = package.manifest
    for name, _ in command_files(manifest, members):
        spot = Spot(manifest.path, manifest.line_of("bin"), When.INSTALL, manifest.folder, manifest.folder, name)
        shell.notes.note("installs-command", name, spot)


def _not_read(ledger: Ledger, path: str, reason: str) -> None:
    """Write down that a file which npm acts on was not read."""
    ledger.surfaces[path] = Surface(path, When.INSTALL, "npm reads it")
    ledger.unread[path] = Unread(path, reason)


def _install(package: Package, members: Collection[str], shell: ShellReader) -> None:
    """Read what runs while a package is installed."""
    manifest = package.manifest
    spot = Spot(manifest.path, 1, When.INSTALL, manifest.folder, manifest.folder)
    for name in package.hooks:
        shell.hook(manifest, name, spot)
    if builds_natively(manifest, members, package.hooks):
        read_gyp(manifest.folder, members, shell)
    rc = join(manifest.folder, NPMRC)
    content = shell.read(rc) if rc in members else None
    if content is not None:
        read_npmrc(rc, content, manifest.folder, shell)
    for place in outside_links(package):
        shell.notes.surface(place, When.INSTALL, f"linked by {manifest.path}")
        shell.notes.unread(place, "a package outside of what is read")


def builds_natively(manifest: Manifest, members: Collection[str], hooks: tuple[str, ...]) -> bool:
    """Say whether node-gyp may run: by itself where no script says otherwise, or from a script."""
    if join(manifest.folder, BINDING) not in members:
        return False
    return manifest.table.get("gypfile") is not False or any(name in manifest.scripts for name in hooks)


def _use(package: Package, members: Collection[str], shell: ShellReader) -> None:
    """Read what runs when a package is imported, and when its commands are called."""
    manifest, js = package.manifest, shell.js
    if js is None:
        return
    for path in reached(list(entry_files(manifest, members)), manifest.folder, members, shell.read):
        if path not in shell.ledger.surfaces:
            js.read_file(path, When.IMPORT, "loaded when the package is imported", always=False)
    for _, path in command_files(manifest, members):
        if path:
            _command(path, manifest, members, shell)


def _command(path: str, manifest: Manifest, members: Collection[str], shell: ShellReader) -> None:
    content = shell.read(path)
    language = "node" if content is None else language_of(path, content)
    spot = Spot(manifest.path, manifest.line_of("bin"), When.COMMAND, manifest.folder, manifest.folder)
    if language != "node":
        shell.enter(path, spot, language)
        return
    for one in reached([path], manifest.folder, members, shell.read) or [path]:
        if one not in shell.ledger.surfaces and shell.js is not None:
            shell.js.read_file(one, When.COMMAND, "run as a command", always=False)
