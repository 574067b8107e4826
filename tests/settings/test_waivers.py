"""What a waiver in a policy file has to say, and what is excused in so many words only."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UsageError
from gatekeeper.policy import UNDECIDED
from gatekeeper.settings._waivers import check_waivers, waivers_in

if TYPE_CHECKING:
    from typing import Any

KNOWN = ("typosquat", "known-malware")
TABLE = {
    "release": "pkg:npm/example@1.2.3",
    "check": "typosquat",
    "sha256": "0" * 64,
    "reason": "seen",
    "author": "sam",
    "expires": date(2099, 1, 1),
}
EVEN = {"known-malware": "even-known-malware", UNDECIDED: "even-undecided"}


def where(number: int) -> str:
    return f"gatekeeper.toml:{number + 1}"


def read(**changed: Any) -> None:
    check_waivers([{**TABLE, **changed}], KNOWN, where)


@pytest.mark.parametrize(("check", "key"), EVEN.items())
def test_some_checks_are_excused_in_so_many_words_only(check: str, key: str) -> None:
    read(check=check, **{key: True})
    for said in ({}, {key: False}, {key: "yes"}, {key: 1}):
        with pytest.raises(UsageError, match=f"gatekeeper.toml:1: no waiver excuses {check} unless it says so") as told:
            read(check=check, **said)
        assert told.value.hint is not None
        assert f"{key} = true" in told.value.hint


@pytest.mark.parametrize("key", EVEN.values())
def test_these_words_belong_to_their_checks_alone(key: str) -> None:
    for said in (True, False):
        with pytest.raises(UsageError, match=f"`{key}` is for the check"):
            read(**{key: said})
    other = next(check for check, own in EVEN.items() if own != key)
    with pytest.raises(UsageError, match=f"`{key}` is for the check"):
        read(check=other, **{EVEN[other]: True, key: True})


def test_an_unknown_word_is_an_error_and_a_near_one_is_guessed() -> None:
    with pytest.raises(UsageError, match="unknown key") as told:
        read(**{"even-known-malwares": True})
    assert told.value.hint == "did you mean `even-known-malware`?"


def test_a_waiver_knows_its_place_and_how_much_it_dares() -> None:
    tables = [TABLE, {**TABLE, "check": "known-malware", "even-known-malware": True}]
    holding, _ = waivers_in(tables, "2026-01-01", where)
    assert [(each.place, each.even) for each in holding] == [("gatekeeper.toml:1", False), ("gatekeeper.toml:2", True)]


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)), st.integers(min_value=-3, max_value=3))
def test_a_waiver_past_its_day_never_counts_whatever_the_clock_says(today: date, days: int) -> None:
    """Neither the calendar that is handed in nor that of the machine makes an expired waiver count."""
    expires = today + timedelta(days)
    holding, remarks = waivers_in([{**TABLE, "expires": expires}], today.isoformat(), where)
    if expires < today or expires < datetime.now(timezone.utc).date():
        assert holding == []
        assert "is expired since" in remarks[0]
    else:
        assert (len(holding), remarks) == (1, [])
