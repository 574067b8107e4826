"""The past of Python projects, as their pages tell it: which files a client hears of, and what checks are told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.gate.choosing import is_wheel, likely
from gatekeeper.gate.waiting import Choice, Waiting
from gatekeeper.history.pypi import dated, history_of
from gatekeeper.model import Dated, History, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from gatekeeper.gate.merging import Merged
    from gatekeeper.gate.pypi_wanted import Wanted
    from gatekeeper.registries.listing import IndexFile


class PypiPast:
    """The projects of one run. Thread-safe, as long as each project is sifted once."""

    def __init__(self, waiting: Waiting, wanted: Wanted) -> None:
        """Hold back what `waiting` says, but nothing that is `wanted` by its version."""
        self._waiting, self._wanted = waiting, wanted
        self._listed: dict[str, Merged] = {}
        self._dated: dict[str, tuple[Dated, ...]] = {}

    def sifted(self, merged: Merged, learned: Callable[[], Sequence[str]]) -> Merged:
        """Return a project without the files that have to wait; `learned` are the specifiers of others that want it."""
        name = merged.name
        self._listed[name] = merged
        if merged.owner is None or all(file.local for file in merged.files):  # a folder knows no times
            return merged
        if self._wanted.default_index not in (None, merged.owner):  # an index of the person's own beside pip's
            self._waiting.private.add(name)
            return merged

        def choose(versions: Collection[str]) -> str | None:
            wanted, among = set(versions), [*self._wanted.specifiers.get(name, ()), *learned()]
            found = likely((file for file in merged.files if file.version in wanted), among, self._wanted.target)
            return found.version if found else None

        releases = self._releases(name)
        choice = Choice(
            Release("pypi", name),
            releases,
            self._wanted.pins(name),
            lambda: [choose],
            lambda version: self.history(Release("pypi", name, version)),
            any(each.published for each in releases),
        )
        left_out = self._waiting.kept_from(choice, merged.owner)
        if not left_out:
            return merged
        return replace(merged, files=tuple(file for file in merged.files if file.version not in left_out))

    def history(self, release: Release) -> History | None:
        """Return what the index tells about a release and those before it."""
        listed = self._listed.get(release.name)
        if listed is None:
            return None
        pinned = release.version in self._wanted.pins(release.name) or self._waiting.is_let(release.name)
        now, hours = self._waiting.cooldown.now, self._waiting.hours(release.name)
        past = history_of(self._releases(release.name), release.version, now, status=listed.status, pinned=pinned)
        return replace(past, hours=hours) if past else None

    def file_of(self, name: str, version: str, wheel: bool) -> IndexFile | None:
        """Return the file of a version to compare with a wheel or an sdist: one of the same kind if there is one."""
        listed = self._listed.get(name)
        files = [file for file in listed.files if file.version == version] if listed else []
        alike = [file for file in files if is_wheel(file.filename) is wheel]
        return likely(alike, [], self._wanted.target) or next(iter((*alike, *files)), None)

    def files_of(self, merged: Merged, release: Release) -> list[IndexFile]:
        """Return the files of a release, whatever interpreter they are for."""
        return [file for file in merged.files if file.version == release.version]

    def chosen(self, files: Sequence[IndexFile]) -> IndexFile:
        """Return the file that pip would take here, else one that it would take elsewhere."""
        return likely(files, [], self._wanted.target) or min(files, key=lambda file: not is_wheel(file.filename))

    def _releases(self, name: str) -> tuple[Dated, ...]:
        if name not in self._dated:
            self._dated[name] = dated(self._listed[name].files)
        return self._dated[name]
