"""npm's locks of all versions: what they name, where it stands, and how a broken one is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UndecidedError
from gatekeeper.lockfiles.package_lock import name_at, read

V3 = """{
  "name": "own",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "dependencies": {"moss": "^1.0.0"}
    },
    "node_modules/@acme/tools": {
      "version": "2.0.0",
      "resolved": "https://registry.example/@acme/tools/-/tools-2.0.0.tgz",
      "integrity": "sha512-AAAA",
      "optional": true,
      "os": ["linux"],
      "dependencies": {"fern": "git+https://code.example/fern.git"}
    },
    "node_modules/moss": {
      "name": "real-moss",
      "version": "1.0.1",
      "hasInstallScript": true
    },
    "node_modules/moss/node_modules/inner": {
      "version": "1.0.0",
      "inBundle": true
    },
    "node_modules/linked": {
      "resolved": "packages/linked",
      "link": true
    },
    "packages/linked": {
      "version": "1.0.0"
    }
  }
}"""
V1 = """{
  "lockfileVersion": 1,
  "dependencies": {
    "moss": {
      "version": "1.0.1",
      "resolved": "https://registry.example/moss/-/moss-1.0.1.tgz",
      "requires": {"fern": "^1.0.0"},
      "dependencies": {
        "fern": {
          "version": "github:acme/fern#0123456789012345678901234567890123456789"
        }
      }
    },
    "alias": {
      "version": "npm:@acme/real@3.0.0"
    }
  }
}"""


def test_a_flat_lock_names_releases_with_their_lines() -> None:
    tools, moss = read(V3, "package-lock.json")
    assert (tools.release.purl, str(tools.place)) == ("pkg:npm/%40acme/tools@2.0.0", "package-lock.json:8")
    assert tools.address == "https://registry.example/@acme/tools/-/tools-2.0.0.tgz"
    assert tools.groups == ("optional",)
    assert tools.platforms == (("os", ("linux",)),)
    assert tools.requires == (("fern", "git+https://code.example/fern.git"),)
    assert (str(moss.release), moss.hooks, moss.key) == ("real-moss 1.0.1", True, "node_modules/moss")


def test_a_nested_lock_names_releases_addresses_and_aliases() -> None:
    moss, fern, alias = read(V1, "package-lock.json")
    assert (str(moss.release), moss.requires) == ("moss 1.0.1", (("fern", "^1.0.0"),))
    assert (fern.release.version, fern.address) == (None, "github:acme/fern#0123456789012345678901234567890123456789")
    assert str(fern.place) == "package-lock.json:9"
    assert str(alias.release) == "@acme/real 3.0.0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n]", "package-lock.json:2: not a lock file"),
        ("[]", "package-lock.json:1: not a lock file"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_broken_lock_is_an_error_that_names_its_line(text: str, said: str) -> None:
    with pytest.raises(UndecidedError, match=r"package-lock\.json") as told:
        read(text, "package-lock.json")
    assert said in told.value.message


def test_a_version_1_lock_that_never_ends_is_an_error() -> None:
    tree: dict = {}
    for _ in range(300):
        tree = {"dependencies": {"a": {"version": "1.0.0", **tree}}}
    with pytest.raises(UndecidedError, match="too deeply"):
        read(json.dumps(tree), "package-lock.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["", "node_modules/a", "version", "resolved", "dependencies", "requires", "os", "link"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["packages", "dependencies", "lockfileVersion"]), JSON, max_size=3))
def test_whatever_stands_in_a_lock_is_read_or_refused(whole: dict) -> None:
    for locked in read(json.dumps(whole), "package-lock.json"):
        assert locked.release.ecosystem == "npm"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text, "package-lock.json")
    except UndecidedError as told:
        assert told.message.startswith("package-lock.json")  # noqa: PT017 - any text may also be a lock


def test_names_are_what_stands_behind_the_last_node_modules() -> None:
    assert name_at("node_modules/a/node_modules/@b/c") == "@b/c"
    assert name_at("packages/a") == ""
