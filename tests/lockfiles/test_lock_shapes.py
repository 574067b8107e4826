"""What locks say of sources that are no index: version control, addresses, paths, aliases, other hosts; and old forms."""

from __future__ import annotations

import json

import pytest

from gatekeeper import lockfiles
from tests.lockfiles.reading import rows

SHA = "0123456789012345678901234567890123456789"
HEX = "ab" * 32


def sources(text: str, name: str) -> list[tuple[str, str, str | None]]:
    return [(str(each.release), each.kind, each.address) for each in lockfiles.read(text, name).releases]


def test_uv_has_many_kinds_of_source() -> None:
    text = f"""version = 1
[manifest]
members = ["own", "inner"]
[[package]]
name = "own"
version = "1"
source = {{ editable = "." }}
dependencies = [{{ name = "a" }}, {{ name = "b", version = "2" }}, {{ name = "c" }}, {{ name = "d" }}, {{ name = "inner" }}]
[[package]]
name = "inner"
source = {{ virtual = "packages/inner" }}
[[package]]
name = "a"
version = "1"
source = {{ git = "https://code.example/a.git?rev=main#{SHA}" }}
[[package]]
name = "b"
version = "1"
source = {{ registry = "https://index.example/simple" }}
[[package]]
name = "b"
version = "2"
source = {{ registry = "../wheels" }}
wheels = [{{ path = "b-2-py3-none-any.whl" }}]
[[package]]
name = "c"
version = "1"
source = {{ url = "https://files.example/c-1-py3-none-any.whl" }}
wheels = [{{ url = "https://files.example/c-1-py3-none-any.whl", hash = "sha256:{HEX}" }}]
[[package]]
name = "d"
version = "1"
source = {{ directory = "../d" }}
"""
    assert sources(text, "uv.lock") == [
        ("a 1", "vcs", f"https://code.example/a.git?rev=main#{SHA}"),
        ("b 1", "index", None),
        ("b 2", "index", None),
        ("c 1", "url", "https://files.example/c-1-py3-none-any.whl"),
        ("d 1", "path", "../d"),
    ]
    lock = lockfiles.read(text, "uv.lock")
    assert [each.release.name for each in lock.own] == ["own", "inner"]
    assert [(str(each.release), each.reached) for each in lock.releases if not each.reached] == [("b 1", False)]


def test_pylock_has_archives_folders_and_repositories() -> None:
    text = f"""lock-version = "1.0"
created-by = "hand"
[[packages]]
name = "a"
version = "1"
archive = {{ url = "https://files.example/a-1.zip", hashes = {{ sha256 = "{HEX}", md5 = "{"0" * 32}" }} }}
[[packages]]
name = "b"
vcs = {{ type = "git", url = "https://code.example/b.git", commit-id = "{SHA}" }}
dependencies = [{{ name = "a" }}]
[[packages]]
name = "c"
directory = {{ path = "../c", editable = true }}
"""
    assert sources(text, "pylock.dev.toml") == [
        ("a 1", "url", "https://files.example/a-1.zip"),
        ("b", "vcs", f"git+https://code.example/b.git@{SHA}"),
        ("c", "path", "../c"),
    ]
    lock = lockfiles.read(text, "pylock.toml")
    assert lock.releases[0].files[0].digests == (f"sha256:{HEX}", f"md5:{'0' * 32}")
    assert lock.releases[0].wanted_by == ("b",)


def test_poetry_keeps_files_at_the_end_in_its_first_version() -> None:
    text = f"""[[package]]
name = "A_b"
version = "1"
category = "dev"
[[package]]
name = "c"
version = "2"
category = "main"
[package.dependencies]
a-b = [{{version = "*"}}, {{version = ">1"}}]
[package.source]
type = "git"
url = "https://code.example/c.git"
resolved_reference = "{SHA}"
[metadata]
lock-version = "1.1"
content-hash = ""
[metadata.files]
a-b = [{{file = "a_b-1.tar.gz", hash = "sha256:{HEX}"}}]
"""
    lock = lockfiles.read(text, "poetry.lock")
    assert rows(lock) == ["a-b 1 @1 ? dev [dev] via c", "c 2 @5 ?"]
    assert lock.releases[0].files[0].digests == (f"sha256:{HEX}",)
    assert lock.releases[1].address == f"git+https://code.example/c.git@{SHA}"


def test_pdm_and_pipenv_lock_repositories_and_paths_too() -> None:
    pdm = f"""[metadata]
lock_version = "4.5.0"
[[package]]
name = "a"
version = "1"
git = "https://code.example/a.git"
revision = "{SHA}"
[[package]]
name = "b"
version = "1"
path = "./b"
[[package]]
name = "c"
version = "1"
url = "https://files.example/c-1.zip"
"""
    assert [kind for _, kind, _ in sources(pdm, "pdm.lock")] == ["vcs", "path", "url"]
    pipenv = json.dumps(
        {
            "_meta": {"pipfile-spec": 6, "sources": []},
            "default": {
                "a": {"git": "https://code.example/a.git", "ref": SHA},
                "b": {"path": "./b", "editable": True},
                "c": {"file": "https://files.example/c-1.zip"},
            },
        }
    )
    assert sources(pipenv, "Pipfile.lock") == [
        ("a", "vcs", f"git+https://code.example/a.git@{SHA}"),
        ("b", "path", "./b"),
        ("c", "url", "https://files.example/c-1.zip"),
    ]


YARN_1 = f"""# yarn lockfile v1


a@1, a@^1.0.0:
  version "1.0.0"
  resolved "https://registry.example/a/-/a-1.0.0.tgz#{SHA}"
  optionalDependencies:
    "@s/b" "git+ssh://git@code.example/b.git"

"@s/b@git+ssh://git@code.example/b.git":
  version "2.0.0"
  resolved "git+ssh://git@code.example/b.git#{SHA}"

"c@file:../c":
  version "0.0.0"

"d@npm:e@1":
  version "1.0.0"
  resolved "https://registry.example/e/-/e-1.0.0.tgz#{SHA}"
"""


def test_yarn_1_has_lists_of_ranges_and_addresses_with_a_digest_behind() -> None:
    lock = lockfiles.read(YARN_1, "yarn.lock")
    assert rows(lock) == [
        "a 1.0.0 @4 ? dev?",
        "@s/b 2.0.0 @10 ? dev? via a",
        "c 0.0.0 @14 ? dev?",
        "e 1.0.0 @17 ? dev?",
    ]
    assert [each.kind for each in lock.releases] == ["index", "vcs", "path", "index"]
    assert lock.releases[0].address == "https://registry.example/a/-/a-1.0.0.tgz"
    assert lock.releases[0].files[0].digests == (f"sha1:{SHA}",)
    assert lock.releases[0].asked == (("a", "1"), ("a", "^1.0.0"))


YARN_BERRY = f"""__metadata:
  version: 8
  cacheKey: 10c0

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.1.0
  resolution: "a@npm:1.1.0::__archiveUrl=https%3A%2F%2Fpackages.example%2Fa%2F-%2Fa-1.1.0.tgz"
  checksum: 10c0/{"cd" * 64}
  languageName: node
  linkType: hard

"b@https://code.example/b.git#main":
  version: 2.0.0
  resolution: "b@https://code.example/b.git#commit={SHA}"

"c@patch:c@npm%3A^3.0.0#./fix.patch":
  version: 3.0.0
  resolution: "c@patch:c@npm%3A3.0.0#./fix.patch::version=3.0.0&hash=aa&locator=own%40workspace%3A."

"c@npm:^3.0.0":
  version: 3.0.0
  resolution: "c@npm:3.0.0"

"own@workspace:.":
  version: 0.0.0-use.local
  resolution: "own@workspace:."
  dependencies:
    a: ^1.0.0
    b: "https://code.example/b.git#main"
    c: "patch:c@npm%3A^3.0.0#./fix.patch"
"""


def test_the_newer_yarns_have_archive_addresses_and_patches() -> None:
    lock = lockfiles.read(YARN_BERRY, "yarn.lock")
    assert rows(lock) == [
        "a 1.1.0 @5 direct dev?",
        "b 2.0.0 @12 direct dev?",
        "c 3.0.0 @16 direct dev?",
        "c 3.0.0 @20 transitive dev? via c",
    ]
    assert lock.releases[0].address == "https://packages.example/a/-/a-1.1.0.tgz"
    assert lock.releases[1].kind in ("vcs", "url")
    assert lock.releases[0].files[0].digests == (f"yarn-cache-sha512:{'cd' * 64}",)


@pytest.mark.parametrize(
    ("key", "resolution", "expected"),
    [
        ("/a/1.0.0", "{integrity: sha512-AAAA}", ("a 1.0.0", "index", None)),
        ("/@s/a/1.0.0_b@2.0.0", "{integrity: sha512-AAAA}", ("@s/a 1.0.0", "index", None)),
        ("/a@1.0.0(b@2.0.0)(@c/d@3.0.0)", "{integrity: sha512-AAAA}", ("a 1.0.0", "index", None)),
        ("registry.example/a/1.0.0", "{integrity: sha512-AAAA}", ("a 1.0.0", "index", None)),
        ("a@1.0.0", "{tarball: https://files.example/a.tgz}", ("a 1.0.0", "index", "https://files.example/a.tgz")),
        (
            "a@https://files.example/a.tgz",
            "{tarball: https://files.example/a.tgz}",
            ("a", "url", "https://files.example/a.tgz"),
        ),
        (
            f"a@git+https://code.example/a.git#{SHA}",
            f"{{type: git, repo: https://code.example/a.git, commit: {SHA}}}",
            ("a", "vcs", f"git+https://code.example/a.git#{SHA}"),
        ),
        ("a@file:../a", "{type: directory, directory: ../a}", ("a", "path", "file:../a")),
        ("file:a.tgz", "{tarball: file:a.tgz}", ("file:a.tgz", "path", "file:a.tgz")),
    ],
)
def test_pnpm_spells_keys_in_many_ways(key: str, resolution: str, expected: tuple[str, str, str | None]) -> None:
    text = f"lockfileVersion: '9.0'\npackages:\n  '{key}':\n    resolution: {resolution}\n"
    assert sources(text, "pnpm-lock.yaml") == [expected]


def test_a_second_document_of_pnpm_is_read_too() -> None:
    text = (
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    packageManagerDependencies:\n      pnpm: {specifier: 9.0.0, version: 9.0.0}\n"
        "packages:\n  pnpm@9.0.0:\n    resolution: {integrity: sha512-AAAA}\n"
        "---\nlockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: sha512-AAAA}\n"
    )
    assert rows(lockfiles.read(text, "pnpm-lock.yaml")) == [
        "pnpm 9.0.0 @7 direct [config]",
        "a 1.0.0 @12 transitive dev? unreached",
    ]


def test_bun_names_a_registry_of_its_own() -> None:
    text = """{
  "lockfileVersion": 1, // a comment
  "workspaces": {"": {"dependencies": {"a": "1"}}},
  "packages": {
    "a": ["a@1.0.0", "https://packages.example/a/", {"dependencies": {"@s/b": "2"}}, "sha512-AAAA"],
    "@s/b": ["@s/b@git+https://code.example/b.git#0123", {}, "s-b-0123"], /* and
    another */
    "a/@s/c": ["@s/c@1.0.0", "", {}, ""],
  },
}
"""
    lock = lockfiles.read(text, "bun.lock")
    assert rows(lock) == ["a 1.0.0 @5 direct", "@s/b @6 transitive via a", "@s/c 1.0.0 @8 transitive dev? unreached"]
    assert [(each.kind, each.source) for each in lock.releases][:2] == [
        ("index", "https://packages.example/a/"),
        ("vcs", None),
    ]
    assert lock.releases[2].asked == (("@s/c", ""),)


def test_the_older_half_of_npms_second_version_must_agree() -> None:
    new = {"version": "1.0.0", "resolved": "https://registry.example/a/-/a-1.0.0.tgz", "integrity": "sha512-AAAA"}
    lock = {
        "lockfileVersion": 2,
        "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": new},
        "dependencies": {"a": {**new, "resolved": "https://other.example/a/-/a-1.0.0.tgz"}},
    }
    read = lockfiles.read(json.dumps(lock, indent=1), "package-lock.json")
    assert [(each.kind, each.place and each.place.line) for each in read.problems] == [("two-answers", 16)]
    lock["dependencies"] = {"a": new}
    assert not lockfiles.read(json.dumps(lock), "package-lock.json").problems


def test_names_in_npms_first_version_cannot_pass_for_paths() -> None:
    inner = {"version": "1.0.0", "dependencies": {"b": {"version": "1.0.0"}}}
    lock = {"lockfileVersion": 1, "dependencies": {"a": inner, "a/node_modules/b": {"version": "2.0.0"}}}
    assert len(lockfiles.read(json.dumps(lock), "package-lock.json").releases) == 3
