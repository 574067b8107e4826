"""Pipfile.lock, version 6: pinned releases with their hashes, and the indexes that serve them.

https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from gatekeeper.lockfiles import _json
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._python import VCS, hashed, kind_of, pinned, release
from gatekeeper.lockfiles._values import unknown_version
from gatekeeper.wish import Locked, Source

if TYPE_CHECKING:
    from gatekeeper.lockfiles._values import Table

PATTERNS = ("Pipfile.lock",)
KNOWN = (6,)
META, MAIN, DEV = "_meta", "default", "develop"
PLACES = ("git", "hg", "svn", "bzr", "file", "url", "path")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    whole = _json.read(text, file)
    meta = whole.table(META)
    if meta.get("pipfile-spec") not in KNOWN:
        unknown_version(meta, "pipfile-spec", "Pipfile.lock")
    sources = {each.text("name") or "": each for each in meta.tables("sources")}
    addresses = {name: each.text("url") or "" for name, each in sources.items()}
    locked = tuple(
        _locked(name, entry, section, addresses)
        for section, table in whole.each()
        if section != META
        for name, entry in table.each()
    )
    return LockFile(
        file, "pypi", LOCK, locked,
        sources=tuple(Source("index", addresses[name], each.place("url")) for name, each in sources.items()),
        problems=tuple(_json.repeated(whole)),
    )  # fmt: skip


def _locked(name: str, entry: Table, section: str, addresses: dict[str, str]) -> Locked:
    plain = canonicalize_name(name)
    where = next(((key, text) for key in PLACES if (text := entry.text(key))), None)
    kind = "index" if where is None else _kind(*where)
    address = None if where is None else where[1]
    if kind == "vcs" and where is not None:
        address = f"{'' if VCS.match(where[1]) else where[0] + '+'}{where[1]}@{entry.text('ref') or ''}"
    return Locked(
        release(plain, pinned(entry.text("version") or "")),
        entry.place(),
        address,
        key=f"{section} {plain}",
        groups=() if section == MAIN else (section,),
        kind=kind,
        specifier=entry.text("version") or "",
        marker=entry.text("markers") or "",
        source=addresses.get(entry.text("index") or ""),
        files=tuple(hashed(entry.texts("hashes"))),
        asked=((plain, ""),),
        dev=section != MAIN,
    )


def _kind(key: str, text: str) -> str:
    return "vcs" if key in PLACES[:4] or VCS.match(text) else "path" if key == "path" else kind_of(text)
