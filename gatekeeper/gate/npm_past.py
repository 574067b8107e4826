"""The past of npm packages, as their packuments tell it: which versions a client hears of, and what checks are told.

An abbreviated packument holds no times but that of its last change, so only one that changed lately is asked for once
more, in full.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import GatekeeperError
from gatekeeper.gate.npm_choosing import likely_version, parsed
from gatekeeper.gate.waiting import Choice, Waiting
from gatekeeper.history.npm import dated, history_of, modified
from gatekeeper.model import NEWS, History, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from gatekeeper.registries.npm import Packument


@dataclass(slots=True)
class NpmPast:
    """The packages of one run. Thread-safe.

    `pinned` are the names and versions that the person or their lock asks for; `wanted` tells which specs are known to
    be wanted of a name; `full` asks for a full packument; `is_private` tells of names that a registry of their own has.
    """

    waiting: Waiting
    pinned: frozenset[tuple[str, str]]
    wanted: Callable[[str], Iterable[str]]
    full: Callable[[str], Mapping[str, Any]]
    is_private: Callable[[str], bool]
    _seen: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def sifted(self, packument: Packument, whole: dict[str, Any], source: str) -> tuple[Packument, dict[str, Any]]:
        """Return a packument, as it came and read, without the versions that have to wait."""
        name, versions = packument.name, whole.get("versions")
        if not isinstance(versions, dict) or not versions:
            return packument, whole
        if self.is_private(name):
            self.waiting.private.add(name)
        self._seen[name] = whole = self._with_times(name, whole)
        if "time" not in whole and modified(whole) is not None:  # all of it is old enough
            return packument, whole
        pinned = {version for wanted, version in self.pinned if wanted == name}
        choice = Choice(
            Release("npm", name),
            [dated(version, {}, whole) for version in versions],
            pinned,
            lambda: [partial(self._chosen, whole, spec) for spec in self.wanted(name)],
            lambda version: self.history(Release("npm", name, version)),
            knows_times=bool(whole.get("time")),
        )
        left_out = self.waiting.kept_from(choice, source)
        if not left_out:
            return packument, whole
        kept = {version: manifest for version, manifest in versions.items() if version not in left_out}
        thinner = {**whole, "versions": kept, "dist-tags": retagged(whole.get("dist-tags"), kept)}
        return replace(packument, body=json.dumps(thinner).encode()), thinner

    def manifests(self, name: str) -> dict[str, Any]:
        """Return what is said of every version of a name, as far as it was asked for."""
        versions = self._seen.get(name, {}).get("versions")
        return versions if isinstance(versions, dict) else {}

    def history(self, release: Release) -> History | None:
        """Return what the registry tells about a release and those before it, as far as it was asked."""
        whole = self._seen.get(release.name)
        if whole is None or release.version is None:
            return None
        pinned = (release.name, release.version) in self.pinned or self.waiting.is_let(release.name)
        now, hours = self.waiting.cooldown.now, self.waiting.hours(release.name)
        found = history_of(whole, release.version, now, parsed, pinned=pinned)
        if found is not None and _differs(found) and self._is_news(whole):
            found = history_of(self._in_full(release.name, whole), release.version, now, parsed, pinned=pinned)
        return replace(found, hours=hours) if found else None

    def _with_times(self, name: str, whole: dict[str, Any]) -> dict[str, Any]:
        """Ask for the times of versions where one may be so young that it has to wait."""
        cooldown = self.waiting.cooldown
        changed = modified(whole)
        if "time" in whole or not self.waiting.waits(name) or changed is None:
            return whole
        young = changed > cooldown.now - timedelta(hours=cooldown.hours)
        return {**whole, "time": self._in_full(name, whole).get("time", {})} if young else whole

    def _is_news(self, whole: Mapping[str, Any]) -> bool:
        changed = modified(whole)
        return (
            "time" not in whole and changed is not None and changed > self.waiting.cooldown.now - timedelta(days=NEWS)
        )

    def _in_full(self, name: str, whole: Mapping[str, Any]) -> Mapping[str, Any]:
        with suppress(GatekeeperError):  # then its times are not known, which is said
            return self.full(name)
        return whole

    def _chosen(self, whole: Mapping[str, Any], spec: str, kept: Collection[str]) -> str | None:
        few = dict.fromkeys(kept)
        chosen = likely_version(spec, few, retagged(whole.get("dist-tags"), few))
        return chosen if chosen in few else None


def _differs(past: History) -> bool:
    """Say whether a release has what its last releases had not, or lacks what they had, so that its age matters."""
    before = past.previous
    return before is not None and (
        bool(past.release.hooks and not before.hooks) or bool(before.attested and not past.release.attested)
    )


def retagged(tags: object, kept: Collection[str]) -> dict[str, str]:
    """Return dist-tags that lead to versions that are kept: instead of one that is not, to the last one before it."""
    found: dict[str, str] = {}
    for tag, version in tags.items() if isinstance(tags, dict) else ():
        if version in kept:
            found[tag] = version
        elif isinstance(version, str) and (own := parsed(version)) is not None:
            before = [(each, text) for text in kept if (each := parsed(text)) and each < own and each[-1] >= own[-1]]
            if before:
                found[tag] = max(before)[1]
    return found
