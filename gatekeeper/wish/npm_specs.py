"""What a word or a dependency's spec means to npm: a registry's release, or something that no registry serves.

After npm-package-arg's grammar (https://docs.npmjs.com/cli/using-npm/package-spec). What is not surely a release of a
registry is something else: the gate then refuses it, and where it is wrong the fence stands behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

LONGEST = 2000  # characters; what is longer is nobody's range, and takes long to take apart
ADDRESS = re.compile(r"(?:git\+)?[a-z][a-z0-9+.-]*:", re.IGNORECASE)
GIT_AT = re.compile(r"[^@]+@[^:.]+\.[^:]+:.+", re.DOTALL)
TARBALL = re.compile(r"\.(?:tgz|tar\.gz|tar)$", re.IGNORECASE)
PATH = re.compile(r"(?:\.|~[/\\]|[/\\]|[a-zA-Z]:[/\\])")
WEB = re.compile(r"https?:", re.IGNORECASE)
GIT_HOST_PAGE = re.compile(
    r"https?://[^/]*(?:github|gitlab|bitbucket)[^/]*/[^/]+/[^/]+?(?:\.git)?/?(?:#.*)?$", re.IGNORECASE
)
VERSION = re.compile(r"v?=?\s*\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")


class Kind(Enum):
    """What a spec points to."""

    REGISTRY = "registry"
    GIT = "git"
    ADDRESS = "address"
    TARBALL = "tarball"  # on this machine
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec: what it points to, the name in the registry, and the range, tag, address or path that it gives."""

    kind: Kind
    name: str
    wanted: str

    @property
    def version(self) -> str | None:
        """The one version that it names, if it names one."""
        return self.wanted.lstrip("v= ") if VERSION.fullmatch(self.wanted) else None


def read_word(word: str) -> Spec:
    """Read a word of the command line: `name`, `name@range`, `alias@npm:name@range`, an address or a path."""
    if len(word) > LONGEST:
        return Spec(Kind.ADDRESS, "", word)
    at = word.find("@", 1)
    head = word[:at] if at > 0 else word
    if ADDRESS.match(word) or GIT_AT.fullmatch(word):
        return read_spec("", word)
    if not head.startswith("@") and (re.search(r"[/\\]", head) or TARBALL.search(head)):
        return read_spec("", word)
    if PATH.match(word):
        return read_spec("", word)
    return read_spec(head, word[at + 1 :] if at > 0 else "")


def read_spec(name: str, spec: str) -> Spec:
    """Read what stands beside a name in package.json, or a word without a name."""
    if len(spec) > LONGEST:
        return Spec(Kind.ADDRESS, name, spec)
    plain = spec.strip()
    low = plain.lower()
    if low.startswith("npm:"):
        inner = read_word(plain[4:])
        return Spec(inner.kind, inner.name or name, inner.wanted)
    if low.startswith("file:") or (PATH.match(plain) and not GIT_AT.fullmatch(plain)):
        path = re.sub(r"^file:(?://)?", "", plain, flags=re.IGNORECASE)
        return Spec(Kind.TARBALL if TARBALL.search(path) else Kind.FOLDER, name, path)
    return Spec(_kind_of(plain), name, plain or "*")


def _kind_of(spec: str) -> Kind:
    """Tell what something points to that is neither an alias nor plainly a path."""
    if WEB.match(spec):
        return Kind.GIT if GIT_HOST_PAGE.match(spec) else Kind.ADDRESS
    if ADDRESS.match(spec) or GIT_AT.fullmatch(spec):
        return Kind.GIT
    if re.search(r"[/\\]", spec):
        hosted = re.fullmatch(r"[^@/\\\s.~][^@/\\\s]*/[^/\\\s]+", spec)
        return Kind.GIT if hosted and not TARBALL.search(spec) else _path_kind(spec)
    if ":" in spec:  # no range and no tag holds one
        return Kind.ADDRESS
    return Kind.TARBALL if TARBALL.search(spec) else Kind.REGISTRY


def _path_kind(path: str) -> Kind:
    return Kind.TARBALL if TARBALL.search(path) else Kind.FOLDER
