"""yarn.lock: of yarn 1, and of the yarns since 2, which write YAML.

https://yarnpkg.com/configuration/yarnrc, https://classic.yarnpkg.com/lang/en/docs/yarn-lock
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from gatekeeper.lockfiles import _yaml, _yarn_classic
from gatekeeper.lockfiles._graph import MAIN, Roots, settled
from gatekeeper.lockfiles._node import filed, kind_of, served_by, split
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import Table, unknown_version
from gatekeeper.model import Release
from gatekeeper.wish import Filed, Locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATTERNS = ("yarn.lock",)
METADATA = "__metadata"
MODERN = re.compile(r"^__metadata:", re.MULTILINE)
KNOWN = range(3, 11)  # __metadata's version; yarn 2.0 wrote 3
NEEDED = ("dependencies", "optionalDependencies")
PATCHED = "\0"  # no name holds one
CACHE = re.compile(r"(?:[^/]+/)?([0-9a-f]{128})")  # a digest of the archive that yarn makes, not of the registry's file


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    if not MODERN.search(text):
        return _classic(_yarn_classic.read(text, file))
    whole = _yaml.read(text, file)
    version = whole.table(METADATA).text("version") or ""
    if not version.isdecimal() or len(version) > 3 or int(version) not in KNOWN:  # noqa: PLR2004 - no number that long
        unknown_version(whole.table(METADATA), "version", "yarn.lock")
    return _modern(whole)


def _descriptors(key: str) -> tuple[tuple[str, str], ...]:
    return tuple(split(each.strip()) for each in re.split(r",\s+", key))


def _known(whole: Table) -> dict[tuple[str, str], str]:
    """Map every name and range that the lock answers to the key of the answer; PATCHED before the name of a patch."""
    known = {}
    for key in whole:
        for name, spec in _descriptors(key) if key != METADATA else ():
            known[name, spec] = key
            if spec.startswith("patch:"):
                inner, wanted = _patched(spec)
                known[PATCHED + inner, wanted] = key
    return known


def _patched(spec: str) -> tuple[str, str]:
    """Return the name and range of what a patch is for."""
    return split(unquote(spec.removeprefix("patch:").partition("#")[0]))


def _needed(entry: Table) -> list[tuple[str, str]]:
    return [pair for section in NEEDED for pair in entry.table(section).pairs()]


def _classic(whole: Table) -> LockFile:
    known = _known(whole)
    found = []
    for key, entry in whole.each():
        asked, needed = _descriptors(key), _needed(entry)
        address, _, shasum = (entry.text("resolved") or "").partition("#")
        resolved = entry.text("resolved") if served_by(address or None) != "index" else address or None
        name = kind_of(*asked[0])[1].name or asked[0][0]
        kind = served_by(resolved)
        if resolved is None and kind_of(*asked[0])[0] == "path":
            kind, resolved = "path", asked[0][1]
        found.append(
            Locked(
                Release("npm", name, entry.name("version")),
                whole.place(key),
                resolved,
                entry.text("integrity"),
                requires=tuple(needed),
                key=key,
                kind=kind,
                files=filed(resolved, entry.text("integrity"), shasum),
                asked=asked,
                leads=tuple(dict.fromkeys(known[pair] for pair in needed if pair in known)),
            )
        )
    return LockFile(whole.file, "npm", LOCK, tuple(found), linked=True)


def _modern(whole: Table) -> LockFile:
    known = _known(whole)
    every = [_entry(key, whole, known) for key in whole if key != METADATA]
    own = {each.key: each for each in every if "@workspace:" in (whole.table(each.key).text("resolution") or "")}
    roots: Roots = {}
    for each in own.values():
        for key in each.leads:
            roots.setdefault(key, set()).add(MAIN)
    releases = settled([each for each in every if each.key not in own], roots, frozenset())
    # yarn does not tell here what is for development only: the manifests do.
    releases = tuple(replace(each, dev=None) for each in releases)
    return LockFile(whole.file, "npm", LOCK, releases, tuple(own.values()), rooted=bool(own), linked=True)


def _entry(key: str, whole: Table, known: Mapping[tuple[str, str], str]) -> Locked:
    entry = whole.table(key)
    alias, reference = split(entry.name("resolution"))
    needed = _needed(entry)
    leads = [found for pair in needed for found in _answers(*pair, known)]
    if reference.startswith("patch:"):
        patched = [_patched(spec) for _, spec in _descriptors(key) if spec.startswith("patch:")]
        leads += [known[inner] for inner in patched if inner in known]
        reference = _patched(reference)[1]
    plain, _, bindings = reference.partition("::")
    address = parse_qs(bindings).get("__archiveUrl", [None])[0]
    registry = plain.startswith("npm:")
    version = entry.text("version")
    checksum = CACHE.fullmatch(entry.text("checksum") or "")
    return Locked(
        Release("npm", alias, version),
        whole.place(key),
        address if registry else plain,
        requires=tuple(needed),
        key=key,
        kind="index" if registry else kind_of(alias, plain)[0],
        files=(Filed(None, address, (f"yarn-cache-sha512:{checksum[1]}",)),) if checksum else filed(address, None),
        asked=_descriptors(key),
        leads=tuple(dict.fromkeys(leads)),
    )


def _answers(name: str, spec: str, known: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the key of the entry for a range, which older yarns write without its protocol, and for its patch."""
    for prefix in ("", PATCHED):
        for asked in (spec, f"npm:{spec}"):
            if (prefix + name, asked) in known:
                yield known[prefix + name, asked]
                break
