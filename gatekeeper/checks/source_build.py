"""Is the file a source distribution, which is built by code of its own?

A wheel is unpacked; a source distribution is handed to the build backend that it names, which runs before anybody has
imported the package. That code is read like any other, and most of it is honest, so this is a note. A policy that wants
wheels only rules it "block"; the preset `strict` does.

Remedy: ask for a version that has a wheel for this machine; with pip's `--only-binary :all:` pip takes no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, example
from gatekeeper.model import Confidence, Evidence, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001",)
hits = (example(),)
misses = (example(kind="wheel"), example(kind="folder"))
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note about each source distribution of Python's."""
    if evidence.kind == "sdist" and evidence.release.ecosystem == "pypi":
        yield say.about(Severity.NOTE, Confidence.HIGH, "is a source distribution: code of its own builds it")
