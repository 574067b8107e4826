"""Whatever stands in a file that looks like a lock: it is read, or refused with its name and line, in bounded time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper import lockfiles
from gatekeeper.errors import UndecidedError
from tests.lockfiles.reading import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.lockfiles import LockFile

NAMES = (
    *("requirements.txt", "pylock.toml", "uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pyproject.toml"),
    *("setup.cfg", "Pipfile", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "package.json"),
    *("environment.yml", "Gemfile.lock", "Cargo.lock", "go.sum", "packages.lock.json"),
)
REAL = sorted(path for path in FILES.rglob("*") if path.is_file())


def read_or_refused(text: str, name: str) -> LockFile | None:
    try:
        lock = lockfiles.read(text, name)
    except UndecidedError as told:
        assert told.message.startswith(f"{name}:")  # noqa: PT017 - any text may also be a lock
        assert told.hint  # noqa: PT017
        return None
    list(lockfiles.concerns(lock, [lock], ("index.example",)))
    for each in (*lock.releases, *lock.own):
        assert each.place.file == name
        assert each.release.purl
    return lock


LINES = [
    ("uv.lock", "version = 2\n", 1),
    ("uv.lock", "version = 1\n[[package]]\nname = 1\n", 3),
    ("uv.lock", "version = 1\n[[package]]\nversion = '1'\n", 2),
    ("uv.lock", "version = 1\n[[package]]\nname = 'a'\nsource = {}\nwheels = {}\n", 5),
    ("pylock.toml", 'lock-version = "2.0"\n', 1),
    ("pylock.toml", 'lock-version = "1.0"\npackages = [\n1]\n', 3),
    ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "a"\ndirectory = {}\n', 4),
    ("poetry.lock", '[metadata]\nlock-version = "3.0"\n', 2),
    ("poetry.lock", "a = 1\n", 1),
    ("poetry.lock", '[[package]]\nname = "a"\n[package.dependencies]\nb = 1\n[metadata]\n', 4),
    ("pdm.lock", '[metadata]\nlock_version = "9"\n', 2),
    ("pdm.lock", '[metadata]\nlock_version = "4.5"\n[[package]]\nname = "a"\ndependencies = ["b c"]\n', 5),
    ("Pipfile.lock", '{"_meta": {\n"pipfile-spec": 7}}', 2),
    ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6},\n"default": {\n"a": []}}', 3),
    ("package-lock.json", '{\n"lockfileVersion": 4,\n"packages": {}}', 2),
    ("package-lock.json", '{\n"lockfileVersion": 3}', 2),
    ("package-lock.json", '{"lockfileVersion": 3, "packages": {\n"node_modules/a": 1}}', 2),
    ("package-lock.json", '{"lockfileVersion": 3,\n"packages": []}', 2),
    ("package-lock.json", '{\n"lockfileVersion": NaN}', 1),
    ("package-lock.json", '{"a": 1,\n}', 2),
    ("package-lock.json", "[]", 1),
    ("yarn.lock", '__metadata:\n  version: 99\n"a@npm:1":\n  version: 1\n', 2),
    ("yarn.lock", '__metadata:\n  version: 8\n"a@npm:1":\n  version: 1\n', 4),
    ("yarn.lock", "a@1:\n   version 1\n", 2),
    ("yarn.lock", 'a@1:\n  version "1.0.0\n', 2),
    ("yarn.lock", "a@1:\n  version\n", 2),
    ("yarn.lock", 'a@1:\n  version "1"\na@1:\n  version "2"\n', 3),
    ("yarn.lock", "a@1:\n  resolved x\n", 1),
    ("pnpm-lock.yaml", "lockfileVersion: 4\n", 1),
    ("pnpm-lock.yaml", "a: 1\n", 1),
    ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  /a/1.0.0: x\n", 3),
    ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages: &a\n  b: *a\n", 2),
    ("pnpm-lock.yaml", "lockfileVersion: 5.4\npackages:\n  a: {}\n  a: {}\n", 4),
    ("pnpm-lock.yaml", "lockfileVersion: '9.0'\nsnapshots:\n  a@1.0.0: {}\n", 3),
    ("pnpm-lock.yaml", "lockfileVersion: !!python/name:os.system ''\n", 1),
    ("bun.lock", '{\n"lockfileVersion": 9}', 2),
    ("bun.lock", '{"lockfileVersion": 1, "packages": {\n"a": {}}}', 2),
    ("bun.lock", '{"lockfileVersion": 1, "packages": {\n"a": []}}', 2),
    ("Cargo.lock", "[[package]]\nname = []\n", 2),
]


@pytest.mark.parametrize(("name", "text", "line"), LINES)
def test_a_broken_lock_is_refused_with_its_line(name: str, text: str, line: int) -> None:
    with pytest.raises(UndecidedError) as told:
        lockfiles.read(text, name)
    assert told.value.message.startswith(f"{name}:{line}: ")
    assert told.value.exit_code == 12
    assert told.value.hint


@pytest.mark.parametrize("path", REAL, ids=lambda path: "-".join(path.parts[-2:]))
def test_the_marks_of_a_merge_conflict_are_refused_with_their_line(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    at = len(lines) // 2
    text = "\n".join([*lines[:at], "<<<<<<< HEAD", *lines[at:], "=======", ">>>>>>> other", ""])
    with pytest.raises(UndecidedError, match=rf"^{path.name}:{at + 1}: the marks of a merge conflict"):
        lockfiles.read(text, path.name)


@pytest.mark.parametrize("path", REAL, ids=lambda path: "-".join(path.parts[-2:]))
def test_half_a_file_is_never_read_as_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    whole = read_or_refused(text, path.name)
    assert whole is not None
    for part in range(1, 8):
        cut = read_or_refused(text[: len(text) * part // 8], path.name)
        assert cut is None or (cut.releases or part < 3)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("requirements.txt", "setup.cfg")])
@pytest.mark.parametrize("text", ["not this\n", "\x00", "{", "<html></html>"])
def test_another_kind_of_file_is_no_empty_success(name: str, text: str) -> None:
    assert read_or_refused(text, name) is None


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(NAMES), st.text(max_size=60))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    read_or_refused(text, name)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(REAL), st.data())
def test_a_real_file_with_any_part_replaced_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    text = path.read_text("utf-8")
    begin = data.draw(st.integers(0, len(text)))
    length = data.draw(st.sampled_from([0, 1, 2, 10, 100, 1000]))
    new = data.draw(st.text(alphabet=" \n\t\"'{}[]:,=#@/\\<>&*!|-.\x00\u2028\ud800aé1", max_size=6))
    read_or_refused(text[:begin] + new + text[begin + length :], path.name)


WORDS = st.sampled_from(
    [
        *(
            "[",
            "]",
            "{",
            "}",
            ":",
            ",",
            "=",
            "\n",
            "  ",
            '"',
            "'",
            "#",
            "- ",
            "@",
            "npm:",
            "a",
            "1",
            "1.0.0",
            "true",
            "null",
        ),
        *(
            "[[package]]",
            "[metadata]",
            'name = "a"',
            "version: 6",
            "version = 1",
            "dependencies",
            "packages",
            '"packages"',
        ),
        *("lockfileVersion: 9.0", '"lockfileVersion": 3', "source", "resolved", "GEM\n", "  specs:\n", "    a (1)\n"),
        *(
            "a==1",
            "-r x",
            "--hash=sha256:00",
            "\\\n",
            "a@npm:1",
            '"a@npm:1":',
            "resolution",
            "__metadata:\n  version: 8\n",
        ),
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(NAMES), st.lists(WORDS, max_size=25))
def test_any_words_of_these_languages_are_read_or_refused(name: str, words: list[str]) -> None:
    read_or_refused("".join(words), name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["", "a", "node_modules/a", "version", "resolved", "dependencies", "packages", "workspaces", "default", "link", "net8.0"]
    ), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip
HEADS = {
    "package-lock.json": {"lockfileVersion": 3},
    "bun.lock": {"lockfileVersion": 1},
    "Pipfile.lock": {"_meta": {"pipfile-spec": 6}},
    "packages.lock.json": {"version": 1},
    "package.json": {},
}


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(HEADS)),
    st.dictionaries(st.sampled_from(["packages", "dependencies", "default", "workspaces"]), JSON),
)
def test_values_of_any_type_are_read_or_refused(name: str, body: dict) -> None:
    read_or_refused(json.dumps({**HEADS[name], **body}), name)


MANY = 20_000
HOSTILE = {
    "brackets": "[" * MANY,
    "objects": '{"a":' * MANY,
    "quotes": '"' * MANY,
    "escapes": '"' + '\\"' * MANY,
    "comments": '{"a":1' + ",/*" * MANY,
    "blanks": " " * MANY,
    "letters": "a" * MANY,
    "dots": "a" + ".a" * MANY + " = 1",
    "keys": "? " * MANY,
    "dashes": "- " * MANY,
    "anchors": "&a " * MANY,
    "number": '{"lockfileVersion": ' + "9" * MANY + "}",
    "toml number": "version = " + "9" * MANY,
    "continued": "a==1 \\\n" * MANY,
    "marker": "a; " + "(" * MANY,
    "semicolons": "[options]\ninstall_requires = " + ";" * MANY,
    "overrides": '{"overrides": {"' + "a>" * MANY + '": "1"}}',
    "path": '{"lockfileVersion": 3, "packages": {"": {}, "'
    + "node_modules/a/" * 2000
    + '": {"dependencies": {"b": "1"}}}}',
    "laughs": "a: &a [b]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_text_is_read_or_refused_in_bounded_time(what: str) -> None:
    began = time.process_time()
    for name in NAMES:
        read_or_refused(HOSTILE[what], name)
    assert time.process_time() - began < 20


def test_a_file_beyond_all_measure_is_not_decoded() -> None:
    with pytest.raises(UndecidedError, match="larger than 20 MB"):
        lockfiles.load("package-lock.json", lambda _: b" " * 20_000_001)
