"""Several policy files, one policy: each is followed, or followed as far as it tightens.

A file that is followed replaces what files before it said, but for keys that an organisation locked. What only tightens
can make a value stricter, or set a floor below which a check's findings are not ruled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatekeeper.policy import COOLDOWN, HOOK_WORDS, QUESTION_WORDS, RULING_WORDS, Feeds, Policy, Waiver
from gatekeeper.settings._checking import EVERYTHING, LOCK
from gatekeeper.settings._feeds import feeds_in
from gatekeeper.settings._source import Standing, named
from gatekeeper.settings._waivers import spelled, waivers_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gatekeeper.settings._source import Entry, Key, Source

SHADES = ("allow", "note", "ask", "block")  # the mildest first; `note` is `allow` said aloud
ANSWERS = ("allow", "refuse")  # the mildest first
WAIT: Key = ("", "cooldown")
QUESTIONS: Key = ("", "questions")
HOOKS: Key = ("hooks", "policy")
WAIVERS: Key = ("", "waiver")
DEFAULTS: Mapping[Key, Any] = {WAIT: COOLDOWN, QUESTIONS: QUESTION_WORDS[0], HOOKS: HOOK_WORDS[0]}
EXEMPT: Key = ("", "cooldown-exempt")
ADDED: frozenset[Key] = frozenset({EXEMPT, ("hosts", "package"), ("signatures", "extra")})
DIGESTS: Key = ("feeds", "digests")
MOST_TOLD = 100  # lines about one file: the rest says nothing new, and a stranger's would fill the screen
TRUSTING = "a project's own file may only tighten; `gatekeeper policy trust` follows it"
NO_RULES = "a project brings no rules; `--policy` follows it"


@dataclass(frozen=True, slots=True)
class Floor:
    """The mildest ruling that a check may have, and who said so."""

    word: str
    said: Entry


@dataclass(slots=True)
class Merged:
    """What the files say that were taken so far; `origins` tells where each value comes from."""

    today: str  # an ISO date
    values: dict[Key, Any] = field(default_factory=lambda: dict(DEFAULTS))
    origins: dict[Key, Entry] = field(default_factory=dict)
    adders: dict[Key, list[str]] = field(default_factory=dict)  # of values that several files add to
    floors: dict[str, Floor] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)  # what is locked, and where
    waivers: list[Waiver] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    files: list[Source] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def take(self, source: Source) -> None:
        """Take a file on top of those before it, at its word or as far as it tightens."""
        self.files.append(source)
        for key in self.undone_by(source):
            del self.values[key]
        if self._changes_preset(source):
            self.floors = {
                check: floor
                for check, floor in self.floors.items()
                if not floor.said.preset or self.lock_on(floor.said.key)
            }
        lines = [*self._taken_in(source), *self._excuse(source)]
        if len(lines) > MOST_TOLD:
            lines = [*lines[:MOST_TOLD], f"{source.path}: {len(lines) - MOST_TOLD} more keys and waivers were ignored"]
        self.remarks += lines
        where = source.at(LOCK)
        for name in source.table.get(LOCK, ()):
            self.locks.setdefault(name, where)

    def _taken_in(self, source: Source) -> Iterator[str]:
        """Take in a file's keys; yield what is to be said of those that are not followed."""
        ignored: dict[tuple[str, str, str], list[str]] = {}  # by place, preset and reason
        for entry in source.entries():
            why = self.against(entry.key, source)
            if not why:
                self._follow(entry)
            elif not self._tighten(entry):
                ignored.setdefault((entry.place, entry.preset, why), []).append(named(entry.key))
        for (place, preset, why), names in ignored.items():
            what = f"preset {preset}'s {', '.join(names)}" if preset else ", ".join(names)
            yield f"{place}: {what} {'were' if len(names) > 1 else 'was'} ignored, because {why}"

    def against(self, key: Key, source: Source) -> str:
        """Say why a file may not loosen a key; empty when it may."""
        if lock := self.lock_on(key):
            return f"it is locked by {lock}"
        if not source.standing.follows:
            return TRUSTING
        return NO_RULES if key[0] == "signatures" and not source.standing.brings_rules else ""

    def lock_on(self, key: Key) -> str:
        """Return where a key was locked; empty when it was not."""
        section, name = key
        spelt = [EVERYTHING, section or name, f"{section}.{name}"]
        spelt += [WAIT[1]] if key == EXEMPT else []  # who never waits says how long releases wait, too
        return next((self.locks[each] for each in spelt if each in self.locks), "")

    def undone_by(self, source: Source) -> list[Key]:
        """Return what earlier presets said of single checks, where a file that is followed names another preset."""
        if not self._changes_preset(source):
            return []
        by_preset = (key for key, entry in self.origins.items() if key in self.values and entry.preset)
        return [key for key in by_preset if key not in DEFAULTS and not self.lock_on(key)]

    def _changes_preset(self, source: Source) -> bool:
        return "preset" in source.table and source.standing.follows

    def _follow(self, entry: Entry) -> None:
        key, value = entry.key, entry.value
        if key in ADDED:
            self.adders.setdefault(key, []).append(entry.origin)
            value = tuple(dict.fromkeys((*self.values.get(key, ()), *value)))
        elif key == DIGESTS:
            value = {**self.values.get(key, {}), **value}
        elif key[0] == "rulings":
            self.floors.pop(key[1], None)
        self.values[key] = value
        self.origins[key] = entry

    def _tighten(self, entry: Entry) -> bool:
        """Take what makes us stricter; say whether that, or what holds already, is all that the key says."""
        key, value = entry.key, entry.value
        if key[0] == "rulings":
            return self._raise_floor(entry)
        if key in DEFAULTS or key[0] == "ask":
            here = strictness(key, self.values.get(key, ANSWERS[-1]))
            if strictness(key, value) > here:
                self.values[key], self.origins[key] = value, entry
            return strictness(key, value) >= here
        return self.holds(key, value)

    def _raise_floor(self, entry: Entry) -> bool:
        check, word = entry.key[1], entry.value
        if RULING_WORDS[word] is RULING_WORDS["allow"]:
            return RULING_WORDS.get(self.values.get(entry.key, "block")) is RULING_WORDS[word]
        before = self.floors.get(check)
        if before is None or SHADES.index(word) > SHADES.index(before.word):
            self.floors[check] = Floor(word, entry)
        return True

    def holds(self, key: Key, value: Any) -> bool:  # noqa: ANN401 - any value of a policy file
        """Say whether a value is nothing new."""
        here = self.values.get(key)
        if key in ADDED:
            return set(value) <= set(here or ())
        return bool(here == value)

    def _excuse(self, source: Source) -> list[str]:
        """Take a file's waivers; the one that is named decides alone, unless an organisation does.

        Return what is to be said of those that do not count.
        """
        table = source.table.get("waiver", [])
        if why := self.against(WAIVERS, source):
            known = {(each.release, each.check, each.sha256) for each in self.waivers}
            return [
                f"{source.where_waiver(number)}: the waiver for {each['release']} was ignored, because {why}"
                for number, each in enumerate(table)
                if (spelled(each["release"]), each["check"], each["sha256"]) not in known
            ]
        if source.standing is Standing.NAMED:
            self.waivers, self.expired = [], []
        waivers, expired = waivers_in(table, self.today, source.where_waiver)
        self.waivers += waivers
        self.expired += expired
        return []

    def of(self, section: str) -> dict[str, Any]:
        """Return what holds in one section."""
        return {key[1]: value for key, value in self.values.items() if key[0] == section}

    def policy(self, ages: Mapping[str, float]) -> Policy:
        """Freeze what was merged."""
        return Policy(
            rulings=self.of("rulings"),
            ask=self.of("ask"),
            origins=self.of("origins"),
            package_hosts=self.values.get(("hosts", "package"), ()),
            floors={check: floor.word for check, floor in self.floors.items()},
            hooks=self.values[HOOKS],
            signatures=self.values.get(("signatures", "extra"), ()),
            feeds=feeds_in(self.of("feeds"), Feeds()),
            waivers=tuple(self.waivers),
            cooldown=self.values[WAIT],
            ages=ages,
            cooldown_exempt=self.values.get(EXEMPT, ()),
            questions=self.values[QUESTIONS],
            audit=self.values.get(("audit", "file")),
        )

    def told(self) -> Iterator[tuple[str, str]]:
        """Yield where each value comes from, by the key as messages spell it, a lock included."""
        for key in {**self.origins, **dict.fromkeys(DEFAULTS)}:
            if key in self.values:
                origin = self.origins[key].origin if key in self.origins else "default"
                origin = ", ".join(self.adders.get(key, [origin]))
                yield named(key), origin + self._locked(key)
        for check, floor in self.floors.items():
            yield f"floor {check}", floor.said.origin

    def _locked(self, key: Key) -> str:
        lock = self.lock_on(key)
        return f", locked by {lock}" if lock else ""


def strictness(key: Key, value: Any) -> float:  # noqa: ANN401 - hours, or a word
    """Rank a value of a key whose values have an order; more is stricter."""
    if key == WAIT:
        return float(value)
    words = {QUESTIONS: QUESTION_WORDS, HOOKS: HOOK_WORDS}.get(key, ANSWERS)
    return words.index(value)
