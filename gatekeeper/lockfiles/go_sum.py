"""go.sum: names, versions and digests of Go modules, which are not judged yet.

https://go.dev/ref/mod#go-sum-files
"""

from __future__ import annotations

import re

from gatekeeper.lockfiles._nouns import LOCK, LockFile
from gatekeeper.lockfiles._values import broken
from gatekeeper.model import Place, Release
from gatekeeper.wish import Filed, Locked

PATTERNS = ("go.sum",)
ECOSYSTEM = "golang"
LINE = re.compile(r"(?P<name>\S+) (?P<version>v[^\s/]+)(?P<only>/go\.mod)? (?P<digest>h1:[A-Za-z0-9+/]{43}=)")


def parse(text: str, file: str) -> LockFile:
    """Return what a file names; raise `UndecidedError` naming the line that is broken."""
    found: dict[tuple[str, str], tuple[int, list[Filed]]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        match = LINE.fullmatch(line.strip())
        if line.strip() and match is None:
            broken(file, number, "a module, its version and its digest were expected")
        if match is None or match["only"]:  # of the rest only the requirements were read, not the code
            continue
        # A digest of the names and digests of a module's files, in Go's own notation.
        filed = Filed(digests=(f"go-{match['digest']}",))
        found.setdefault((match["name"], match["version"]), (number, []))[1].append(filed)
    return LockFile(file, ECOSYSTEM, LOCK, tuple(_locked(one, said, file) for one, said in found.items()))


def _locked(one: tuple[str, str], said: tuple[int, list[Filed]], file: str) -> Locked:
    name, version = one
    return Locked(
        Release(ECOSYSTEM, name, version), Place(file, said[0]),
        key=f"{name} {version}", files=tuple(said[1]), asked=((name, ""),),
    )  # fmt: skip
