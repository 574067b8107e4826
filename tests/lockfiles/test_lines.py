"""The lines of keys and elements in JSON, TOML and YAML: the parsers do not tell them, so laws say what must hold."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.lockfiles import _json, _toml, _yaml
from gatekeeper.lockfiles._values import Rows, Table
from tests.lockfiles.reading import FILES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WORDS = st.text(alphabet="ab\"\\/{}[]:,#'= \u00e9", max_size=6)
VALUES = st.recursive(
    WORDS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def tables(value: object) -> list[Table]:
    if isinstance(value, Table):
        return [value, *(inner for each in value.values() for inner in tables(each))]
    return [inner for each in value for inner in tables(each)] if isinstance(value, list) else []


@given(st.dictionaries(WORDS, VALUES, max_size=4), st.sampled_from([None, 0, 1, 2]))
def test_json_is_what_json_says_and_each_key_stands_on_its_line(whole: dict, indent: int | None) -> None:
    text = json.dumps(whole, indent=indent)
    lines = text.split("\n")
    read = _json.read(text, "x.json")
    assert read == whole
    for table in tables(read):
        assert table.keys() == table.lines.keys()
        for key, line in table.lines.items():
            assert json.dumps(key) + ":" in lines[line - 1]


@given(st.dictionaries(WORDS, VALUES, max_size=4))
def test_comments_and_trailing_commas_change_nothing(whole: dict) -> None:
    lines = json.dumps(whole, indent=1).split("\n")
    text = "\n".join(f'{line} // {{ " [' for line in lines)
    text = text.replace("\n}", ",\n}" if whole else "\n}", text.count("\n}")) if text.endswith("\n}") else text
    assert _json.read_with_comments('/* a\n" */' + text, "x.json") == whole


@given(st.dictionaries(st.text("ab", min_size=1), st.recursive(st.text("ab: #", min_size=1), lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, min_size=1, max_size=3), max_leaves=8), min_size=1, max_size=4))  # fmt: skip
def test_yaml_is_what_yaml_says_and_each_key_stands_on_its_line(whole: dict) -> None:
    text = yaml.safe_dump(whole)
    lines = text.split("\n")
    read = _yaml.read(text, "x.yaml")
    assert read == whole
    for table in tables(read):
        for key, line in table.lines.items():
            assert f"{key}:" in lines[line - 1]


@pytest.mark.parametrize("path", sorted([*FILES.rglob("*.toml"), *FILES.rglob("u*.lock"), *FILES.rglob("po*.lock"), *FILES.rglob("pdm.lock")]), ids=lambda path: "-".join(path.parts[-2:]))  # fmt: skip
def test_toml_is_what_toml_says_and_each_key_stands_on_its_line(path) -> None:
    text = path.read_text("utf-8")
    lines = text.split("\n")
    read = _toml.read(text, path.name)
    assert read == tomllib.loads(text)
    for table in tables(read):
        for key, line in table.lines.items():
            assert key in lines[line - 1]


TRICKY = '''a.b = 1
"x.y" = [ 1.5, [2, 3], {k.z = "]", q = 2020-01-01T00:00:00Z}, """
]""",
 'e', [
   {deep = 1}, 2]]  # [[no]]
s = """
[[not]]
"""
[t.'u v']
k = """a""""
"quoted [" = 1
[[arr]]
n = 1
[[arr.in]]
[[arr.in]]
m = 'x'
[arr.tab]
z = -1
[[arr]]
n = 2
'''


def test_tricky_toml_has_the_right_lines() -> None:
    read = _toml.read(TRICKY, "x.toml")
    assert read == tomllib.loads(TRICKY)
    assert read.lines == {"a": 1, "x.y": 2, "s": 6, "t": 9, "arr": 12}
    rows = read.rows("x.y")
    assert [rows.place(at).line for at in range(len(rows))] == [2, 2, 2, 2, 4, 4]
    assert rows[5].lines == {0: 5, 1: 5}
    assert rows[5][0].lines == {"deep": 5}
    assert read.table("t").table("u v").lines == {"k": 10, "quoted [": 11}
    first, second = read.tables("arr")
    assert (first.lines, second.lines) == ({"n": 13, "in": 14, "tab": 17}, {"n": 20})
    assert [each.line for each in first.tables("in")] == [14, 15]
    assert isinstance(rows, Rows)
