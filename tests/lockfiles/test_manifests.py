"""Manifests: what a project asks for, for whom, from where, and on which line."""

from __future__ import annotations

import pytest

from gatekeeper import lockfiles
from gatekeeper.errors import UndecidedError
from tests.lockfiles.reading import rows

PYPROJECT = """\
[build-system]
requires = ["hatchling>=1"]

[project]
name = "own"
dynamic = ["version", "optional-dependencies"]
dependencies = [
  "One_Name>=1",  # a comment, with "quotes" and ]
  'two==2.0; python_version > "3.9"',
  "three @ https://files.example/three-3.0-py3-none-any.whl",
]

[project.optional-dependencies]
extra = ["four"]

[dependency-groups]
test = ["five", {include-group = "lint"}]
lint = [
  "six",
]

[tool.uv]
override-dependencies = ["seven==7.0"]

[tool.uv.sources]
one-name = { git = "https://code.example/one.git", rev = "main" }
four = { index = "inner" }

[[tool.uv.index]]
name = "inner"
url = "https://user:geheim@inner.example/simple"

[tool.setuptools.dynamic]
dependencies = { file = ["more.txt", "requirements/base.txt"] }
optional-dependencies.docs = { file = "docs.txt" }
"""


def test_pyproject_is_read_whole() -> None:
    lock = lockfiles.read(PYPROJECT, "pyproject.toml")
    assert rows(lock) == [
        "one-name @8 direct",
        "two 2.0 @9 direct",
        "three @10 direct",
        "four @14 direct [extra]",
        "five @17 direct dev [test]",
        "six @19 direct dev [lint]",
        "seven 7.0 @23 transitive dev? [override]",
        "hatchling @2 direct dev [build]",
    ]
    one, _, three, four = lock.releases[:4]
    assert (one.kind, one.address) == ("vcs", "git+https://code.example/one.git")
    assert (three.kind, three.address) == ("url", "https://files.example/three-3.0-py3-none-any.whl")
    assert four.source is not None
    assert [(source.shown, source.place.line) for source in lock.sources] == [("https://inner.example/simple", 31)]
    assert [(include.path, include.place.line, include.group) for include in lock.includes] == [
        ("more.txt", 34, ""),
        ("requirements/base.txt", 34, ""),
        ("docs.txt", 35, "docs"),
    ]
    assert [(each.kind, each.place and each.place.line) for each in lock.problems] == [("dynamic-dependencies", 6)]
    assert "geheim" not in repr(lock)


POETRY = """\
[tool.poetry.dependencies]
python = "^3.10"
one = "^1.0"
two = "2.0"
three = [
  {version = "3.0", markers = "os_name == 'nt'"},
  {version = "3.1", source = "inner"},
]
four = { git = "https://code.example/four.git", tag = "v4" }
five = { path = "../five", develop = true }
six = { url = "https://files.example/six-6.0.tar.gz" }

[tool.poetry.group.test.dependencies]
seven = "*"

[[tool.poetry.source]]
name = "inner"
url = "https://inner.example/simple"
"""


def test_poetry_has_its_own_ways() -> None:
    lock = lockfiles.read(POETRY, "pyproject.toml")
    assert [(row, each.kind) for row, each in zip(rows(lock), lock.releases, strict=True)] == [
        ("one @3 direct", "index"),
        ("two 2.0 @4 direct", "index"),
        ("three 3.0 @5 direct", "index"),
        ("three 3.1 @5 direct", "index"),
        ("four @9 direct", "vcs"),
        ("five @10 direct", "path"),
        ("six @11 direct", "url"),
        ("seven @14 direct dev [test]", "index"),
    ]
    assert lock.releases[3].source == "https://inner.example/simple"


def test_setup_cfg_is_read_as_setuptools_reads_it() -> None:
    lock = lockfiles.read(
        "[metadata]\nname = own\n[options]\ninstall_requires =\n    one>=1  # why\n    # not this\n\n    two==2.0\n"
        'setup_requires = three; four\ntests_require = five; python_version > "3"\n[options.extras_require]\ndocs = six\n'
        "more = file: more.txt, most.txt\n[tool:other]\ninstall_requires = not-this\n",
        "setup.cfg",
    )
    assert rows(lock) == [
        "one @5 direct",
        "two 2.0 @8 direct",
        "three @9 direct dev [build]",
        "four @9 direct dev [build]",
        "five @10 direct dev [tests]",
        "six @12 direct [docs]",
    ]
    assert [(include.path, include.place.line) for include in lock.includes] == [("more.txt", 13), ("most.txt", 13)]


def test_a_pipfile_is_read_with_its_groups() -> None:
    lock = lockfiles.read(
        '[[source]]\nname = "a"\nurl = "https://index.example/simple"\n[packages]\none = "*"\n'
        'two = {version = "==2.0", index = "a"}\n[dev-packages]\nthree = {git = "https://code.example/t.git", ref = "main"}\n'
        '[requires]\npython_version = "3.12"\n',
        "Pipfile",
    )
    assert rows(lock) == ["one @5 direct", "two 2.0 @6 direct", "three @8 direct dev [develop]"]
    assert lock.releases[2].address == "git+https://code.example/t.git@main"


PACKAGE = """\
{
  "name": "own",
  "dependencies": {
    "one": "^1.0.0",
    "two": "npm:@scope/real@2.0.0",
    "three": "git+ssh://git@code.example/three.git",
    "four": "https://files.example/four.tgz",
    "five": "file:../five",
    "six": "workspace:*",
    "seven": "acme/seven"
  },
  "peerDependencies": {"eight": ">=1"},
  "overrides": {
    "nine": "9.0.0",
    "one": {".": "1.0.1", "ten": "npm:eleven@1.0.0"},
    "two": "$two"
  },
  "resolutions": {"a/**/@scope/twelve": "12.0.0"},
  "pnpm": {"overrides": {"a>thirteen@1": "13.0.0", "gone": "-"}}
}
"""


def test_package_json_is_read_with_what_is_forced_upon_others() -> None:
    lock = lockfiles.read(PACKAGE, "package.json")
    assert [(row, each.kind) for row, each in zip(rows(lock), lock.releases, strict=True)] == [
        ("one @4 direct", "index"),
        ("@scope/real 2.0.0 @5 direct", "index"),
        ("three @6 direct", "vcs"),
        ("four @7 direct", "url"),
        ("five @8 direct", "path"),
        ("six @9 direct", "path"),
        ("seven @10 direct", "vcs"),
        ("eight @12 direct [peer]", "index"),
        ("nine 9.0.0 @14 transitive dev? [override]", "index"),
        ("one 1.0.1 @15 transitive dev? [override]", "index"),
        ("eleven 1.0.0 @15 transitive dev? [override]", "index"),
        ("@scope/twelve 12.0.0 @18 transitive dev? [override]", "index"),
        ("thirteen 13.0.0 @19 transitive dev? [override]", "index"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", '[project]\ndependencies = [\n  "one",\n  "not one",\n]\n', 4),
        ("pyproject.toml", '[project]\ndependencies = "one"\n', 2),
        ("pyproject.toml", "[project]\n\n[project]\n", 3),
        ("pyproject.toml", "[tool.poetry.dependencies]\none = 1\n", 2),
        ("pyproject.toml", "[dependency-groups]\na = [1]\n", 2),
        ("pyproject.toml", "[tool]\nuv = 3\n", 2),
        ("setup.cfg", "[options]\ninstall_requires =\n  one\n  not one\n", 4),
        ("setup.cfg", "no section\n", 1),
        ("Pipfile", "[packages]\none = [1]\n", 2),
        ("package.json", '{\n  "dependencies": ["one"]\n}', 2),
        ("package.json", '{\n  "dependencies": {\n    "one": 1\n}}', 3),
        ("package.json", '{\n  "overrides": {\n    "one": []\n}}', 3),
        ("environment.yml", "dependencies:\n  - pip:\n    - not one\n", 3),
        ("environment.yml", "dependencies:\n  - [a]\n", 2),
        ("environment.yml", "dependencies:\n  - pip: one\n", 2),
        ("environment.yml", "dependencies: &a\n  - *a\n", 1),
    ],
)
def test_a_manifest_with_a_broken_line_is_an_error_that_names_it(name: str, text: str, line: int) -> None:
    with pytest.raises(UndecidedError) as told:
        lockfiles.read(text, name)
    assert told.value.message.startswith(f"{name}:{line}: ")
    assert told.value.hint
