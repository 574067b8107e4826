"""What registries say about names: each asked once in a run, read only when something in it is needed."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.registries.npm import ABBREVIATED

if TYPE_CHECKING:
    from gatekeeper.gate.npm_past import NpmPast
    from gatekeeper.gate.npm_registries import NpmRegistries
    from gatekeeper.model import History, Release
    from gatekeeper.registries.npm import Packument

ACCEPT = {True: f"{ABBREVIATED}; q=1.0, application/json; q=0.8, */*", False: "application/json"}
PARTS = ("versions", "dist-tags")
Versions = tuple[dict[str, Any], dict[str, Any]]


class Packuments:
    """Packuments by name, abbreviated (what installing takes) or full. Thread-safe."""

    def __init__(self, registries: NpmRegistries) -> None:
        """Start with none."""
        self._registries = registries
        self.past: NpmPast | None = None  # which leaves out of them what has to wait
        self._asked: dict[tuple[str, bool], Packument] = {}  # as they came
        self._found: dict[tuple[str, bool], Packument] = {}  # as they are served
        self._whole: dict[tuple[str, bool], Any] = {}  # the same, read as JSON
        self._locks: dict[tuple[str, bool], threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """The names that were asked for, the first ones first."""
        return list(dict.fromkeys(name for name, _ in list(self._found)))

    def is_full(self, name: str) -> bool:
        """Say whether all that a registry says about a name is here."""
        return (name, False) in self._found

    def get(self, name: str, *, abbreviated: bool = True) -> Packument:
        """Return what the registry of a name says about it; raise `UpstreamError` when it says nothing."""
        key = (name, abbreviated)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._found:
                found = self._ask(name, abbreviated)
                whole = _read(found.body)
                if self.past is not None and isinstance(whole, dict):
                    found, whole = self.past.sifted(found, whole, self._registries.of(name).label)
                self._whole[key], self._found[key] = whole, found
            return self._found[key]

    def full(self, name: str) -> dict[str, Any]:
        """Return all that a registry says about a name, with nothing left out; raise `UpstreamError` for nothing."""
        whole = _read(self._ask(name, abbreviated=False).body)
        return whole if isinstance(whole, dict) else {}

    def versions(self, name: str) -> Versions:
        """Return the manifests by version and the dist-tags of a name, of the full packument where it is here."""
        key = (name, not self.is_full(name))
        self.get(name, abbreviated=key[1])
        whole = self._whole[key]
        versions, tags = (whole.get(part) or {} for part in PARTS) if isinstance(whole, dict) else (None, None)
        if not isinstance(versions, dict) or not isinstance(tags, dict):
            raise UndecidedError(f"{self._registries.of(name).label} says nothing readable about {name}")
        return versions, tags

    def _ask(self, name: str, abbreviated: bool) -> Packument:
        key = (name, abbreviated)
        if key not in self._asked:
            if why := self._registries.refusal(name):  # not even asked
                raise UndecidedError(why.detail)
            self._asked[key] = self._registries.of(name).packument(name, ACCEPT[abbreviated])
        return self._asked[key]

    def every(self, name: str) -> dict[str, Any]:
        """Return the manifests of a name by version, those that have to wait too, as far as it was asked for."""
        return self.past.manifests(name) if self.past else {}

    def history(self, release: Release) -> History | None:
        """Return what the registry tells about a release and those before it, as far as its name was asked for."""
        return self.past.history(release) if self.past else None

    def announced(self, release: Release) -> dict[str, Any]:
        """Return what was said about a release, as far as its name was asked for; with the text of its scripts."""
        if release.name not in self.names:
            return {}
        manifest = self.versions(release.name)[0].get(release.version or "")
        if isinstance(manifest, dict) and manifest.get("hasInstallScript") and not self.is_full(release.name):
            # Newer npms ask once more, for the text of the script, and run that.
            self.get(release.name, abbreviated=False)
            manifest = self.versions(release.name)[0].get(release.version or "")
        return manifest if isinstance(manifest, dict) else {}


def _read(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
