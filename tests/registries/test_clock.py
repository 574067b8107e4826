"""Whose clock counts: ours, unless every server says that it is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.registries.clock import NONE, Clock
from gatekeeper.registries.http import Transport
from tests.support.index import Answer, Index

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def said(hours: float, **headers: str) -> dict[str, str]:
    return {"date": format_datetime(NOW + timedelta(hours=hours), usegmt=True), **headers}


@pytest.mark.parametrize(
    ("hours", "ahead", "behind"),
    [(0, 0, 0), (0.9, 0, 0), (-0.9, 0, 0), (-3, 3, 0), (3, 0, 3), (-24 * 365, 24 * 365, 0)],
)
def test_a_clock_that_is_wrong_is_wrong_by_so_much(hours: float, ahead: float, behind: float) -> None:
    clock = Clock()
    clock.note(said(hours), NOW)
    assert (clock.ahead, clock.behind) == (timedelta(hours=ahead), timedelta(hours=behind))
    assert bool(clock.remarks()) == bool(ahead or behind)


def test_one_server_that_agrees_is_enough_to_believe_ours() -> None:
    clock = Clock()
    for hours in (-100, 0.1, 50):
        clock.note(said(hours), NOW)
    assert (clock.ahead, clock.behind) == (NONE, NONE)


def test_an_old_answer_from_a_cache_says_nothing_against_us() -> None:
    clock = Clock()
    clock.note(said(-48, age=str(48 * 3600)), NOW)
    assert clock.ahead == NONE


@given(
    headers=st.dictionaries(
        st.sampled_from(["date", "age"]),
        st.text() | st.sampled_from(["Thu, 01 Jan 0001 00:00:00 GMT", "9" * 40, "-1", said(0)["date"], "nan"]),
    )
)
def test_rubbish_is_no_time(headers: dict[str, str]) -> None:
    clock = Clock()
    clock.note(headers, NOW)
    clock.remarks()
    assert clock.ahead >= NONE


def test_a_transport_hears_what_time_it_is(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.extra["/page"] = Answer(200, b"")
    years_ago = "Thu, 01 Jan 2015 00:00:00 GMT"
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: years_ago)
    with Transport() as transport:
        assert transport.clock.ahead == NONE
        transport.get(f"{index.base}/page")
        assert transport.clock.ahead > timedelta(days=365)
