"""Names: every kind of slip and trick is seen, its other way round too, and popular names are left alone."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.checks import run_checks
from gatekeeper.evidence._slips import distance, slip
from gatekeeper.evidence.gather import gather_name
from gatekeeper.evidence.names import closest, lookalikes, names_file, normalised, popular_names, ranks
from gatekeeper.model import Release

NAMES = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=20)
FAMOUS = sorted(name for name, rank in ranks("pypi").items() if rank <= 5000 and len(name) >= 7 and "-" not in name)


def kinds(ecosystem: str, name: str) -> dict[str, str]:
    return {one.target: one.kind for one in lookalikes(ecosystem, name)}


@pytest.mark.parametrize(
    ("ecosystem", "name", "target", "kind"),
    [
        ("pypi", "reqeusts", "requests", "transposition"),
        ("pypi", "Reqeusts", "requests", "transposition"),
        ("pypi", "requestss", "requests", "doubled letter"),
        ("pypi", "numppy", "numpy", "doubled letter"),
        ("pypi", "beautifulsoup44", "beautifulsoup4", "doubled letter"),
        ("pypi", "python_datetuil", "python-dateutil", "transposition"),
        ("pypi", "pilow", "pillow", "halved letter"),
        ("pypi", "rquests", "requests", "omitted letter"),
        ("pypi", "equests", "requests", "omitted first letter"),
        ("pypi", "tensorflo", "tensorflow", "omitted last letter"),
        ("pypi", "rewuests", "requests", "neighbouring key"),
        ("pypi", "requewsts", "requests", "neighbouring key as well"),
        ("pypi", "requexsts", "requests", "neighbouring key as well"),
        ("pypi", "requebsts", "requests", "added letter"),
        ("pypi", "requestsx", "requests", "added last letter"),
        ("pypi", "xrequests", "requests", "added first letter"),
        ("pypi", "c0lorama", "colorama", "homoglyph"),
        ("pypi", "rnatplotlib", "matplotlib", "homoglyph"),
        ("pypi", "requusts", "requests", "bit flip"),
        ("pypi", "reqmests", "requests", "replaced letter"),
        ("pypi", "kequests", "requests", "replaced first letter"),
        ("pypi", "reqeustts", "requests", "two slips"),
        ("pypi", "setup-tools", "setuptools", "separator"),
        ("pypi", "dateutil-python", "python-dateutil", "word order"),
        ("pypi", "requests3", "requests", "number behind it"),
        ("pypi", "requests-v3", "requests", "version behind it"),
        ("pypi", "py-requests", "requests", "affix"),
        ("pypi", "requests-sdk", "requests", "affix"),
        ("pypi", "python-reqeusts", "requests", "affix and transposition"),
        ("pypi", "r\u0435quests", "requests", "letters of another script"),
        ("pypi", "\uff52equests", "requests", "letters of another script"),
        ("pypi", "re\u200bquests", "requests", "letters of another script"),
        ("pypi", "requ\u00easts", "requests", "letters of another script"),
        ("npm", "lod\u0430sh", "lodash", "letters of another script"),
        ("npm", "lodahs", "lodash", "transposition"),
        ("npm", "web-pack", "webpack", "separator"),
        ("npm", "reactdom", "react-dom", "separator"),
        ("npm", "react_dom", "react-dom", "separator"),
        ("npm", "express-v4", "express", "version behind it"),
        ("npm", "types-node", "@types/node", "types without their scope"),
        ("npm", "@types-node", "@types/node", "types without their scope"),
        ("npm", "babel-core-", "babel-core", "separator"),
        ("npm", "angular-core", "@angular/core", "scope flattened"),
        ("npm", "@acitons/core", "@actions/core", "scope: transposition"),
        ("npm", "@typess/node", "@types/node", "scope: doubled letter"),
    ],
)
def test_each_kind_of_likeness_is_seen(ecosystem: str, name: str, target: str, kind: str) -> None:
    assert kinds(ecosystem, name)[target] == kind


@pytest.mark.parametrize(
    ("ecosystem", "name"),
    [
        *(
            ("pypi", name)
            for name in ("requests", "Requests", "acme-thing", "six", "sxi", "jax", "xaj", "", "-", "x" * 5000)
        ),
        ("pypi", "PYTHON.dateutil"),
        ("npm", "express"),
        ("npm", "JSONStream"),
        ("npm", "@types/node"),
        ("npm", "@"),
        ("npm", "@/"),
        ("npm", "@acme/thing"),
        ("cargo", "reqeusts"),
    ],
)
def test_popular_short_and_other_names_are_left_alone(ecosystem: str, name: str) -> None:
    assert lookalikes(ecosystem, name) == ()


def test_nobody_but_its_owner_publishes_in_a_known_scope() -> None:
    assert not lookalikes("npm", "@babel/coer")
    assert not lookalikes("npm", "@babel/cli2")


def test_a_family_of_names_differs_in_one_short_word() -> None:
    (kind,) = {one.kind for one in lookalikes("pypi", "mypy-boto3-xyz") if one.kind != "separator"} or {
        "in a short word"
    }
    assert kind.endswith("in a short word")
    assert not run_checks(gather_name(Release("pypi", "mypy-boto3-xyz"), requested=True))


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
def test_no_popular_name_rings_in_whatever_way_it_is_written(ecosystem: str) -> None:
    names = list(ranks(ecosystem))
    assert len(names) > 14_000
    assert not any(lookalikes(ecosystem, name) for name in names)
    assert not any(lookalikes(ecosystem, name.upper()) for name in names[::9])
    if ecosystem == "pypi":
        assert not any(lookalikes(ecosystem, name.replace("-", "_.")) for name in names[::9])


@given(st.sampled_from(FAMOUS), st.data())
def test_a_swap_and_a_doubled_letter_of_a_popular_name_are_seen_unless_they_make_another(
    name: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(name) - 2))
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    doubled = name[: at + 1] + name[at:]
    for made in {swapped, doubled} - ranks("pypi").keys():
        assert made == name or name in kinds("pypi", made)


@given(NAMES, st.data())
def test_one_slip_is_one_and_the_other_way_round_too(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase + string.digits))
    made = data.draw(
        st.sampled_from(
            [name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :], name[:at] + name[at + 1 :]]
        )
    )
    assert (slip(made, name) is None) == (made == name) == (slip(name, made) is None)
    assert distance(made, name) == (made != name) == distance(name, made)


PAIRED = {"doubled letter": "halved letter", "halved letter": "doubled letter"}
SAME_BOTH_WAYS = {"transposition", "neighbouring key", "homoglyph", "bit flip", "number", "separator", "plural"}


@given(NAMES, NAMES)
def test_a_slip_is_one_letter_away_and_its_kind_has_a_counterpart(one: str, other: str) -> None:
    there, back = slip(one, other), slip(other, one)
    assert (there is None) == (distance(one, other) != 1)
    if there in SAME_BOTH_WAYS:
        assert back == there
    assert there not in PAIRED or back == PAIRED[there]


@given(NAMES, NAMES)
def test_the_distance_is_the_plain_one(one: str, other: str) -> None:
    assert distance(one, other) == min(plain_distance(one, other), 3)


def plain_distance(one: str, other: str) -> int:
    table = {(row, 0): row for row in range(len(one) + 1)} | {(0, column): column for column in range(len(other) + 1)}
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            ways = [
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (one[row - 1] != other[column - 1]),
            ]
            if row > 1 < column and one[row - 2 : row] == other[column - 2 : column][::-1]:
                ways.append(table[row - 2, column - 2] + 1)
            table[row, column] = min(ways)
    return table[len(one), len(other)]


@given(st.sampled_from(["pypi", "npm", "cargo"]), st.text(max_size=40))
def test_no_name_is_too_strange(ecosystem: str, name: str) -> None:
    found = lookalikes(ecosystem, name)
    assert all(one.target in ranks(ecosystem) for one in found)
    assert normalised(ecosystem, normalised(ecosystem, name)) == normalised(ecosystem, name)
    assert [one.rank for one in found] == sorted(one.rank for one in found)


def test_the_search_finds_what_comparing_with_every_name_finds() -> None:
    popular = popular_names("pypi")
    choice = random.Random(7)
    for name in choice.sample(popular.names, 25):
        at = choice.randrange(len(name))
        made = name[:at] + choice.choice(["", "q", name[at] * 2]) + name[at + 1 :]
        if made:
            assert dict(popular.nearby.one_slip_from(made)) == {
                each: kind for each in popular.names if (kind := slip(made, each))
            }


@pytest.mark.parametrize(
    ("ecosystem", "name", "meant"),
    [
        ("npm", "expresss", "express"),
        ("npm", "web-pack", "webpack"),
        ("npm", "@types-node", "@types/node"),
        ("npm", "expresso-machine-of-acme", None),
        ("npm", "express", None),
        ("npm", "qzxvkjw-nothing-like-it", None),
        ("npm", "lod\u0430sh", "lodash"),
        ("pypi", "python-reqeusts", "requests"),
        ("pypi", "beatifulsop4", "beautifulsoup4"),
        ("pypi", "cryptograhy", "cryptography"),
        ("pypi", "sckit-lern", "scikit-learn"),
        ("pypi", "", None),
        ("cargo", "express", None),
    ],
)
def test_a_name_that_nobody_has_is_led_to_the_popular_one_that_was_meant(
    ecosystem: str, name: str, meant: str | None
) -> None:
    assert closest(ecosystem, name) == meant


def test_an_unknown_ecosystem_has_no_list() -> None:
    assert names_file("cargo") == ""
    assert ranks("cargo") == {}
