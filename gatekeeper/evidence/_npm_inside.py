"""Following names inside an artifact: a hook may load its own package, or a bundled one, by name instead of by path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator  # noqa: TC003 - annotations
from posixpath import dirname, join
from typing import TYPE_CHECKING

from gatekeeper.evidence._npm_entries import CODE, exported, members_named, resolve
from gatekeeper.evidence._npm_manifest import Manifest, manifest_in
from gatekeeper.model import When

if TYPE_CHECKING:
    from gatekeeper.evidence._shell import ShellReader

NAMED = re.compile(rb"""(?:\brequire\s*\(|\bfrom|\bimport\s*\(?)\s*["'`]([^"'`./\s][^"'`\s]{0,200})["'`]""")
MOST_FILES = 500


def follow_names(packages: list[Manifest], members: Collection[str], shell: ShellReader) -> None:
    """Read, as they run at install, the files that hooks load by the name of a package in the artifact."""
    done: set[str] = set()
    while len(done) < MOST_FILES:
        hooks = [
            path for path, one in shell.ledger.surfaces.items() if one.when is When.INSTALL and path.endswith(CODE)
        ]
        path = next((one for one in hooks if one not in done), None)
        if path is None or shell.js is None:
            return
        done.add(path)
        for name in dict.fromkeys(NAMED.findall(shell.read(path) or b"")):
            for found in files_named(name.decode("utf-8", "replace"), path, packages, members, shell):
                shell.js.read_file(found, When.INSTALL, f"loaded by name in {path}", always=True)
    shell.notes.unread("package.json", "its hooks load more files by name than are followed")


def files_named(  # noqa: PLR0913, PLR0917, RUF100 - where, among what, and how to read it
    name: str, path: str, packages: list[Manifest], members: Collection[str], shell: ShellReader
) -> Iterator[str]:
    """Yield the members that a package's name, perhaps with a path inside it, means where it is written."""
    parts = name.split("/")
    count = 2 if name.startswith("@") else 1
    package, inner = "/".join(parts[:count]), "/".join(parts[count:])
    manifest = next((one for one in packages if one.text("name") == package and _is_inside(path, one.folder)), None)
    folder = dirname(path)
    while manifest is None:
        manifest = manifest_in(join(folder, "node_modules", package), members, shell.read)
        if not folder:
            break
        folder = dirname(folder)
    if manifest is not None:
        yield from _inner_files(manifest, inner, members)


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/") if folder else "node_modules/" not in path


def _inner_files(manifest: Manifest, inner: str, members: Collection[str]) -> Iterator[str]:
    """Yield what `exports` gives for a path, or the file of that path."""
    key = f"./{inner}" if inner else "."
    exports = manifest.mapping("exports")
    for pattern, value in exports.items():
        head, star, tail = pattern.partition("*")
        fits = key == pattern if not star else key.startswith(head) and key.endswith(tail)
        for target in exported(value) if fits else ():
            middle = key[len(head) : len(key) - len(tail)] if star else ""
            yield from members_named(manifest.folder, target.replace("*", middle), members)
    plain = inner or manifest.text("main") or "."
    found = resolve(manifest.folder, plain, members)
    if found is not None:
        yield found
