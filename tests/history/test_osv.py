"""OSV records: which of them are about malware, and which releases they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from gatekeeper.history._order import is_same, order_of
from gatekeeper.history.osv import Affected, Record, read_record
from tests.support.osv import record


def read(said: dict[str, Any]) -> Record | None:
    return read_record(json.dumps(said).encode())


def covered(ecosystem: str, said: dict[str, Any], version: str | None) -> bool:
    found = read(said)
    assert found
    return any(each.covers(version) for each in found.affected if each.ecosystem == ecosystem)


def ranged(*events: dict[str, str], kind: str = "SEMVER", ecosystem: str = "npm") -> dict[str, Any]:
    said = record("example", ecosystem=ecosystem)
    said["affected"][0]["ranges"] = [{"type": kind, "events": list(events)}]
    return said


def test_a_record_about_malware_names_its_package_as_the_registry_does() -> None:
    found = read(record("Evil_Package.py", "1.0"))
    assert found
    assert found.affected == (Affected("pypi", "evil-package-py", ("1.0",)),)
    assert (found.advisory.id, found.advisory.url) == ("MAL-2024-1", "https://records.example/MAL-2024-1")


def test_a_record_about_a_weakness_is_no_accusation() -> None:
    assert read(record("example", identity="GHSA-aaaa-bbbb-cccc", aliases=["CVE-2024-1"])) is None


def test_an_alias_of_a_malware_record_is_one_too() -> None:
    found = read(record("example", identity="GHSA-aaaa-bbbb-cccc", aliases=["MAL-2024-9"]))
    assert found
    assert (found.advisory.id, found.accuses) == ("GHSA-aaaa-bbbb-cccc", ("MAL-2024-9",))


def test_a_withdrawn_record_says_so() -> None:
    found = read(record("example", withdrawn="2024-07-01T00:00:00Z"))
    assert found
    assert found.is_withdrawn


def test_other_ecosystems_are_passed_over() -> None:
    found = read(record("example", ecosystem="crates.io"))
    assert found
    assert found.affected == ()


def test_exact_versions_mean_these_and_no_others() -> None:
    said = record("example", "1.0", "1.2rc1")
    assert covered("pypi", said, "1.0.0"), "another spelling of the same version"
    assert covered("pypi", said, "1.2-rc.1")
    assert not covered("pypi", said, "1.1")
    assert not covered("pypi", said, None)


def test_a_range_from_the_beginning_means_every_version_there_can_be() -> None:
    said = record("example", ecosystem="npm")
    assert covered("npm", said, "0.0.1-alpha")
    assert covered("npm", said, "not a version")
    assert covered("npm", said, None), "so the name alone is enough"


def test_a_package_without_versions_and_ranges_is_meant_as_a_whole() -> None:
    assert Affected("npm", "example").covers("1.0.0")


@pytest.mark.parametrize(
    ("version", "inside"),
    [("1.0.0", False), ("1.1.0-rc.1", False), ("1.1.0", True), ("1.1.9", True), ("1.2.0", False), ("2.0.0", True),
     ("2.0.1", True), ("2.0.2", False), ("nonsense", False)],
)  # fmt: skip
def test_ranges_follow_their_events(version: str, *, inside: bool) -> None:
    said = ranged({"introduced": "1.1.0"}, {"fixed": "1.2.0"}, {"introduced": "2.0.0"}, {"last_affected": "2.0.1"})
    assert covered("npm", said, version) is inside


def test_one_version_may_be_a_range_of_its_own() -> None:
    said = ranged({"last_affected": "1.0.0"}, {"introduced": "1.0.0"})
    assert [covered("npm", said, version) for version in ("0.9.9", "1.0.0", "1.0.1")] == [False, True, False]


def test_a_limit_ends_all_ranges() -> None:
    said = ranged({"introduced": "0"}, {"limit": "2.0"}, kind="ECOSYSTEM", ecosystem="PyPI")
    assert [covered("pypi", said, version) for version in ("1.9", "2.0")] == [True, False]
    assert covered("pypi", ranged({"introduced": "0"}, {"limit": "*"}, ecosystem="PyPI"), "99")


def test_ranges_over_commits_say_nothing_about_releases() -> None:
    found = read(ranged({"introduced": "0"}, kind="GIT"))
    assert found
    assert found.affected == ()


@pytest.mark.parametrize(
    "said",
    [[], {}, {"id": 7}, {"id": "MAL-1", "aliases": "x"}, {"id": "MAL-1", "affected": {}}, {"id": "MAL-1", "affected": [7]},
     {"id": "MAL-1", "affected": [{"package": {"ecosystem": "npm"}}]}, ranged({"introduced": "one"}), ranged({"fixed": "1.0.0"}),
     ranged({"introduced": 7}), record("a\ud800", ecosystem="npm"), {**record("a"), "summary": "\udc80"}],  # type: ignore[dict-item]
)  # fmt: skip
def test_what_the_schema_does_not_allow_is_refused(said: Any) -> None:
    with pytest.raises(ValueError):
        read(said)


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ValueError):
        read_record(b'{"id":' + b"[" * 100_000)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["MAL-1", "PyPI", "npm", "0", "SEMVER"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "aliases", "affected", "package", "ecosystem", "name", "versions", "ranges", "type", "events",
                         "introduced", "fixed", "limit", "withdrawn", "summary", "references", "url"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(st.binary(max_size=60) | JSON.map(lambda said: json.dumps(said).encode()) | JSON.map(
    lambda said: json.dumps({"id": "MAL-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": said}]}).encode()))  # fmt: skip
@example(b'{"id": "MAL-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "ranges": [{"type": []}]}]}')
def test_whatever_comes_is_a_record_or_no_record_or_refused(content: bytes) -> None:
    try:
        found = read_record(content)
    except ValueError:
        return
    for each in found.affected if found else ():
        assert each.covers("1.0.0") in (True, False)


NUMBERS = st.lists(st.integers(0, 30), min_size=3, max_size=3).map(lambda each: ".".join(map(str, each)))


@given(NUMBERS, NUMBERS)
def test_both_ecosystems_order_plain_versions_alike(one: str, other: str) -> None:
    assert (order_of("npm", one) < order_of("npm", other)) == (Version(one) < Version(other))
    assert is_same("npm", one, other) == is_same("pypi", one, other)


def test_npm_versions_are_ordered_as_semver_says() -> None:
    # the example of https://semver.org/#spec-item-11
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
               "1.0.0-rc.1", "1.0.0"]  # fmt: skip
    shuffled = [*ordered[4:], *ordered[:4]]
    assert sorted(shuffled, key=lambda each: order_of("npm", each)) == ordered
    assert is_same("npm", "v1.0.0+build", "1.0.0")
