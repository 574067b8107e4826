"""OSV records (https://ossf.github.io/osv-schema/) that call releases malicious, and which releases they mean. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.history._order import is_same, order_of
from gatekeeper.model import Advisory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatekeeper.model import Release

MALWARE = "MAL-"  # the prefix of ids under which malicious packages are recorded; other records are about weaknesses
ECOSYSTEMS = {"PyPI": "pypi", "npm": "npm"}
TO_OSV = {ours: theirs for theirs, ours in ECOSYSTEMS.items()}
ORDERED = {"SEMVER", "ECOSYSTEM"}  # kinds of ranges over versions; those over commits say nothing about releases
# Where two events name one version: what was fixed there may be back there, and what begins there may end there.
EVENTS = {"fixed": 0, "introduced": 1, "last_affected": 2, "limit": 3}
ALWAYS = "0"  # before every version
LONGEST_SUMMARY = 200  # characters

Event = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Affected:
    """The releases of one package that a record means: versions, and ranges of events; neither means all."""

    ecosystem: str
    name: str
    versions: tuple[str, ...] = ()
    ranges: tuple[tuple[Event, ...], ...] = ()

    def covers(self, version: str | None) -> bool:
        """Say whether a version is meant; None asks whether every version is."""
        if not self.versions and not self.ranges:
            return True
        if any(is_endless(events) for events in self.ranges):
            return True
        if version is None:
            return False
        return any(is_same(self.ecosystem, version, each) for each in self.versions) or any(
            is_within(self.ecosystem, version, events) for events in self.ranges
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A record about malware. `accuses` are the ids under which it is one: its own, or those that it is an alias of."""

    advisory: Advisory
    accuses: tuple[str, ...]
    is_withdrawn: bool = False
    affected: tuple[Affected, ...] = field(default=())


def is_endless(events: Sequence[Event]) -> bool:
    """Say whether a range holds every version there can be."""
    return set(events) in ({("introduced", ALWAYS)}, {("introduced", ALWAYS), ("limit", "*")})


def is_within(ecosystem: str, version: str, events: Iterable[Event]) -> bool:
    """Say whether a version lies in a range, as the schema's own algorithm has it."""
    place = order_of(ecosystem, version)
    if place is None:
        return False
    known = [(kind, None if at in (ALWAYS, "*") else order_of(ecosystem, at)) for kind, at in events]
    limits = [at for kind, at in known if kind == "limit"]
    if limits and not any(at is None or place < at for at in limits):
        return False
    inside = False
    turns = [(kind, at) for kind, at in known if kind != "limit"]
    first = [(kind, at) for kind, at in turns if at is None]
    later = sorted((turn for turn in turns if turn[1] is not None), key=lambda turn: (turn[1], EVENTS[turn[0]]))
    for kind, at in (*first, *later):
        if kind == "introduced" and (at is None or place >= at):
            inside = True
        elif (kind == "fixed" and place >= at) or (kind == "last_affected" and place > at):
            inside = False
    return inside


def read_record(content: bytes) -> Record | None:
    """Read a record; None when it is not about malware. Raises ValueError for what the schema does not allow."""
    try:
        said = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(said, dict):
        raise ValueError("a record is an object")  # noqa: TRY004 - whoever reads feeds knows one error
    return record_of(said)


def record_of(said: Mapping[str, Any]) -> Record | None:
    """Read a record out of its JSON object; None when it is not about malware."""
    own = said.get("id")
    if not isinstance(own, str) or not own or len(own) > LONGEST_SUMMARY:
        raise ValueError("a record needs an id")
    accuses = tuple(each for each in (own, *_texts(said.get("aliases"))) if each.startswith(MALWARE))
    if not accuses:
        return None
    advisory = Advisory(own, _summary(said), _url(said))
    f"{own}{advisory.summary}{advisory.url}".encode()  # half of a surrogate pair is no text: a ValueError
    accuses = (own,) if own.startswith(MALWARE) else accuses
    return Record(advisory, accuses, bool(said.get("withdrawn")), tuple(_affected(said)))


def _affected(said: Mapping[str, Any]) -> Iterator[Affected]:
    for each in _objects(said.get("affected")):
        package = each.get("package")
        if not isinstance(package, dict):
            continue
        ecosystem = ECOSYSTEMS.get(str(package.get("ecosystem", "")).partition(":")[0])
        name = package.get("name")
        if ecosystem is None:
            continue
        if not isinstance(name, str) or not name:
            raise ValueError("a package needs a name")
        name.encode()
        versions, ranges = tuple(_texts(each.get("versions"))), tuple(_ranges(ecosystem, each.get("ranges")))
        if versions or ranges or not each.get("ranges"):  # a package of which only commits are named is left out
            yield Affected(ecosystem, normalised(ecosystem, name), versions, ranges)


def _ranges(ecosystem: str, said: object) -> Iterator[tuple[Event, ...]]:
    for each in _objects(said):
        kind_of_range = each.get("type")
        if not isinstance(kind_of_range, str):
            raise ValueError("a range needs a type")  # noqa: TRY004 - whoever reads feeds knows one error
        if kind_of_range not in ORDERED:
            continue
        events = tuple(
            (kind, at) for event in _objects(each.get("events")) for kind, at in event.items() if kind in EVENTS
        )
        for kind, at in events:
            if not isinstance(at, str) or not _has_place(ecosystem, kind, at):
                raise ValueError(f"{kind} needs a version")
        if not any(kind == "introduced" for kind, _ in events):
            raise ValueError("a range begins somewhere")
        yield events


def _has_place(ecosystem: str, kind: str, at: str) -> bool:
    free = (kind == "introduced" and at == ALWAYS) or (kind == "limit" and at == "*")
    return free or order_of(ecosystem, at) is not None


def normalised(ecosystem: str, name: str) -> str:
    """Return a name as its registry compares it (PEP 503 for Python; npm's are compared as they are)."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "pypi" else name


def about(release: Release, records: Iterable[tuple[Advisory, Affected]]) -> tuple[Advisory, ...]:
    """Return the advisories that mean a release."""
    return tuple(dict.fromkeys(advisory for advisory, affected in records if affected.covers(release.version)))


def _summary(said: Mapping[str, Any]) -> str:
    text = said.get("summary")
    return " ".join(text.split())[:LONGEST_SUMMARY] if isinstance(text, str) else ""


def _url(said: Mapping[str, Any]) -> str:
    """Return where people read on: the first web address among the references."""
    urls = [each.get("url") for each in _objects(said.get("references"))]
    good = (each for each in urls if isinstance(each, str) and each.startswith("https://"))
    return next((each for each in good if len(each) <= LONGEST_SUMMARY), "")


def _texts(value: object) -> list[str]:
    """Return a list of texts; nothing for null. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("a list of texts is wanted")
    return value


def _objects(value: object) -> list[dict[str, Any]]:
    """Return a list of objects; nothing for null. Raises ValueError for anything else."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("a list of objects is wanted")
    return value
