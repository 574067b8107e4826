"""What actions a workflow takes from elsewhere: by what name, and how firmly that names what will run."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.evidence._confusable import skeleton
from gatekeeper.evidence._nearby import Nearby
from gatekeeper.model import Notice, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.evidence._workflow_state import Use

FILE = "action_owners.txt"
OWN = ("./", "../", "$/")  # of the same repository
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
NUMBERED = re.compile(r"\d")
FIRST_PARTY = frozenset({"actions", "github"})  # of the service itself: whoever takes these over has all the rest
SHORTEST = 5  # letters: shorter owners are one slip away from honest others


@cache
def owners() -> Nearby:
    """Return the owners of much-used actions."""
    lines = signatures.text(FILE).splitlines()
    return Nearby(tuple(line for line in lines if line and not line.startswith("#")))


def about_uses(path: str, uses: Iterable[Use], before: Iterable[Use]) -> Iterator[Notice]:
    """Yield what is worth knowing about the actions that a change brings in; those used before are no news."""
    earlier = [each.what for each in before]
    known = {name_of(what) for what in earlier}
    firm = {name_of(what) for what in earlier if is_pinned(what)} - {
        name_of(what) for what in earlier if not is_pinned(what)
    }
    for use in dict.fromkeys(each for each in uses if each.what not in earlier and not each.what.startswith(OWN)):
        place = Place(path, use.line)
        if (meant := lookalike_of(owner_of(use.what))) and name_of(use.what) not in known:
            yield Notice("lookalike-action", f"{use.what}: like {meant}", place)
        if not is_pinned(use.what):
            yield Notice(firmness(use.what, known, firm), use.what, place)


def firmness(what: str, known: set[str], firm: set[str]) -> str:
    """Return the kind of notice for an action whose content its owner may exchange at any time."""
    name, reference = name_of(what), what.partition("@")[2]
    if owner_of(what) in FIRST_PARTY:
        return "numbered-action"
    if name in firm and owner_of(what) not in owners().names:
        return "loosened-action"
    if name in known:
        return "unpinned-action"
    remote = what.startswith(("http:", "https:")) or "@volatile" in what or "@dev:" in what
    moving = remote or not NUMBERED.search(reference)
    return "moving-action" if moving and owner_of(what) not in owners().names else "unpinned-action"


def is_pinned(what: str) -> bool:
    """Say whether a name means one content for ever."""
    if what.startswith("docker://"):
        return "@sha256:" in what
    return what.startswith(OWN) or COMMIT.fullmatch(what.rpartition("@")[2]) is not None


def name_of(what: str) -> str:
    """Return an action's name without what version of it is meant."""
    return re.split(r"@|(?<=[^/]):(?!//)", what.lower(), maxsplit=1)[0]


def owner_of(what: str) -> str:
    """Return whose action it is, in small letters; "" for an image or an address."""
    return "" if "://" in what else what.partition("/")[0].lower()


def lookalike_of(owner: str) -> str | None:
    """Return the well-known owner that another owner's name could be mistaken for."""
    near = owners()
    if not owner or owner in near.names:
        return None
    plain = skeleton(owner)
    if plain in near.names:
        return plain
    return next((each for each, _ in near.one_slip_from(plain) if min(len(each), len(plain)) >= SHORTEST), None)
