"""What following a project's policy files would loosen, key by key: what a person has to see before trusting them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatekeeper.settings import own_files, project_files, source_in
from gatekeeper.settings._merging import DEFAULTS, WAIVERS, Merged, strictness
from gatekeeper.settings._reading import content_of
from gatekeeper.settings._source import Standing, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from gatekeeper.settings._source import Entry, Key, Source

MEANT = {
    "cooldown": "releases wait this long, and no longer",
    "cooldown-exempt": "releases of these names never wait",
    "questions": "what would be a question is put, and can be answered yes",
    "hooks": "these install hooks run",
    "origins": "these names come from this index, without a question",
    "hosts": "packages may come from these hosts, without a question",
    "feeds": "lists of names and of known malware come from there; what they leave out is not found",
    "audit": "decisions are written there, and nowhere else",
}
INTERNAL = "these names come from a private index, never wait, and are not looked up among known malware"
RULED = {
    "allow": "what this check finds stops nothing",
    "note": "what this check finds stops nothing",
    "ask": "what this check would refuse becomes a question",
}
STRICT = frozenset({"ask", "block", "refuse"})  # words of single checks that hold something back
ANSWERED = "questions of this check are answered yes where nobody is there"


@dataclass(frozen=True, slots=True)
class Loosening:
    """One thing that a file loosens: where it stands, the key with its value (addresses whole), and what that means."""

    place: str
    what: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Offered:
    """One policy file of a project: the bytes that were looked at, and what they loosen."""

    path: Path
    content: bytes
    loosens: tuple[Loosening, ...]


def offered(folder: Path, known_checks: Collection[str]) -> list[Offered]:
    """Return the policy files of a project, as they stand; a mistake in one is a UsageError naming file:line."""
    merged = own_files(known_checks)
    found = []
    for path in project_files(folder):
        content = content_of(path)
        if content is not None and (source := source_in(path, content, known_checks, Standing.TRUSTED)) is not None:
            found.append(Offered(path, content, tuple(_loosened(source, merged))))
    return found


def _loosened(source: Source, merged: Merged) -> Iterator[Loosening]:
    for key in (each for each in merged.undone_by(source) if merged.values[each] in STRICT):
        before = merged.origins[key].origin
        yield Loosening(source.at("preset"), "preset", f"another preset: {named(key)} no longer holds ({before})")
    for entry in source.entries():
        if not merged.against(entry.key, source) and _softens(entry, merged):
            what = f"{named(entry.key)} = {_spelled(entry)}" + (f" (preset {entry.preset})" if entry.preset else "")
            yield Loosening(entry.place, what, _meaning(entry))
    for number, waiver in enumerate(source.table.get("waiver", ()) if not merged.against(WAIVERS, source) else ()):
        meaning = f"excuses {waiver['check']} of the file with sha256 {waiver['sha256']} until {waiver['expires']}"
        meaning += "".join(f", {key}" for key in waiver if key.startswith("even"))
        meaning += f", and its hook may reach {', '.join(waiver['hosts'])}" if waiver.get("hosts") else ""
        yield Loosening(
            source.where_waiver(number), f"[[waiver]] {waiver['release']}", f"{meaning}: {waiver['reason']}"
        )


def _softens(entry: Entry, merged: Merged) -> bool:
    """Say whether a key could let something through that is held back without it, now or without the person's own."""
    key, value, here = entry.key, entry.value, merged.values.get(entry.key)
    if key[0] == "rulings":
        return bool(value != "block")  # also what says the same as the person's own file, which may say more one day
    if key[0] == "ask":
        return bool(value == "allow")
    if key in DEFAULTS:
        return strictness(key, value) < max(strictness(key, here), strictness(key, DEFAULTS[key]))
    return not merged.holds(key, value)


def _meaning(entry: Entry) -> str:
    section, name = entry.key
    if section == "rulings":
        return RULED[entry.value]
    if section == "ask":
        return ANSWERED
    return INTERNAL if entry.key == ("origins", "internal") else MEANT[section or name]


def _spelled(entry: Entry) -> str:
    value: Any = entry.value
    key: Key = entry.key
    if key == ("", "cooldown"):
        return f"{value:g}h"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
