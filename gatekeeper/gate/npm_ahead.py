"""Looking ahead of npm: it asks for one level of the tree after the other, and waits each time; we need not.

What its packuments require is asked for at once, and the tarballs that it will most likely choose are fetched and
judged while it still resolves. A wrong guess costs bandwidth; nothing is served because of it.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import GatekeeperError
from gatekeeper.gate.npm_choosing import likely_version
from gatekeeper.wish.npm_specs import Kind, read_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ASKERS = 8
MOST_NAMES = 3000  # a registry that names ever more packages leads no further
FOLLOWED = ("dependencies", "optionalDependencies", "peerDependencies")
Versions = tuple[dict[str, Any], dict[str, Any]]


class Ahead:
    """Names and ranges that are wanted, each followed once. Thread-safe."""

    def __init__(
        self,
        versions: Callable[[str], Versions],
        begin: Callable[[str, str, object], None],
        platform: tuple[str, ...],
        is_one_for: Callable[[str, str], bool] = lambda *_: True,
    ) -> None:
        """Ask with `versions`, begin tarballs with `begin`; `platform` is os and cpu as Node.js names them.

        A guess may be wrong, so what a package requires is asked for only where its own registry serves that, too,
        as `is_one_for` says: no other one hears of names that npm itself might never have asked it for.
        """
        self._versions, self._begin, self._platform, self._is_one_for = versions, begin, platform, is_one_for
        self._wanted: dict[str, set[str]] = {}
        self._heard: dict[str, set[str]] = {}  # and not asked for, until npm does
        self._following = 0
        self._lock = threading.Lock()
        self._askers = ThreadPoolExecutor(ASKERS, "gatekeeper-ahead")

    def close(self) -> None:
        """Ask no more."""
        self._askers.shutdown(wait=False, cancel_futures=True)

    def want(self, name: str, spec: str) -> None:
        """Follow a name and a range, unless that is done."""
        meant = read_spec(name, spec)
        if meant.kind is not Kind.REGISTRY:
            return
        with self._lock:
            specs = self._wanted.setdefault(meant.name, set())
            if meant.wanted in specs or len(self._wanted) > MOST_NAMES:
                return
            specs.add(meant.wanted)
        self._submit(meant.name, meant.wanted)

    def specs(self, name: str) -> list[str]:
        """Return what is known to be wanted of a name."""
        with self._lock:
            return sorted({*self._wanted.get(name, ()), *self._heard.get(name, ())})

    def arrived(self, name: str) -> None:
        """Hear that npm itself asked for a name; it has a reason that we may not know."""
        with self._lock:
            known, heard = name in self._wanted, self._heard.pop(name, set())
        for spec in heard or ({"*"} if not known else ()):
            self.want(name, spec)

    @property
    def is_done(self) -> bool:
        """Whether everything that is known to be wanted was followed."""
        return self._following == 0

    def _submit(self, name: str, spec: str) -> None:
        with self._lock:
            self._following += 1
        try:
            self._askers.submit(self._follow, name, spec).add_done_callback(self._followed)
        except RuntimeError:  # closed: the run is over
            return

    def _followed(self, _: object) -> None:
        with self._lock:
            self._following -= 1

    def _follow(self, name: str, spec: str) -> None:
        try:
            versions, tags = self._versions(name)
        except GatekeeperError:
            return  # npm will ask by itself, and hear it
        version = likely_version(spec, versions, tags)
        manifest = versions.get(version or "")
        if version is None or not isinstance(manifest, dict) or not self._is_for_here(manifest):
            return
        self._begin(name, version, manifest)
        for required, wanted in _required(manifest):
            meant = read_spec(required, wanted)
            if self._is_one_for(name, meant.name):
                self.want(required, wanted)
            else:
                with self._lock:
                    self._heard.setdefault(meant.name, set()).add(meant.wanted)

    def _is_for_here(self, manifest: Mapping[str, Any]) -> bool:
        for key, here in zip(("os", "cpu"), self._platform, strict=False):
            allowed = manifest.get(key)
            if here and isinstance(allowed, list) and allowed and here not in allowed:
                return all(str(each).startswith("!") for each in allowed) and f"!{here}" not in allowed
        return True


def _required(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    optional = manifest.get("peerDependenciesMeta")
    skipped = {name for name, meta in optional.items() if meta} if isinstance(optional, dict) else set()
    for section in FOLLOWED:
        table = manifest.get(section)
        for name, spec in table.items() if isinstance(table, dict) else ():
            if isinstance(spec, str) and not (section == FOLLOWED[2] and name in skipped):
                yield name, spec
