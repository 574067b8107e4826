"""Several indexes as one view: who may serve which name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate.merging import ABSENT, View, against_version, highest, merge, normal_patterns, owner_of
from gatekeeper.registries.listing import IndexFile, Project

DEFAULT = "https://index.example/simple"
PRIVATE = "https://corp.example/simple"
VIEW = View(highest, DEFAULT)


def project(source: str, **files: str) -> Project:
    listed = tuple(
        IndexFile(f"{name}.whl", f"https://{source}/{name}.whl", hashes={"sha256": digest}, source=source)
        for name, digest in files.items()
    )
    return Project("acme", listed, (), source)


def serving(source: str, *versions: str, since: int | None = None) -> Project:
    """A project with a wheel of each version, uploaded in a year."""
    time = datetime(since, 1, 1, tzinfo=timezone.utc) if since else None
    listed = tuple(
        IndexFile(
            f"acme-{version}-py3-none-any.whl",
            f"{source}/acme-{version}.whl",
            version,
            {"sha256": source},
            upload_time=time,
            source=source,
        )
        for version in versions
    )
    return Project("acme", listed, versions, source)


def digest(file: IndexFile) -> str | None:
    return file.sha256


def test_a_mirror_raises_no_remark() -> None:
    merged = merge("acme", [project("a", one="11", two="22"), project("b", one="11")], digest)
    assert {file.source for file in merged.files} == {"a"}
    assert merged.remark is None


def test_a_second_index_with_other_files_serves_nothing_and_is_named() -> None:
    merged = merge("acme", [project("private", one="11"), project("public", ninety_nine="99")], digest)
    assert {file.source for file in merged.files} == {"private"}
    assert merged.remark is not None
    assert "public" in merged.remark


def test_a_copy_of_an_honest_file_does_not_vouch_for_the_rest_of_an_index() -> None:
    merged = merge("acme", [project("private", one="11"), project("public", one="11", ninety_nine="99")], digest)
    assert [file.filename for file in merged.files] == ["one.whl"]
    assert merged.remark is not None


def test_a_differing_digest_makes_a_stranger() -> None:
    merged = merge("acme", [project("a", one="11", two="22"), project("b", one="11", two="33")], digest)
    assert merged.remark is not None


def test_an_index_without_the_name_is_no_owner() -> None:
    merged = merge("acme", [project("empty"), project("b", one="11")], digest)
    assert merged.owner == "b"
    assert len(merged.files) == 1


def test_internal_names_are_never_asked_of_the_default_index() -> None:
    labels = ["https://default.example/simple", "https://corp.example/simple"]
    origins = {"internal": ("acme-*",)}
    assert owner_of("acme-core", labels, labels[0], origins) == [labels[1]]
    assert owner_of("requests", labels, labels[0], origins) == labels


def test_a_named_origin_is_the_only_one_asked() -> None:
    labels = ["https://default.example/simple", "https://corp.example/simple"]
    assert owner_of("torch", labels, labels[0], {"corp.example": ("torch",)}) == [labels[1]]


def test_what_merely_contains_an_origin_is_another_index() -> None:
    labels = ["https://corp.example.net/simple", "https://corp.example/simple"]
    assert owner_of("torch", labels, None, {"corp.example": ("torch",)}) == labels[1:]


def test_several_origins_all_have_to_agree() -> None:
    labels = [DEFAULT, PRIVATE, "https://team.example/simple"]
    origins = {"internal": ("acme-*",), "team.example": ("acme-core",)}
    assert owner_of("acme-core", labels, DEFAULT, origins) == labels[2:]
    assert owner_of("acme-app", labels, DEFAULT, origins) == labels[1:]


def test_patterns_are_spelt_as_names_are() -> None:
    assert normal_patterns({"internal": ("Acme_*", "acme.core")}) == {"internal": ("acme-*", "acme-core")}


def test_an_index_that_somebody_configured_goes_before_the_clients_own() -> None:
    merged = merge("acme", [serving(DEFAULT, "99.0"), serving(PRIVATE, "1.0")], digest, VIEW)
    assert merged.owner == PRIVATE
    assert merged.remark is not None
    assert f"would take 99.0 from {DEFAULT}" in merged.remark
    assert [notice.kind for notice in merged.notices] == ["two-indexes"]
    assert list(against_version(merged, "1.0")) == []


def test_a_much_used_name_may_come_from_where_bare_pip_takes_it() -> None:
    """A partial copy beside the client's own index must not hide the newer releases of what everybody uses."""
    famous = View(highest, DEFAULT, is_famous=lambda: True)
    assert merge("acme", [serving(DEFAULT, "2.0"), serving(PRIVATE, "1.0")], digest, famous).owner == DEFAULT
    assert merge("acme", [serving(DEFAULT, "2.0"), serving(PRIVATE, "2.0+gpu")], digest, famous).owner == PRIVATE


def copied(project: Project, source: str) -> Project:
    """An index that serves the same bytes."""
    return Project("acme", tuple(replace(file, source=source) for file in project.files), (), source)


@pytest.mark.parametrize(
    ("since", "famous", "owner"),
    [(2024, False, DEFAULT), (2026, False, PRIVATE), (None, False, PRIVATE), (2026, True, DEFAULT)],
    ids=["old", "new", "without-times", "famous"],
)
def test_a_partial_copy_hides_nothing_of_what_has_been_public_for_long(since: int, famous: bool, owner: str) -> None:
    """Whoever has a private file could publish a copy of it beside a 99.0, but not years ago."""
    part = serving(PRIVATE, "1.0", since=since)
    whole = copied(part, DEFAULT)
    whole = replace(whole, files=(*whole.files, *serving(DEFAULT, "2.0", since=since).files))
    view = View(highest, DEFAULT, datetime(2026, 3, 1, tzinfo=timezone.utc), lambda: famous)
    merged = merge("acme", [whole, part], digest, view)
    assert merged.owner == owner
    assert (merged.remark is None) == (owner == DEFAULT)


def test_a_name_is_looked_up_among_the_famous_only_where_that_matters() -> None:
    def never() -> bool:
        raise AssertionError

    view = View(highest, DEFAULT, is_famous=never)
    merge("acme", [serving(DEFAULT, "2.0")], digest, view)
    merge("acme", [serving(PRIVATE, "2.0"), serving("https://b.example", "3.0")], digest, view)
    merge("acme", [serving(DEFAULT, "1.0"), serving(PRIVATE, "2.0")], digest, view)


def test_a_name_that_nobody_has_outside_is_noted_if_the_outside_was_asked() -> None:
    absent = Project("acme", (), (), DEFAULT, ABSENT)
    found = merge("acme", [absent, serving(PRIVATE, "1.0")], digest, VIEW)
    assert merge("acme", [serving(DEFAULT), serving(PRIVATE, "1.0")], digest, VIEW).notices == (), "taken, but empty"
    assert [notice.kind for notice in found.notices] == ["unclaimed-name"]
    assert merge("acme", [serving(PRIVATE, "1.0")], digest, VIEW).notices == ()
    assert merge("acme", [absent, serving("/srv/wheels", "1.0")], digest, VIEW).notices == ()


@pytest.mark.parametrize(("first", "second", "asks"), [(2024, 2020, True), (2020, 2024, False), (None, 2020, False)])
def test_the_younger_of_two_that_somebody_configured_is_a_question(first: int, second: int, asks: bool) -> None:
    found = merge("acme", [serving("a", "1.1", since=first), serving(PRIVATE, "1.0", since=second)], digest, VIEW)
    assert ("younger-index" in [notice.kind for notice in found.notices]) == asks


def test_a_private_fork_of_something_older_outside_is_none() -> None:
    found = merge("acme", [serving(DEFAULT, "1.0", since=2015), serving(PRIVATE, "1.0.1", since=2024)], digest, VIEW)
    assert [notice.kind for notice in found.notices] == ["two-indexes"]


def test_it_is_said_when_the_outsider_came_later() -> None:
    found = merge("acme", [serving(DEFAULT, "9.0", since=2025), serving(PRIVATE, "1.0", since=2019)], digest, VIEW)
    assert found.remark is not None
    assert "first published there on 2025-01-01, and here on 2019-01-01" in found.remark


@pytest.mark.parametrize(
    ("ours", "theirs", "speaks"),
    [
        ("99.0", "1.4", True),
        ("20.0", "1.4", True),
        ("19.9", "1.4", False),
        ("1.5", "1.4", False),
        ("2026.1", "2025.1", False),
    ],
)
def test_a_version_far_above_a_rivals_speaks_against_an_owner_by_order(ours: str, theirs: str, speaks: bool) -> None:
    merged = merge("acme", [serving("a", ours), serving("b", theirs)], digest, VIEW)
    assert merged.owner == "a"
    assert bool(list(against_version(merged, ours))) == speaks
    assert list(against_version(merged, "not a version")) == []


def test_a_copy_of_the_honest_release_does_not_make_a_99_of_whoever_is_first() -> None:
    first = project("a", one="11")
    first = Project("acme", (*first.files, *serving("a", "99.0").files), (), "a")
    merged = merge("acme", [first, project("b", one="11")], digest, VIEW)
    second = Project("acme", tuple(replace(file, version="1.0") for file in project("b", one="11").files), (), "b")
    assert merged.remark is None, "the second adds nothing"
    merged = merge("acme", [first, second], digest, VIEW)
    assert [notice.kind for notice in against_version(merged, "99.0")] == ["version-confusion"]


def test_the_default_beside_them_does_not_settle_it_between_two_that_somebody_configured() -> None:
    three = [serving(DEFAULT, "1.0"), serving("a", "99.0", since=2025), serving("b", "1.0", since=2020)]
    merged = merge("acme", three, digest, VIEW)
    assert merged.owner == "a"
    assert {notice.kind for notice in merged.notices} == {"two-indexes", "younger-index"}
    assert [notice.kind for notice in against_version(merged, "99.0")] == ["version-confusion"]


names = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["11", "22"]), max_size=5)


@given(names, names, names)
def test_only_the_owner_serves_and_it_loses_nothing(a: dict, b: dict, c: dict) -> None:
    projects = [project("a", **a), project("b", **b), project("c", **c)]
    merged = merge("acme", projects, digest)
    holding = [each for each in projects if each.files]
    assert merged.files == (holding[0].files if holding else ())


versions = st.lists(st.sampled_from(["1.0", "1.1", "2.0", "99.0"]), unique=True, max_size=3)


@given(versions, versions, st.booleans())
def test_whatever_is_outside_a_configured_index_keeps_its_names(
    outside: list[str], inside: list[str], first: bool
) -> None:
    projects = [serving(DEFAULT, *outside), serving(PRIVATE, *inside)]
    merged = merge("acme", projects if first else projects[::-1], digest, VIEW)
    if inside:
        assert {file.source for file in merged.files} == {PRIVATE}
        assert bool(merged.remark) == bool(outside)
