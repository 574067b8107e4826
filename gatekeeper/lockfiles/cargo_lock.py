"""Cargo.lock, versions 1 to 4: names, versions, digests and origins of crates, which are not judged yet.

https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
"""

from __future__ import annotations

import re

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._digests import from_hex
from gatekeeper.lockfiles._graph import MAIN, Roots, settled
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import Table, uncrowded, unknown_version
from gatekeeper.model import Release
from gatekeeper.wish import Filed, Locked, Source

PATTERNS = ("Cargo.lock",)
ECOSYSTEM = "cargo"
KNOWN = (None, 1, 2, 3, 4)
NEED = re.compile(r"(?P<name>\S+)(?: (?P<version>\S+))?(?: \((?P<source>.+)\))?")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    version = whole.get("version")
    if version not in KNOWN or isinstance(version, bool) or "package" not in whole:
        unknown_version(whole, "version", "Cargo.lock")
    old = whole.table("metadata")
    packages = list(whole.tables("package"))
    keys: dict[str, list[str]] = {}
    for each in packages:
        keys.setdefault(each.name(), []).append(_key(each))
    uncrowded(keys, file)
    every = [_locked(each, keys, old) for each in packages]
    own = {each.key for each in every if each.kind == "path"}
    roots: Roots = {key: {MAIN} for each in every if each.key in own for key in each.leads}
    done = settled(every, roots, frozenset())
    indexes = {each.source: each.place for each in reversed(done) if each.source}
    return LockFile(
        file, ECOSYSTEM, LOCK,
        tuple(each for each in done if each.key not in own),
        tuple(each for each in done if each.key in own),
        tuple(Source("index", location, place) for location, place in reversed(indexes.items())),
        rooted=True,
        linked=True,
    )  # fmt: skip


def _key(package: Table) -> str:
    return f"{package.name()} {package.text('version') or ''} {package.text('source') or ''}"


def _locked(package: Table, keys: dict[str, list[str]], old: Table) -> Locked:
    name, version, source = package.name(), package.text("version"), package.text("source")
    checksum = package.text("checksum") or old.text(f"checksum {name} {version} ({source})") or ""
    digest = from_hex("sha256", checksum)
    kind = "path" if source is None else "vcs" if source.startswith("git+") else "index"
    index = (source or "").removeprefix("registry+").removeprefix("sparse+")
    leads = [key for text, _ in package.texts("dependencies") for key in _meant(text, keys)]
    return Locked(
        Release(ECOSYSTEM, name, version),
        package.place(),
        source if kind == "vcs" else None,
        key=_key(package),
        kind=kind,
        source=index if kind == "index" else None,
        files=(Filed(digests=(digest,)),) if digest else (),
        asked=((name, ""),),
        leads=tuple(dict.fromkeys(leads)),
    )


def _meant(text: str, keys: dict[str, list[str]]) -> list[str]:
    """Return the keys of the crates that a line of dependencies means."""
    need = NEED.fullmatch(text)
    if need is None:
        return []
    start = f"{need['name']} {need['version']} " if need["version"] else f"{need['name']} "
    return [key for key in keys.get(need["name"], ()) if key.startswith(start)]
