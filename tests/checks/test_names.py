"""What a name alone is worth: blocked, asked about, remarked upon or left alone, by kind, rank, length and asker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gatekeeper.checks import run_checks
from gatekeeper.checks.typosquat import DOUBTFUL, SETTLED, TELLING
from gatekeeper.evidence.gather import gather_name
from gatekeeper.evidence.names import ranks
from gatekeeper.model import Dated, Evidence, Finding, History, Lookalike, Release, Ruling
from gatekeeper.policy import Policy, ruling_of

ALLOW, ASK, BLOCK = Ruling.ALLOW, Ruling.ASK, Ruling.BLOCK


def found(ecosystem: str, name: str, *, typed: bool = True, past: History | None = None) -> tuple[Finding, ...]:
    return run_checks(replace(gather_name(Release(ecosystem, name), requested=typed), history=past))


def ruling(evidence: Evidence) -> Ruling:
    return ruling_of(run_checks(evidence), Policy())


@pytest.mark.parametrize(
    ("name", "typed", "by_a_package"),
    [
        ("reqeusts", BLOCK, BLOCK),  # a swap
        ("requestss", BLOCK, BLOCK),  # a doubled letter
        ("numppy", BLOCK, BLOCK),
        ("pilow", BLOCK, BLOCK),  # a halved one
        ("tensorlow", BLOCK, BLOCK),  # a letter left out of a long name
        ("rquests", ASK, ASK),
        ("rewuests", ASK, ASK),  # a neighbouring key
        ("reqmests", ASK, ASK),  # some other letter
        ("reqeustts", ASK, ASK),  # two slips
        ("python-reqeusts", ASK, ALLOW),  # a slip beside an affix
        ("bitcoinlbi", BLOCK, BLOCK),  # the longer, the less used a name may be
        ("bitcoinlb", ASK, ALLOW),
        ("rnatplotlib", ASK, ASK),  # reads the same
        ("r\u0435quests", BLOCK, BLOCK),  # letters of another script
        ("requests-v3", ALLOW, ALLOW),
        ("requests2", ALLOW, ALLOW),
        ("python-requests", ALLOW, ALLOW),
        ("setup-tools", ALLOW, ALLOW),
        ("acme-thing", ALLOW, ALLOW),
        ("requests", ALLOW, ALLOW),
        ("jnija", ALLOW, ALLOW),  # too short to tell
    ],
)
def test_python_names(name: str, typed: Ruling, by_a_package: Ruling) -> None:
    assert ruling_of(found("pypi", name), Policy()) is typed
    assert ruling_of(found("pypi", name, typed=False), Policy()) is by_a_package


@pytest.mark.parametrize(
    ("name", "typed", "by_a_package"),
    [
        ("lodahs", ASK, ALLOW),  # a swap
        ("expresss", ASK, ALLOW),  # a doubled letter
        ("expres", ASK, ALLOW),
        ("lodqsh", ASK, ALLOW),
        ("express-v4", ASK, ALLOW),
        ("typescipt-cli", ASK, ALLOW),
        ("types-node", ASK, ALLOW),
        ("@acitons/core", ASK, ASK),
        ("@types-node", BLOCK, BLOCK),
        ("lod\u0430sh", BLOCK, BLOCK),
        ("angular-core", ALLOW, ALLOW),
        ("lodash-utils", ALLOW, ALLOW),
        ("web-pack", ALLOW, ALLOW),
        ("@acme/lodahs", ALLOW, ALLOW),
        ("@babel/coer", ALLOW, ALLOW),  # Babel's own business
        ("express", ALLOW, ALLOW),
    ],
)
def test_npm_names(name: str, typed: Ruling, by_a_package: Ruling) -> None:
    assert ruling_of(found("npm", name), Policy()) is typed
    assert ruling_of(found("npm", name, typed=False), Policy()) is by_a_package


def test_a_remark_says_which_name_is_meant_and_how_much_it_is_used() -> None:
    (one,) = found("pypi", "python-requests")
    assert "repeats the name requests (affix)" in one.message
    (one,) = found("npm", "angular-core")
    assert one.message == "angular-core could pass for @angular/core (scope flattened)"


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_a_longer_or_more_used_target_never_weighs_less(kind: str) -> None:
    order = [ALLOW, ASK, BLOCK]
    for typed in (True, False):
        table = [
            [weight("pypi", kind, length, rank, typed=typed) for rank in (15_000, 5000, 1000, 300, 1)]
            for length in range(4, 14)
        ]
        for row in (*table, *zip(*table, strict=True)):
            assert list(row) == sorted(row, key=order.index)


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_on_npm_a_slip_is_never_more_than_a_question_and_only_to_who_typed_it(kind: str) -> None:
    for length in (4, 5, 9):
        for rank in (1, 1001, 15_000):
            assert weight("npm", kind, length, rank, typed=True) in {ALLOW, ASK}
            assert weight("npm", kind, length, rank, typed=False) is ALLOW
    assert weight("npm", kind, 5, 1000, typed=True) is ASK


def weight(ecosystem: str, kind: str, length: int, rank: int, *, typed: bool) -> Ruling:
    near = Lookalike("x" * length, kind, rank)
    return ruling(Evidence(Release(ecosystem, "exmaple"), lookalikes=(near,), requested=typed))


def test_what_blocks_would_ask_at_least() -> None:
    for kind, reach in TELLING.items():
        for length, rank in reach:
            assert any(length >= least and rank <= most for least, most in DOUBTFUL[kind])


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
@pytest.mark.parametrize("name", ["reqeusts", "rewuests", "express-v4", "types-node", "@acitons/core", "typescipt-cli"])
def test_a_project_of_years_with_many_releases_is_remarked_upon_only(ecosystem: str, name: str) -> None:
    told = found(ecosystem, name, past=SETTLED)
    assert ruling_of(told, Policy()) is ALLOW


def test_a_young_project_or_one_of_few_releases_is_no_settled_one() -> None:
    few = replace(SETTLED, others=SETTLED.others[:5])
    young = replace(SETTLED, others=tuple(Dated(f"1.{at}", SETTLED.release.published) for at in range(30)))
    untold = replace(SETTLED, others=tuple(Dated(f"1.{at}") for at in range(30)))
    for past in (few, young, untold):
        assert ruling_of(found("pypi", "reqeusts", past=past), Policy()) is BLOCK


def test_no_popular_name_rings() -> None:
    for ecosystem in ("pypi", "npm"):
        for name in list(ranks(ecosystem))[::40]:
            assert not found(ecosystem, name)
