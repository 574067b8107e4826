"""What npm's formats share: what a spec or an address points to, and which keys are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.lockfiles._digests import from_hex, from_sri
from gatekeeper.lockfiles._graph import MAIN
from gatekeeper.wish import Filed
from gatekeeper.wish.npm_specs import Kind, read_spec

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from gatekeeper.wish.npm_specs import Spec

# What a package asks for, by section, and the groups that these are for; and what of it others need with the package.
ASKED = {"dependencies": MAIN, "optionalDependencies": "optional", "peerDependencies": "peer", "devDependencies": "dev"}
NEEDED = ("dependencies", "optionalDependencies", "peerDependencies")
KINDS = {Kind.REGISTRY: "index", Kind.GIT: "vcs", Kind.ADDRESS: "url", Kind.TARBALL: "path", Kind.FOLDER: "path"}
LOCAL = re.compile(r"(?:workspace|link|portal|file|exec):", re.IGNORECASE)  # of pnpm, yarn and bun
ELSEWHERE = re.compile(r"(?:patch|catalog|jsr):", re.IGNORECASE)  # a registry's release in the end
LAST_AT = re.compile(r"(?P<name>@[^/@]+/[^/@]+|[^/@]+)@(?P<rest>.+)", re.DOTALL)


def kind_of(name: str, spec: str) -> tuple[str, Spec]:
    """Tell who serves what a name and a spec ask for."""
    read = read_spec(name, spec)
    if LOCAL.match(spec):
        return "path", read
    return ("index" if ELSEWHERE.match(spec) else KINDS[read.kind]), read


def served_by(address: str | None) -> str:
    """Tell what kind of thing an address in a lock is; the tarball of a registry is an http address."""
    if address is None:
        return "index"
    if address[:8].lower().startswith(("http://", "https://")) and not address.lower().split("#")[0].endswith(".git"):
        return "index"
    return kind_of("", address)[0].replace("index", "path")


def split(text: str) -> tuple[str, str]:
    """Part `name@rest`, where the name may have a scope; the name alone if there is no rest."""
    match = LAST_AT.fullmatch(text)
    return (match["name"], match["rest"]) if match else (text, "")


def filed(address: str | None, integrity: str | None, shasum: str = "") -> tuple[Filed, ...]:
    """Return the one file of a release, with all digests that a lock gives."""
    weak = from_hex("sha1", shasum)
    digests = (*from_sri(integrity), *([weak] if weak else []))
    return (Filed(None, address, digests),) if address or digests else ()


def first_of(keys: Iterator[str], known: Container[str]) -> Iterator[str]:
    """Yield the first of some keys that is known, if any is."""
    for key in keys:
        if key in known:
            yield key
            return
