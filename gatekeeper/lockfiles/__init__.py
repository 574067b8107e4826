"""One file per lock file and manifest format: text to the releases it names, with line numbers."""

from __future__ import annotations

from gatekeeper.lockfiles._difference import Changed, difference
from gatekeeper.lockfiles._discovery import Format, find, format_of, formats
from gatekeeper.lockfiles._graph import explained
from gatekeeper.lockfiles._integrity import Concern, concerns
from gatekeeper.lockfiles._loading import load, on_disk, read
from gatekeeper.lockfiles._nouns import JUDGED, LOCK, MANIFEST, Include, LockFile
from gatekeeper.lockfiles._pairs import Pair, key_of, pairs

__all__ = [
    "JUDGED",
    "LOCK",
    "MANIFEST",
    "Changed",
    "Concern",
    "Format",
    "Include",
    "LockFile",
    "Pair",
    "concerns",
    "difference",
    "explained",
    "find",
    "format_of",
    "formats",
    "key_of",
    "load",
    "on_disk",
    "pairs",
    "read",
]
