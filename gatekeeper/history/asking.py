"""Ask a service that speaks OSV's API about releases, many in one question.

What is asked for within a moment goes out together; while one question is under way, the next one gathers.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gatekeeper.errors import UpstreamError
from gatekeeper.history.osv import MALWARE, TO_OSV, read_record
from gatekeeper.model import Advisory, Known, Release, Unknown
from gatekeeper.registries.addresses import redact
from gatekeeper.registries.http import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.registries.http import NetworkSettings

Answer = Known[tuple[Advisory, ...]] | Unknown

MOMENT = 0.02  # seconds in which questions gather
MOST_AT_ONCE = 1000  # what the API takes in one question
MOST_PAGES = 20
MOST_RECORD = 8 * 1024 * 1024  # bytes
PATIENCE = 5.0  # seconds without any byte; the person's own setting when it is shorter
LONGEST_WAIT = 15.0  # seconds from the question to the answer, for whoever waits
JSON = {"content-type": "application/json", "accept": "application/json"}
ENDED = Unknown("the run was over before the answer came")


@dataclass(slots=True)
class Service:
    """One service, asked in the background. Thread-safe; after its first failure it is not asked again."""

    base: str = field(repr=False)  # may hold credentials
    transport: Transport = field(repr=False)
    questions: int = 0  # batches that went out
    _answers: dict[Release, Future[Answer]] = field(default_factory=dict)
    _waiting: dict[Release, Future[Answer]] = field(default_factory=dict)
    _records: dict[str, Advisory | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)
    _fault: Unknown | None = None
    _thread: threading.Thread | None = None

    def begin(self, release: Release) -> Future[Answer]:
        """Ask about a release, once; return at once."""
        with self._lock:
            if release in self._answers:
                return self._answers[release]
            future = self._answers[release] = Future()
            fault = ENDED if self._ended.is_set() else self._fault
            if fault is None:
                self._waiting[release] = future
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="gatekeeper-ask", daemon=True)
                    self._thread.start()
        if fault is not None:
            future.set_result(fault)
        self._wake.set()
        return future

    def answer(self, release: Release) -> Answer:
        """Wait for the answer about a release."""
        try:
            return self.begin(release).result(LONGEST_WAIT)
        except TimeoutError:
            return Unknown(f"no answer within {LONGEST_WAIT:g} s")

    def close(self) -> None:
        """Ask nothing more; whoever waits hears that the run is over."""
        self._ended.set()
        self._wake.set()
        self._give_up(ENDED)
        self.transport.close()

    def _work(self) -> None:
        while not self._ended.is_set():
            self._wake.wait()
            self._wake.clear()
            self._ended.wait(MOMENT)
            while batch := self._next():
                try:
                    told = self._ask(list(batch))
                except UpstreamError as problem:
                    self._give_up(Unknown(problem.message), batch)
                    return
                for release, future in batch.items():
                    future.set_result(Known(told[release]))

    def _next(self) -> dict[Release, Future[Answer]]:
        with self._lock:
            batch = dict(islice(self._waiting.items(), MOST_AT_ONCE))
            for release in batch:
                del self._waiting[release]
        return batch

    def _give_up(self, fault: Unknown, batch: Mapping[Release, Future[Answer]] | None = None) -> None:
        with self._lock:
            self._fault = fault
            left = [*(batch or {}).values(), *self._waiting.values()]
            self._waiting.clear()
        for future in left:
            future.set_result(fault)

    def _ask(self, releases: list[Release]) -> dict[Release, tuple[Advisory, ...]]:
        """Ask about releases in one question, and further for those whose answer has more pages."""
        found: dict[Release, dict[str, None]] = {release: {} for release in releases}
        pages: dict[Release, str] = dict.fromkeys(releases, "")
        for _ in range(MOST_PAGES):
            if not pages:
                break
            pages = self._page(pages, found)
        return {
            release: tuple(record for each in ids if (record := self._record(each)) is not None)
            for release, ids in found.items()
        }

    def _page(self, pages: Mapping[Release, str], found: Mapping[Release, dict[str, None]]) -> dict[Release, str]:
        """Ask for one page of each; keep the ids about malware, and return the tokens of further pages."""
        body = json.dumps({"queries": [_query(release, token) for release, token in pages.items()]})
        self.questions += 1
        reply = self.transport.post(self._address("querybatch"), body.encode(), JSON)
        more = {}
        for release, result in zip(pages, self._results(reply.body, len(pages)), strict=True):
            for each in result.get("vulns") or ():
                identity = each.get("id") if isinstance(each, dict) else None
                if isinstance(identity, str) and identity.startswith(MALWARE):
                    found[release][identity] = None
            token = result.get("next_page_token")
            if isinstance(token, str) and token:
                more[release] = token
        return more

    def _results(self, body: bytes, count: int) -> list[dict[str, Any]]:
        try:
            results = json.loads(body)["results"]
        except (ValueError, KeyError, TypeError, RecursionError):
            results = None
        if not isinstance(results, list) or len(results) != count or not all(_is_result(one) for one in results):
            raise UpstreamError(f"{redact(self.base)}: the answer is not what OSV's API says")
        return results

    def _record(self, identity: str) -> Advisory | None:
        """Read a record, once; None for a withdrawn one. What cannot be read accuses by its id alone."""
        if identity not in self._records:
            self._records[identity] = self._read(identity)
        return self._records[identity]

    def _read(self, identity: str) -> Advisory | None:
        try:
            reply = self.transport.get(self._address(f"vulns/{quote(identity, safe='')}"), limit=MOST_RECORD)
            record = read_record(reply.body)
        except (UpstreamError, ValueError):
            return Advisory(identity, "")
        if record is None or record.advisory.id != identity:
            return Advisory(identity, "")
        return None if record.is_withdrawn else record.advisory

    def _address(self, method: str) -> str:
        return f"{self.base.rstrip('/')}/v1/{method}"


def _is_result(said: object) -> bool:
    return isinstance(said, dict) and isinstance(said.get("vulns", []), (list, type(None)))


def _query(release: Release, token: str) -> dict[str, object]:
    package = {"name": release.name, "ecosystem": TO_OSV[release.ecosystem]}
    asked: dict[str, object] = {"package": package, "version": release.version}
    return {**asked, "page_token": token} if token else asked


def service_at(base: str, settings: NetworkSettings) -> Service:
    """Open a service, to be reached as the person reaches everything else, but with less patience."""
    return Service(base, Transport(replace(settings, retries=0, timeout=min(PATIENCE, settings.timeout))))
