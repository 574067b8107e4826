"""The service that is asked about releases: many in one question, and never the end of a run."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from gatekeeper.history import asking
from gatekeeper.history.asking import Service, service_at
from gatekeeper.model import Known, Release, Unknown
from gatekeeper.registries.http import NetworkSettings
from tests.support.osv import Osv, osv_running, record

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = Release("pypi", "evil-pkg", "1.0")
FINE = Release("npm", "@fine/pkg", "2.0.0")


@pytest.fixture
def osv() -> Iterator[Osv]:
    with osv_running(Osv()) as service:
        service.add(record("evil-pkg", "1.0"), record("evil-pkg", identity="GHSA-x"))
        yield service


@pytest.fixture
def service(osv: Osv) -> Iterator[Service]:
    opened = service_at(osv.url + "/", NetworkSettings())
    yield opened
    opened.close()


def ids(service: Service, release: Release) -> list[str]:
    answer = service.answer(release)
    assert isinstance(answer, Known), answer
    return [each.id for each in answer.value]


def test_a_release_is_asked_about_by_name_and_version(service: Service, osv: Osv) -> None:
    assert ids(service, EVIL) == ["MAL-2024-1"]
    assert ids(service, Release("pypi", "evil-pkg", "1.1")) == []
    assert osv.asked[0] == [{"package": {"name": "evil-pkg", "ecosystem": "PyPI"}, "version": "1.0"}]


def test_only_records_about_malware_are_looked_up(service: Service, osv: Osv) -> None:
    ids(service, EVIL)
    assert osv.looked_up == ["MAL-2024-1"]


def test_what_is_asked_together_goes_out_together(service: Service, osv: Osv) -> None:
    releases = [Release("npm", f"name-{number}", "1.0.0") for number in range(300)]
    for release in [*releases, *releases]:
        service.begin(release)
    assert [ids(service, release) for release in releases] == [[]] * 300
    assert sum(len(batch) for batch in osv.asked) == 300
    assert len(osv.asked) <= 3, "one question, unless this machine is busy"


def test_no_question_is_larger_than_the_api_takes(service: Service, osv: Osv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 10)
    releases = [Release("npm", f"name-{number}", "1.0.0") for number in range(25)]
    for release in releases:
        service.begin(release)
    assert [ids(service, release) for release in releases] == [[]] * 25
    assert max(len(batch) for batch in osv.asked) == 10


def test_an_answer_with_more_pages_is_read_to_its_end(service: Service, osv: Osv) -> None:
    osv.pages = 3
    assert ids(service, EVIL) == ["MAL-2024-1"]
    assert osv.asked[2][0]["page_token"] == "3"


def test_a_withdrawn_record_accuses_nobody(service: Service, osv: Osv) -> None:
    osv.add(record("evil-pkg", "1.0", withdrawn="2024-07-01T00:00:00Z"))
    assert ids(service, EVIL) == []


def test_a_record_that_cannot_be_read_accuses_all_the_same(service: Service, osv: Osv) -> None:
    found = osv.records["MAL-2024-1"]
    osv.records["MAL-2024-1"] = {**found, "affected": found["affected"], "summary": "\ud800"}
    assert ids(service, EVIL) == ["MAL-2024-1"]


@pytest.mark.parametrize(
    "garbage",
    [b"", b"<html>", b"[]", b"{}", b'{"results": []}', b'{"results": [[], []]}', b'{"results": [{"vulns": {}}]}', b"[" * 99999],
)  # fmt: skip
def test_an_answer_that_is_none_is_unknown(service: Service, osv: Osv, garbage: bytes) -> None:
    osv.garbage = garbage
    answer = service.answer(EVIL)
    assert isinstance(answer, Unknown)
    assert "not what OSV's API says" in answer.reason


def test_whoever_cannot_be_reached_is_asked_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        port = taken.getsockname()[1]
        service = service_at(f"http://sam:secret@127.0.0.1:{port}", NetworkSettings())
        answers = [service.answer(EVIL), service.answer(FINE)]
        service.close()
    assert all(isinstance(answer, Unknown) for answer in answers)
    assert "refused the connection" in str(answers[0])
    assert "secret" not in repr((answers, service))
    assert service.questions == 1


def test_whoever_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST_WAIT", 0.2)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        service = service_at(f"http://127.0.0.1:{mute.getsockname()[1]}", NetworkSettings(timeout=1.0))
        assert service.answer(EVIL) == Unknown("no answer within 0.2 s")
        service.close()
        assert isinstance(service.answer(FINE), Unknown), "the run is over"


def test_all_threads_get_the_same_answer(service: Service, osv: Osv) -> None:
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(ids(service, EVIL))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["MAL-2024-1"]] * 8
    assert json.dumps(osv.asked).count("evil-pkg") == 1
