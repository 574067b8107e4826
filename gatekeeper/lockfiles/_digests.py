"""Digests in one spelling, however a file writes them: the algorithm's name, a colon, small hexadecimal letters."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Hexadecimal letters of each algorithm that a package tool writes (https://www.w3.org/TR/SRI, PEP 503 and their own).
LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128, "blake2b": 128}
WEAK = frozenset({"md5", "sha1"})
HEX = re.compile(r"[0-9a-fA-F]+")


def from_hex(algorithm: str, text: str) -> str | None:
    """Return a digest that is written in hexadecimal; None when it is none."""
    name = algorithm.lower().replace("-", "")
    return f"{name}:{text.lower()}" if HEX.fullmatch(text) and len(text) == LENGTHS.get(name) else None


def from_pair(text: str) -> str | None:
    """Return a digest that is written `sha256:0123...` or `sha256=0123...`; None when it is none."""
    algorithm, _, rest = text.strip().replace("=", ":", 1).partition(":")
    return from_hex(algorithm, rest)


def from_base64(algorithm: str, text: str) -> str | None:
    """Return a digest that is written in base 64; None when it is none."""
    try:
        return from_hex(algorithm, base64.b64decode(text, validate=True).hex())
    except (binascii.Error, ValueError):
        return None


def from_sri(text: str | None) -> Iterator[str]:
    """Yield the digests in a subresource integrity string; what is none of them is left out."""
    for word in (text or "").split():
        algorithm, _, rest = word.partition("-")
        digest = from_base64(algorithm, rest.partition("?")[0])
        if digest:
            yield digest


def algorithm_of(digest: str) -> str:
    """Return the algorithm of a digest."""
    return digest.partition(":")[0]
