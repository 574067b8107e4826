"""The page of threats tells the truth: its checks and tests are there, run, and leave no check out."""

from __future__ import annotations

import importlib
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.checks import all_checks
from tests.support.coverage import PAGE, Row, page, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COVERAGE = read()
PASSED_OVER = {"skip", "xfail"}


def test_the_page_is_the_generated_one() -> None:
    assert PAGE.read_text("utf-8") == page(COVERAGE), "run `python tasks.py coverage`"


def test_each_row_stands_once_and_in_a_section() -> None:
    names = [row.id for row in COVERAGE.rows]
    assert [name for name in names if names.count(name) > 1] == []
    assert {row.section for row in COVERAGE.rows} == set(COVERAGE.sections)


def test_every_check_answers_a_threat_and_no_other_is_named() -> None:
    named = {check for row in COVERAGE.rows for check in row.checks}
    assert named == set(all_checks())


@pytest.mark.parametrize("row", COVERAGE.rows, ids=lambda row: row.id)
def test_a_row_is_proved_or_a_named_gap(row: Row) -> None:
    assert bool(row.gap) != bool(row.proofs), row.id
    assert bool(row.gap) != bool(row.ends), row.id
    for test in row.tests:
        for case in cases_of(COVERAGE.node(test)):
            assert not (case & PASSED_OVER), f"{test} does not run"
            assert row.needs or "skipif" not in case, f"{test} does not run everywhere, and the row does not say so"


def test_every_file_that_is_named_is_used() -> None:
    used = {test.partition("::")[0] for row in COVERAGE.rows for test in row.tests}
    assert used == set(COVERAGE.files)


def test_a_test_that_is_not_there_would_be_seen() -> None:
    for missing in ("test_nothing_of_the_kind", "test_the_page_is_the_generated_one[no such case]"):
        with pytest.raises((AttributeError, AssertionError)):
            cases_of(f"tests/test_threat_coverage.py::{missing}")


# --- what pytest would collect, without collecting it ---------------------------------------------------------------


def cases_of(node: str) -> list[set[str]]:
    """The marks of each case that a node id means; raise when there is none."""
    file, _, inside = node.partition("::")
    path, bracket, wanted = inside.partition("[")
    cases = collected(file, path)
    found = [marks for name, marks in cases.items() if not bracket or name == wanted.removesuffix("]")]
    assert found, f"{node}: there are only {sorted(cases)}"
    return found


@cache
def collected(file: str, path: str) -> dict[str, set[str]]:
    """The cases of one test, by what stands in their brackets, and the marks of each."""
    found: Any = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    marks: list[Any] = list(_marks(found))
    for name in path.split("::"):
        found = getattr(found, name)
        marks += _marks(found)
    common = {mark.name for mark in marks if mark.name != "parametrize"}
    tables = [list(_parameters(mark)) for mark in marks if mark.name == "parametrize"]
    return {"-".join(name for name, _ in row): common.union(*(marks for _, marks in row)) for row in product(*tables)}


def _marks(thing: object) -> list[Any]:
    own = getattr(thing, "pytestmark", [])
    return own if isinstance(own, list) else [own]


def _parameters(mark: Any) -> Iterator[tuple[str, set[str]]]:
    names, values = mark.args[0], list(mark.args[1])
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    ids = mark.kwargs.get("ids")
    for number, value in enumerate(values):
        is_set = hasattr(value, "marks") and hasattr(value, "values")
        inner = value.values if is_set else (value if len(names) > 1 else (value,))
        given = value.id if is_set else None
        if given is None and isinstance(ids, (list, tuple)):
            given = ids[number]
        name = given or "-".join(_named(ids, name, one, number) for name, one in zip(names, inner, strict=False))
        yield str(name), {each.name for each in value.marks} if is_set else set()


def _named(ids: Callable[[object], object] | None, argument: str, value: object, number: int) -> str:
    said = ids(value) if callable(ids) else None
    if said is not None:
        return str(said)
    return str(value) if isinstance(value, (str, int, float, bool)) else f"{argument}{number}"
