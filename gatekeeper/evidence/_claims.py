"""What a package says of itself: that it reports in the name of research."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import one_line
from gatekeeper.model import UNASKED, Behaviour, When

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gatekeeper.evidence._base import Ledger

CLAIM = re.compile(
    rb"(?:security|bug[ -]?bount(?:y|ies)|penetration|dependency[ -]confusion|supply[ -]chain|typosquat\w*)"
    rb"[\s\w/(),-]{0,40}?"
    rb"(?:research|testing|\bpoc\b|proof[ -]of[ -]concept|experiment|disclosure|purposes?\b|demonstration)",
    re.IGNORECASE,
)
SAID_IN = re.compile(
    r"(?:^|/)(?:readme[^/]*|pkg-info|metadata|package\.json|setup\.(?:py|cfg)|pyproject\.toml)$", re.IGNORECASE
)
TALKING = frozenset({"network", "send", "lookup"})
MOST_FILES = 24
MOST_BYTES = 1 << 16  # of one file that are searched


def note_claims(ledger: Ledger, members: Collection[str], read: Callable[[str], bytes | None]) -> None:
    """Note what a package says of research, if it talks to the network without being asked to."""
    talking = {one.file for one in ledger.behaviours.values() if one.kind in TALKING and one.when in UNASKED}
    if not talking:
        return
    said_in = sorted((path for path in members if SAID_IN.search(path)), key=lambda path: path.count("/"))
    for path in [*sorted(talking), *said_in][:MOST_FILES]:
        content = (read(path) or b"")[:MOST_BYTES]
        found = CLAIM.search(content)
        if found is not None:
            line = content.count(b"\n", 0, found.start()) + 1
            words = one_line(found.group().decode("utf-8", "replace"), 80)
            ledger.add(Behaviour("claims-research", words, path, line, When.NEVER, words))
