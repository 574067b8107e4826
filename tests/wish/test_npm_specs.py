"""What npm's specs point to. What is not surely a registry's is never taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.wish.npm_specs import Kind, read_spec, read_word


@pytest.mark.parametrize(
    ("word", "kind", "name", "wanted"),
    [
        ("express", Kind.REGISTRY, "express", "*"),
        ("express@^5", Kind.REGISTRY, "express", "^5"),
        ("express@latest", Kind.REGISTRY, "express", "latest"),
        ("@acme/tools", Kind.REGISTRY, "@acme/tools", "*"),
        ("@acme/tools@1.0.0", Kind.REGISTRY, "@acme/tools", "1.0.0"),
        ("moss@npm:@acme/real@2", Kind.REGISTRY, "@acme/real", "2"),
        ("npm:real@2", Kind.REGISTRY, "real", "2"),
        ("moss@npm:github:a/b", Kind.GIT, "moss", "github:a/b"),
        ("acme/tools", Kind.GIT, "", "acme/tools"),
        ("acme/tools#v1", Kind.GIT, "", "acme/tools#v1"),
        ("github:acme/tools", Kind.GIT, "", "github:acme/tools"),
        ("git+ssh://git@code.example/a.git", Kind.GIT, "", "git+ssh://git@code.example/a.git"),
        ("git@code.example:acme/tools.git", Kind.GIT, "", "git@code.example:acme/tools.git"),
        ("moss@git://code.example/a.git", Kind.GIT, "moss", "git://code.example/a.git"),
        ("https://github.example/acme/tools", Kind.GIT, "", "https://github.example/acme/tools"),
        ("https://files.example/a.tgz", Kind.ADDRESS, "", "https://files.example/a.tgz"),
        ("moss@http://files.example/a", Kind.ADDRESS, "moss", "http://files.example/a"),
        ("./folder", Kind.FOLDER, "", "./folder"),
        ("../folder", Kind.FOLDER, "", "../folder"),
        (".", Kind.FOLDER, "", "."),
        ("/a/b", Kind.FOLDER, "", "/a/b"),
        ("~/b", Kind.FOLDER, "", "~/b"),
        ("file:../b", Kind.FOLDER, "", "../b"),
        ("moss@file:b", Kind.FOLDER, "moss", "b"),
        ("a.tgz", Kind.TARBALL, "", "a.tgz"),
        ("./a-1.0.tar.gz", Kind.TARBALL, "", "./a-1.0.tar.gz"),
        ("file:a.tgz", Kind.TARBALL, "", "a.tgz"),
    ],
)
def test_a_word_points_where_npm_says(word: str, kind: Kind, name: str, wanted: str) -> None:
    spec = read_word(word)
    assert (spec.kind, spec.name, spec.wanted) == (kind, name, wanted)


@pytest.mark.parametrize("spec", ["", "*", "1.2.3", "^1 || ^2", ">=1 <2", "1 - 2", "latest", "next-11", "x"])
def test_ranges_and_tags_are_the_registrys(spec: str) -> None:
    assert read_spec("moss", spec).kind is Kind.REGISTRY


@given(st.text(alphabet="ab1.-/:@#+~^ \\", max_size=20))
def test_nothing_with_a_colon_or_slash_is_taken_for_a_range(text: str) -> None:
    spec = read_spec("moss", text)
    if spec.kind is Kind.REGISTRY:
        assert not set(spec.wanted) & set(":/\\")


def test_one_version_is_told_from_a_range() -> None:
    assert read_word("moss@1.2.3").version == "1.2.3"
    assert read_word("moss@v1.2.3-beta.1").version == "1.2.3-beta.1"
    assert read_word("moss@^1.2.3").version is None
