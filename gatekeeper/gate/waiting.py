"""Releases that have to wait: which versions a client does not hear of yet, and what is said about it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gatekeeper.gate.answers import answered
from gatekeeper.history.cooldown import Cooldown, Held
from gatekeeper.model import Evidence, Release, Ruling, Verdict
from gatekeeper.registries.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from gatekeeper.gate.options import Options
    from gatekeeper.gate.reader import Reader
    from gatekeeper.model import Dated, History, Watcher


@dataclass(frozen=True, slots=True)
class Choice:
    """What a client may choose from under one name: its releases, and which are asked for by version.

    `wants` returns, for each wish that is known of, which of some versions it would choose; `history` tells of one.
    """

    release: Release  # without a version
    releases: Sequence[Dated]
    pinned: Collection[str]
    wants: Callable[[], Sequence[Callable[[Collection[str]], str | None]]]
    history: Callable[[str], History | None]
    knows_times: bool


@dataclass(slots=True)
class Waiting:
    """What was held back in one run. Thread-safe."""

    ecosystem: str
    reader: Reader
    watcher: Watcher
    options: Options
    clock: Clock = field(default_factory=Clock)
    silent: set[str] = field(default_factory=set)  # indexes that do not say when anything was published
    held: dict[str, tuple[Held, ...]] = field(default_factory=dict)
    let: set[str] = field(default_factory=set)  # names whose young releases the person lets pass
    private: set[str] = field(default_factory=set)  # names that another index serves than the one that everybody uses
    _choices: dict[str, Choice] = field(default_factory=dict)
    _answers: dict[str, Verdict] = field(default_factory=dict)
    _now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def cooldown(self) -> Cooldown:
        """How long releases wait, by the clock of the servers where ours is ahead of it."""
        policy = self.options.policy
        exempt = (*policy.cooldown_exempt, *policy.origins.get("internal", ()))
        hours = max(policy.cooldown, policy.ages.get(self.ecosystem, 0.0))
        return Cooldown(self._now - self.clock.ahead, hours, exempt)

    def is_let(self, name: str) -> bool:
        """Say whether releases of a name pass whatever their age."""
        return self.options.looks or not self.waits(name) or name in self.let

    def waits(self, name: str) -> bool:
        """Say whether releases of a name have to wait at all: those of the person's own colleagues do not."""
        return name not in self.private and self.cooldown.applies_to(name)

    def hours(self, name: str) -> float:
        """Return how long releases of a name have to wait."""
        return self.cooldown.hours if self.waits(name) else 0.0

    def kept_from(self, choice: Choice, source: str) -> frozenset[str]:
        """Return the versions that the client is not to hear of, after asking the person where nothing else fits."""
        name = choice.release.name
        if self.options.looks or not self.waits(name):
            return frozenset()
        if not choice.knows_times:
            self.silent.add(source)
        cooldown = self.cooldown
        found = [cooldown.holds(name, each) for each in choice.releases if each.version not in choice.pinned]
        held = [each for each in found if each is not None]
        if not held:
            return frozenset()
        with self._lock:
            self.held[name], self._choices[name] = tuple(held), choice
            if self._is_emptied(choice, held) and self._asked(choice, held).ruling is Ruling.ALLOW:
                self.let.add(name)
                del self.held[name]
                return frozenset()
        return frozenset(each.dated.version for each in held)

    def emptied(self) -> list[Verdict]:
        """Return a question about each name for which only what is held back would fit."""
        return [
            self._asked(self._choices[name], held)
            for name, held in self.held.items()
            if self._is_emptied(self._choices[name], held)
        ]

    def remarks(self, verdicts: Iterable[Verdict]) -> list[str]:
        """Say what would have been taken but for its age, and which indexes give no times."""
        taken = {verdict.release.name: verdict.release.version for verdict in verdicts if verdict.artifact is not None}
        said = [
            f"held back {name} {each.dated.version}, {each.dated.aged(self.cooldown.now)}; took {taken[name]}"
            for name, held in self.held.items()
            if taken.get(name) is not None
            for each in self._missed(self._choices[name], held)
            if each.dated.version != taken[name]
        ]
        silent = [f"{source} does not say when releases were uploaded: none was held back" for source in self.silent]
        return [*said, *sorted(silent), *self.clock.remarks()]

    def _missed(self, choice: Choice, held: Iterable[Held]) -> list[Held]:
        """Return what of the held would have been chosen."""
        every = [each.version for each in choice.releases]
        chosen = {choose(every) for choose in choice.wants()}
        return [each for each in held if each.dated.version in chosen]

    def _is_emptied(self, choice: Choice, held: Iterable[Held]) -> bool:
        young = {each.dated.version for each in held}
        every = [each.version for each in choice.releases]
        kept = [version for version in every if version not in young]
        return any(choose(every) is not None and choose(kept) is None for choose in choice.wants())

    def _asked(self, choice: Choice, held: Iterable[Held]) -> Verdict:
        """Put the question about the young release that would fit: once for a name."""
        name = choice.release.name
        if name not in self._answers:
            fitting = [each for each in held if any(choose([each.dated.version]) for choose in choice.wants())]
            first = min(fitting or held, key=lambda one: one.passes)
            release = replace(choice.release, version=first.dated.version)
            facts = Evidence(release, requested=True, history=choice.history(first.dated.version))
            verdict = self.reader.judge_facts(facts)
            self._answers[name] = answered(verdict, self.watcher, self.options.policy)
        return self._answers[name]
