"""Who serves which name to pip: indexes are asked as the bare client would, or fewer of them, and one is listened to.

Fewer, never more: a name that is private must not reach an index that would not have heard of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError, UndecidedError
from gatekeeper.gate.choosing import likely
from gatekeeper.gate.merging import ABSENT, Merged, View, against_version, merge, normal_patterns, owner_of
from gatekeeper.model import Notice, Place, Release
from gatekeeper.registries.addresses import is_remote, redact
from gatekeeper.registries.simple import Project
from gatekeeper.wish import Source
from gatekeeper.wish.hosts import hostname_of, lookalike_of, netloc_of, same_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Executor

    from gatekeeper.gate.cases import Case, Cases
    from gatekeeper.gate.pypi_wanted import Wanted
    from gatekeeper.registries.simple import IndexFile, Upstream
    from gatekeeper.wish import Declared

WITHOUT_ADDRESS = "pypi"  # what Poetry calls the default index without saying where it is


class Owners:
    """The upstreams of one run, each asked at most once about a name."""

    def __init__(self, upstreams: Sequence[Upstream], wanted: Wanted, cases: Cases, askers: Executor) -> None:
        """Ask with the threads of `askers`."""
        self._by_label = {upstream.label: upstream for upstream in upstreams}
        self._wanted, self._cases, self._askers = wanted, cases, askers
        self._now = datetime.now(timezone.utc)
        self._origins = normal_patterns(wanted.origins)
        self._known = {netloc_of(each) for each in (*self._by_label, *wanted.own)} - {""}
        self._known |= set(wanted.package_hosts)

    def project(self, name: str) -> Merged:
        """Ask each upstream that may serve a name, and merge what they say."""
        allowed = owner_of(name, list(self._by_label), self._wanted.default_index, self._origins)
        if not allowed and self._by_label:
            return Merged(name, (), None, refused=Notice("internal-name", f"{name}: {self._whose}"))
        labels, notices = self._declared(name, allowed)
        asked = list(self._askers.map(lambda label: self._ask(label, name), labels))
        merged = merge(name, asked, self._digest, self._view(name))
        if merged.owner is None or "://" not in merged.owner:  # a folder: the person's own doing
            return replace(merged, equals=())
        return replace(merged, notices=(*merged.notices, *notices))

    def may_guess(self, label: str) -> bool:
        """Say whether what a file of an index requires may be asked for before pip asks.

        pip may never come to it. Where only the index that lists the file is asked, or everybody can read there what it
        requires, nobody learns a name by that.
        """
        return len(self._by_label) == 1 or label == self._wanted.default_index

    def notices(self, case: Case, merged: Merged | None) -> tuple[Notice, ...]:
        """Return what stands against where a file comes from."""
        if case.file.source not in self._by_label:  # an address or path that the person wrote
            return ()
        found = [*merged.notices, *against_version(merged, case.release.version)] if merged else []
        if is_remote(case.file.url):
            found += self._about_host(case)
        return tuple(found)

    def _about_host(self, case: Case) -> Iterator[Notice]:
        address, host = case.file.url, netloc_of(case.file.url)
        what = f"{case.release} from {redact(address)}"
        if not self._known.isdisjoint({host, hostname_of(address)}):
            return
        if near := lookalike_of(hostname_of(address), map(hostname_of, self._wanted.own)):
            yield Notice("lookalike-host", f"{what}: like {near[0]} ({near[1]})")
        elif case.file.sha256:  # the index says which bytes, so the host cannot choose them
            yield Notice("foreign-host-promised", what)
        else:
            yield Notice("foreign-host", what)
            if Source("file", address, Place("")).is_open_to_change:
                yield Notice("plain-http", what)

    @property
    def _whose(self) -> str:
        asked = ", ".join(self._by_label)
        return f"the policy's [origins] gives the name to an index that is not configured here; there is only {asked}"

    def _view(self, name: str) -> View:
        wanted = [*self._wanted.specifiers.get(name, ()), *self._cases.specifiers.get(name, ())]

        def is_famous() -> bool:
            try:
                return self._cases.reader.is_popular(Release("pypi", name))
            except UndecidedError:
                return False

        return View(
            lambda files: likely(files, wanted, self._wanted.target) or likely(files, (), self._wanted.target),
            self._wanted.default_index,
            self._now,
            is_famous,
        )

    def _declared(self, name: str, labels: list[str]) -> tuple[list[str], list[Notice]]:
        """Keep to what the project's files declare, where pip uses that index; and say where it does not.

        What they say of the client's own index is left aside: they may only tighten.
        """
        pins = [pin for pin in self._wanted.declared if pin.name == name and not self._is_default(pin)]
        unused = [pin for pin in pins if not self._uses(pin.address)]
        if pins and not unused and not any(same_index(each, pin.address) for each in self._by_label for pin in pins):
            return [], []  # offline, its index is out of reach, and no other will do
        kept = [label for label in labels if any(same_index(label, pin.address) for pin in pins)]
        notices = [
            Notice(
                "declared-index",
                f"{name} belongs to the index {pin.index}, which pip does not use: it would come from elsewhere",
                pin.place,
            )
            for pin in unused
        ]
        return kept or labels, notices

    def _uses(self, address: str) -> bool:
        return any(same_index(each, address) for each in (*self._by_label, *self._wanted.sources))

    def _is_default(self, pin: Declared) -> bool:
        if not pin.address:
            return pin.index.lower() == WITHOUT_ADDRESS
        return any(same_index(pin.address, each) for each in self._wanted.own[:1])

    def _digest(self, file: IndexFile) -> str | None:
        return self._by_label[file.source].digest(file)

    def _ask(self, label: str, name: str) -> Project:
        try:
            return self._by_label[label].project(name)
        except NotFoundUpstreamError:
            return Project(name, (), (), label, ABSENT)
