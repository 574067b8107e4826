"""Several indexes as one view: who may serve which name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate.merging import merge, owner_of
from gatekeeper.registries.listing import IndexFile, Project


def project(source: str, **files: str) -> Project:
    listed = tuple(
        IndexFile(f"{name}.whl", f"https://{source}/{name}.whl", hashes={"sha256": digest}, source=source)
        for name, digest in files.items()
    )
    return Project("acme", listed, (), source)


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


names = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["11", "22"]), max_size=5)


@given(names, names, names)
def test_only_the_owner_serves_and_it_loses_nothing(a: dict, b: dict, c: dict) -> None:
    projects = [project("a", **a), project("b", **b), project("c", **c)]
    merged = merge("acme", projects, digest)
    holding = [each for each in projects if each.files]
    assert merged.files == (holding[0].files if holding else ())
