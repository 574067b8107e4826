"""Gemfile.lock: names, versions, digests and origins of gems, which are not judged yet.

https://bundler.io/guides/rationale.html
"""

from __future__ import annotations

import re
from dataclasses import replace

from gatekeeper.lockfiles._digests import from_pair
from gatekeeper.lockfiles._graph import MAIN, Roots, named, settled
from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import broken, uncrowded
from gatekeeper.model import Place, Release
from gatekeeper.wish import Filed, Locked, Source

PATTERNS = ("Gemfile.lock", "gems.locked")
ECOSYSTEM = "gem"
KINDS = {"GEM": "index", "GIT": "vcs", "PATH": "path", "PLUGIN SOURCE": "url"}
HEAD = re.compile(r"[A-Z][A-Z ]*")
REMOTE = re.compile(r"  remote: (.+)")
SPEC = re.compile(r"    (?P<name>\S+) \((?P<version>[^)]+)\)")
NEED = re.compile(r"      (?P<name>\S+?)!?(?: \([^)]*\))?")
ASKED = re.compile(r"  (?P<name>\S+?)(?: \([^)]*\))?!?")
DIGEST = re.compile(r"  (?P<name>\S+) \((?P<version>[^)]+)\)(?: (?P<digests>\S+))?")


def parse(text: str, file: str) -> LockFile:
    """Return what a lock names; raise `UndecidedError` naming the line that is broken."""
    reader = _Reader(file)
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.strip():
            reader.take(number, line.rstrip())
    if not reader.sections:
        broken(file, 1, "not a Gemfile.lock: it holds no section")
    keys = named(reader.found)  # of one gem there may be a file for each platform
    uncrowded(keys, file)
    linked = [
        replace(
            each,
            requires=tuple((name, "") for name in needed),
            leads=tuple(dict.fromkeys(key for name in needed for key in keys.get(name, ()))),
            files=reader.files_of(each),
        )
        for each, needed in zip(reader.found, reader.needed, strict=True)
    ]
    roots: Roots = {key: {MAIN} for name in reader.asked for key in keys.get(name, ())}
    done = settled(linked, roots, frozenset())
    return LockFile(file, ECOSYSTEM, LOCK, done, sources=tuple(reader.sources), rooted=True, linked=True)


class _Reader:
    """The sections of a lock, line by line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.sections: list[str] = []
        self.remote: str | None = None
        self.found: list[Locked] = []
        self.needed: list[list[str]] = []  # by each of them
        self.sources: list[Source] = []
        self.asked: list[str] = []
        self.digests: dict[str, tuple[str, ...]] = {}

    def take(self, number: int, line: str) -> None:
        """Take the next line in."""
        if not line.startswith(" "):
            if not HEAD.fullmatch(line):
                broken(self.file, number, "a section of Bundler's was expected")
            self.sections.append(line)
            self.remote = None
        elif not self.sections:
            broken(self.file, number, "a section of Bundler's was expected")
        elif self.sections[-1] in KINDS:
            self.spec(number, line)
        elif self.sections[-1] == "DEPENDENCIES":
            asked = ASKED.fullmatch(line) or broken(self.file, number, "the name of a gem was expected")
            self.asked.append(asked["name"])
        elif self.sections[-1] == "CHECKSUMS":
            said = DIGEST.fullmatch(line) or broken(self.file, number, "a gem and its digest were expected")
            found = (from_pair(word) for word in (said["digests"] or "").split(","))
            self.digests[f"{said['name']} {said['version']}"] = tuple(filter(None, found))

    def spec(self, number: int, line: str) -> None:
        """Take a line of a source in: its address, a gem, or what a gem needs."""
        kind, place = KINDS[self.sections[-1]], Place(self.file, number)
        remote, spec, need = REMOTE.fullmatch(line), SPEC.fullmatch(line), NEED.fullmatch(line)
        if remote:
            self.remote = remote[1]
            self.sources += [Source("index", remote[1], place)] if kind == "index" else []
        elif spec:
            name, version = spec["name"], spec["version"]
            self.needed.append([])
            away = None if kind == "index" else self.remote
            self.found.append(
                Locked(
                    Release(ECOSYSTEM, name, version), place, away, key=f"{name} {version}", kind=kind,
                    source=self.remote if kind == "index" else None, asked=((name, ""),),
                )
            )  # fmt: skip
        elif need and self.found:
            self.needed[-1].append(need["name"])
        elif not re.fullmatch(r"  [a-z]+:.*", line):
            broken(self.file, number, "a gem and its version were expected")

    def files_of(self, locked: Locked) -> tuple[Filed, ...]:
        """Return the file of a gem, where a digest of it is known."""
        digests = self.digests.get(locked.key, ())
        return (Filed(digests=digests),) if digests else ()
