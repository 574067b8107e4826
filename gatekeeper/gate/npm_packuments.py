"""What registries say about names: each asked once in a run, read only when something in it is needed."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError
from gatekeeper.registries.npm import ABBREVIATED

if TYPE_CHECKING:
    from gatekeeper.gate.npm_registries import NpmRegistries
    from gatekeeper.model import Release
    from gatekeeper.registries.npm import Packument

ACCEPT = {True: f"{ABBREVIATED}; q=1.0, application/json; q=0.8, */*", False: "application/json"}
Versions = tuple[dict[str, Any], dict[str, Any]]


class Packuments:
    """Packuments by name, abbreviated (what installing takes) or full. Thread-safe."""

    def __init__(self, registries: NpmRegistries) -> None:
        """Start with none."""
        self._registries = registries
        self._found: dict[tuple[str, bool], Packument] = {}
        self._read: dict[tuple[str, bool], Versions] = {}
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
                self._found[key] = self._registries.of(name).packument(name, ACCEPT[abbreviated])
            return self._found[key]

    def versions(self, name: str) -> Versions:
        """Return the manifests by version and the dist-tags of a name, of the full packument where it is here."""
        key = (name, not self.is_full(name))
        if key not in self._read:
            self._read[key] = self._parsed(name, self.get(name, abbreviated=key[1]))
        return self._read[key]

    def _parsed(self, name: str, packument: Packument) -> Versions:
        try:
            whole = json.loads(packument.body)
            versions, tags = whole.get("versions") or {}, whole.get("dist-tags") or {}
        except (ValueError, AttributeError, RecursionError):
            versions, tags = None, None
        if not isinstance(versions, dict) or not isinstance(tags, dict):
            raise UndecidedError(f"{self._registries.of(name).label} says nothing readable about {name}")
        return versions, tags

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
