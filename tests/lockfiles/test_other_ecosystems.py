"""Locks of ecosystems whose packages are not judged yet: names, versions, digests and origins all the same."""

from __future__ import annotations

import base64

import pytest

from gatekeeper import lockfiles
from gatekeeper.errors import UndecidedError
from tests.lockfiles.reading import rows

HEX = "ab" * 32
GEMS = f"""GIT
  remote: https://code.example/own.git
  revision: 0123
  branch: main
  specs:
    own (1.0)
      rack (>= 2)

GEM
  remote: https://gems.example/
  specs:
    nokogiri (1.15.4-x86_64-linux)
      racc (~> 1.4)
    nokogiri (1.15.4-arm64-darwin)
      racc (~> 1.4)
    racc (1.7.1)
    rack (3.0.8)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  nokogiri (~> 1.15)!
  own!

CHECKSUMS
  rack (3.0.8) sha256={HEX}
  racc (1.7.1)

BUNDLED WITH
   2.5.0
"""
CRATES = f"""version = 4

[[package]]
name = "own"
version = "0.1.0"
dependencies = ["itoa 1.0.11", "forked"]

[[package]]
name = "itoa"
version = "0.4.0"
source = "registry+https://crates.example/index"
checksum = "{HEX}"

[[package]]
name = "itoa"
version = "1.0.11"
source = "sparse+https://crates.example/"
checksum = "{HEX}"

[[package]]
name = "forked"
version = "1.0.0"
source = "git+https://code.example/forked?branch=main#0123"
"""
H1 = base64.b64encode(b"\1" * 32).decode()
MODULES = f"""code.example/a v1.0.0 h1:{H1}
code.example/a v1.0.0/go.mod h1:{H1}
code.example/b/v2 v2.0.0/go.mod h1:{H1}
"""
NUGET = """{
  "version": 1,
  "dependencies": {
    "net8.0": {
      "Newtonsoft.Json": {
        "type": "Direct",
        "requested": "[13.0.3, )",
        "resolved": "13.0.3",
        "contentHash": "%s",
        "dependencies": {"other": "1.0.0"}
      },
      "Other": {"type": "Transitive", "resolved": "1.0.0"},
      "own": {"type": "Project"}
    }
  }
}
""" % base64.b64encode(b"\1" * 64).decode()  # noqa: UP031 - braces


def test_gems_are_named_with_where_they_come_from() -> None:
    lock = lockfiles.read(GEMS, "Gemfile.lock")
    assert rows(lock) == [
        "own 1.0 @6 direct",
        "nokogiri 1.15.4-x86_64-linux @12 direct",
        "nokogiri 1.15.4-arm64-darwin @14 direct",
        "racc 1.7.1 @16 transitive via nokogiri",
        "rack 3.0.8 @17 transitive via own",
    ]
    assert [(each.kind, each.source or each.address) for each in lock.releases][::4] == [
        ("vcs", "https://code.example/own.git"),
        ("index", "https://gems.example/"),
    ]
    assert lock.releases[4].files[0].digests == (f"sha256:{HEX}",)
    assert lock.releases[4].release.purl == "pkg:gem/rack@3.0.8"


def test_crates_are_named_with_where_they_come_from() -> None:
    lock = lockfiles.read(CRATES, "Cargo.lock")
    assert rows(lock) == [
        "itoa 0.4.0 @8 transitive dev? unreached",
        "itoa 1.0.11 @14 direct via own",
        "forked 1.0.0 @20 direct via own",
    ]
    assert [each.kind for each in lock.releases] == ["index", "index", "vcs"]
    assert [source.location for source in lock.sources] == ["https://crates.example/index", "https://crates.example/"]
    assert [str(each.release) for each in lock.own] == ["own 0.1.0"]


def test_modules_are_named_whose_code_was_read() -> None:
    lock = lockfiles.read(MODULES, "go.sum")
    assert [(each.release.purl, each.place.line) for each in lock.releases] == [("pkg:golang/code.example/a@v1.0.0", 1)]
    assert lock.releases[0].files[0].digests == (f"go-h1:{H1}",)


def test_nuget_packages_are_named_for_each_framework() -> None:
    lock = lockfiles.read(NUGET, "packages.lock.json")
    assert rows(lock) == [
        "Newtonsoft.Json 13.0.3 @5 direct dev?",
        "Other 1.0.0 @12 transitive dev? via Newtonsoft.Json",
    ]
    assert lock.releases[0].files[0].digests == (f"sha512:{'01' * 64}",)
    assert [each.release.name for each in lock.own] == ["own"]


@pytest.mark.parametrize(
    ("text", "name"),
    [(GEMS, "Gemfile.lock"), (CRATES, "Cargo.lock"), (MODULES, "go.sum"), (NUGET, "packages.lock.json")],
)
def test_each_entry_says_that_it_is_not_judged(text: str, name: str) -> None:
    lock = lockfiles.read(text, name)
    said = [each.notice.place for each in lockfiles.concerns(lock, [], ()) if each.notice.kind == "not-judged"]
    assert said == [each.place for each in lock.releases]


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("GEM\n  specs:\n    rack\n", "Gemfile.lock", 3),
        ("  remote: x\n", "Gemfile.lock", 1),
        ("", "Gemfile.lock", 1),
        ("gem\n", "Gemfile.lock", 1),
        ("GEM\nDEPENDENCIES\n   a b\n", "Gemfile.lock", 3),
        ("version = 9\n[[package]]\nname = 'a'\n", "Cargo.lock", 1),
        ("[[package]]\nversion = '1'\n", "Cargo.lock", 1),
        (f"code.example/a v1.0.0 h1:{H1}\ncode.example/a v1.0.0\n", "go.sum", 2),
        ('{"version": 7}', "packages.lock.json", 1),
        ('{"version": 1, "dependencies": {\n"net8.0": []}}', "packages.lock.json", 2),
    ],
)
def test_a_broken_one_is_an_error_that_names_the_line(text: str, name: str, line: int) -> None:
    with pytest.raises(UndecidedError) as told:
        lockfiles.read(text, name)
    assert told.value.message.startswith(f"{name}:{line}: ")
