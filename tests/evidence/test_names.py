"""Names: slips of the keyboard are seen, and honest names are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.evidence.names import SHORTEST, closest, lookalikes, ranks


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("reqeusts", "requests"),
        ("Reqeusts", "requests"),
        ("requestss", "requests"),
        ("numppy", "numpy"),
        ("beautifulsoup44", "beautifulsoup4"),
        ("python_datetuil", "python-dateutil"),
        ("cryptograhpy", "cryptography"),
        ("setuptoools", "setuptools"),
        ("pilow", "pillow"),
    ],
)
def test_a_slip_is_seen(name: str, target: str) -> None:
    assert [one.target for one in lookalikes("pypi", name)][:1] == [target]


@pytest.mark.parametrize(
    "name", ["requests", "Requests", "numpy", "acme-thing", "attrs", "attr", "six", "sxi", "jax", "xaj", ""]
)
def test_popular_and_short_and_other_names_are_left_alone(name: str) -> None:
    assert lookalikes("pypi", name) == ()


def test_no_popular_name_looks_like_another() -> None:
    for ecosystem in ("pypi", "npm"):
        assert len(ranks(ecosystem)) > 14_000
        assert not any(lookalikes(ecosystem, name) for name in list(ranks(ecosystem))[::7])


def test_an_unknown_ecosystem_knows_no_names() -> None:
    assert lookalikes("cargo", "reqeusts") == ()


@given(
    st.sampled_from(sorted(name for name, rank in ranks("pypi").items() if rank <= 5000 and len(name) >= SHORTEST + 2)),
    st.data(),
)
def test_any_transposition_of_a_popular_name_is_seen_unless_it_is_popular_too(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 2))
    slip = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if "-" in slip[at : at + 2] or slip in ranks("pypi") or len(name.replace("-", "")) < SHORTEST:
        return
    assert name in {one.target for one in lookalikes("pypi", slip)} or slip == name


def test_a_name_that_nobody_has_is_led_to_the_popular_one_that_was_meant() -> None:
    assert closest("npm", "expresss") == "express"
    assert closest("npm", "web-pack") == "webpack"
    assert closest("npm", "express") is None
    assert closest("npm", "qzxvkjw-nothing-like-it") is None
    assert closest("cargo", "express") is None
