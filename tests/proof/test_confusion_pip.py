"""Dependency confusion with real pips: a private name never comes from outside, and no name leaks there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.proof import ways_to_confuse
from tests.proof.stage import Proof, Stage, on_clients
from tests.proof.ways_to_confuse import NAME, both, outsider, public_first
from tests.support.clients import NEWEST
from tests.support.ground import ALLOWED, BLOCKED, UNANSWERED, MakeGround
from tests.support.index import Index, Style, running
from tests.support.own_defaults import point_pip_at
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    from tests.support.ground import Done

WAYS = ways_to_confuse.WAYS


@pytest.fixture
def client() -> str:
    return NEWEST


@pytest.fixture
def stage(make_ground: MakeGround, index: Index, other_index: Index, client: str) -> Stage:
    """The private index is `index`; `other` is what pip asks when nobody configures anything."""
    ground = make_ground(client)
    point_pip_at(ground, f"{other_index.base}/", f"127.0.0.1:{other_index.port}")
    return Stage(ground, index, other_index)


def import_it(stage: Stage) -> None:
    stage.ground.start_python(f"import {NAME.replace('-', '_')}")


def frozen(stage: Stage) -> str:
    return stage.ground.bare_pip("freeze").out


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS, controls=True))
def test_bare_pip_takes_it_from_outside(stage: Stage, way: Proof) -> None:
    """The control: each way is a real one."""
    words = way.lay(stage)
    stage.ground.bare_pip("install", *words)
    import_it(stage)
    assert stage.marker.exists()


@pytest.mark.parametrize(("client", "way"), on_clients(WAYS))
def test_the_gate_takes_it_from_its_owner_or_not_at_all(stage: Stage, way: Proof) -> None:
    words = way.lay(stage)
    before = stage.ground.snapshot()
    done = stage.ground.safe_install(*words, expect=way.refused_with)
    if way.refused_with == ALLOWED:
        assert f"{NAME}==1." in frozen(stage), done.text
    else:
        stage.ground.assert_unchanged_since(before)
    import_it(stage)
    assert not stage.marker.exists(), done.text


# --- what is said ---------------------------------------------------------------------------------------------------


def findings(done: Done, check: str) -> list[dict[str, object]]:
    return [one for release in done.report["releases"] for one in release["findings"] if one["check"] == check]


def test_it_is_said_once_who_owns_a_name_and_what_bare_pip_would_have_taken(stage: Stage) -> None:
    both(stage)
    words = ("--extra-index-url", stage.index.url, NAME)
    done = stage.ground.safe_install(*words, ours=("--format", "json"))
    said = [each for each in done.report["remarks"] if NAME in each]
    assert len(said) == 1, said
    assert f"taken from {stage.index.url}" in said[0]
    assert "would take 99.0 from" in said[0]
    assert len(findings(done, "two-indexes")) == 1


@pytest.mark.matrix
def test_mirrors_are_not_worth_a_word(stage: Stage) -> None:
    for served in (stage.index, stage.other):
        served.add(wheel(NAME, "1.0"), wheel(NAME, "1.1"))
    done = stage.ground.safe_install("--extra-index-url", stage.index.url, NAME, ours=("--format", "json"))
    assert not [each for each in done.report["remarks"] if NAME in each]
    assert all(release["findings"] == [] for release in done.report["releases"])


@pytest.mark.matrix
def test_a_private_name_that_is_free_outside_is_a_note(stage: Stage) -> None:
    stage.index.add(wheel(NAME))
    done = stage.ground.safe_install("--extra-index-url", stage.index.url, NAME, ours=("--format", "json"))
    assert [one["severity"] for one in findings(done, "unclaimed-name")] == ["note"]


@pytest.mark.matrix
def test_a_name_that_a_later_index_had_first_is_a_question(stage: Stage) -> None:
    stage.index.add(wheel(NAME, "1.0"), uploaded="2020-05-01T00:00:00.000000Z")
    stage.other.add(outsider(stage, "1.1"), uploaded="2024-05-01T00:00:00.000000Z")
    done = stage.ground.safe_install(*public_first(stage), NAME, expect=UNANSWERED)
    assert "had this name before its owner" in done.err, done.text


def test_a_project_that_names_an_index_which_pip_does_not_use_is_asked_about(stage: Stage) -> None:
    stage.other.add(outsider(stage, "1.0"))
    stage.ground.write(
        "pyproject.toml",
        f'[tool.poetry.dependencies]\n{NAME} = {{ version = "*", source = "corp" }}\n'
        '[[tool.poetry.source]]\nname = "corp"\nurl = "https://ada:hunter22@index.corp.example/simple/"\n',
    )
    done = stage.ground.safe_install(NAME, expect=UNANSWERED)
    assert "belongs to the index corp, which pip does not use" in done.err
    assert "https://index.corp.example/simple/" in done.err
    assert "hunter22" not in done.err


def test_a_broken_project_file_is_said_and_stops_nothing(stage: Stage) -> None:
    stage.other.add(wheel(NAME))
    stage.ground.write("pyproject.toml", "[tool.uv.sources]\nacme = {\n")
    stage.ground.write("Pipfile", "[[source]\n")
    done = stage.ground.safe_install(NAME)
    assert "pyproject.toml" in done.err
    assert "Pipfile:1" in done.err


# --- who hears of a name --------------------------------------------------------------------------------------------


def asked_about(index: Index, name: str) -> list[str]:
    return [path for path in index.paths() if name in path]


def test_an_internal_name_is_asked_of_nobody_outside(stage: Stage) -> None:
    stage.index.add(wheel(NAME, "1.0"), wheel("acme-app", about=About(requires=(NAME, "quietharbour"))))
    stage.other.add(outsider(stage), wheel("quietharbour"))
    policy = stage.ground.write("rules/gatekeeper.toml", '[origins]\ninternal = ["Acme_*"]\n')
    words = ("--extra-index-url", stage.index.url, "acme-app")
    stage.ground.safe_install(*words, ours=("--policy", str(policy)))
    assert f"{NAME}==1.0" in frozen(stage)
    assert asked_about(stage.other, "acme") == []
    assert asked_about(stage.other, "quietharbour")


@pytest.mark.parametrize(
    "typed", [pytest.param(True, id="typed", marks=pytest.mark.matrix), pytest.param(False, id="required")]
)
def test_an_internal_name_without_an_index_inside_is_refused_and_not_asked_for(stage: Stage, typed: bool) -> None:
    stage.other.add(outsider(stage), wheel("quietharbour", about=About(requires=(NAME,))))
    policy = stage.ground.write("rules/gatekeeper.toml", '[origins]\ninternal = ["acme-*"]\n')
    words = (NAME if typed else "quietharbour",)
    done = stage.ground.safe_install(*words, ours=("--policy", str(policy)), expect=BLOCKED)
    assert "internal-name" in done.err, done.text
    assert asked_about(stage.other, "acme") == []


def test_an_internal_name_at_an_address_outside_is_refused(stage: Stage) -> None:
    hostile = outsider(stage)
    stage.other.add(hostile)
    policy = stage.ground.write("rules/gatekeeper.toml", '[origins]\ninternal = ["acme-*"]\n')
    words = (f"{NAME} @ {stage.other.file_url(hostile)}",)
    stage.ground.safe_install(*words, ours=("--policy", str(policy)), expect=BLOCKED)


def test_no_index_is_asked_for_a_name_that_bare_pip_would_not_ask_it_for(stage: Stage) -> None:
    """Nor more often: the gate asks each index for a page as often as pip does, or less."""
    stage.index.add(
        wheel("acme-app", about=About(requires=(NAME, "quietharbour>=1"))),
        wheel(NAME, about=About(requires=("oldlantern",))),
    )
    stage.other.add(wheel("quietharbour"), wheel("quietharbour", "2.0"), wheel("oldlantern"))
    words = ("--extra-index-url", stage.index.url, "acme-app")
    counted = {}
    for how in (stage.ground.bare_pip, stage.ground.safe_install):
        for served in (stage.index, stage.other):
            served.asked.clear()
        how(*(("install",) if how == stage.ground.bare_pip else ()), *words)
        counted[how.__name__] = [Counter(served.paths()) for served in (stage.index, stage.other)]
        stage.ground.bare_pip("uninstall", "-y", "acme-app", NAME, "quietharbour", "oldlantern")
    for bare, gated in zip(counted["bare_pip"], counted["safe_install"], strict=True):
        assert gated <= bare, gated - bare


@pytest.mark.parametrize(
    "style",
    [
        pytest.param(Style(json=False), id="html", marks=pytest.mark.matrix),
        pytest.param(Style(times=False, hashes=False), id="bare"),
    ],
)
def test_it_works_through_indexes_that_say_little(stage: Stage, style: Style) -> None:
    stage.index.style = stage.other.style = style
    both(stage)
    stage.ground.safe_install("--extra-index-url", stage.index.url, NAME)
    assert f"{NAME}==1.0" in frozen(stage)


# --- addresses ------------------------------------------------------------------------------------------------------


def test_a_lookalike_of_pips_own_index_is_refused_before_it_is_asked(make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    point_pip_at(ground, "https://index.example/", "files.example")
    index.add(wheel("mossgarden"))
    words = ("--extra-index-url", "https://indexx.example/simple", "mossgarden")
    done = ground.safe_install(*words, expect=BLOCKED)
    assert "lookalike-host" in done.err, done.text
    assert index.asked == []


def test_a_password_in_a_requirements_file_is_a_note_without_it(make_ground: MakeGround) -> None:
    with running(Index(user="ada", password="s3cret-lovelace")) as private:
        private.add(wheel("mossgarden"))
        ground = make_ground(NEWEST)
        ground.write("requirements.txt", f"# ours\n--index-url {private.url_with_password}\nmossgarden\n")
        done = ground.safe_install("-r", "requirements.txt")
        assert "requirements.txt:2 holds a password" in done.err
        assert "s3cret" not in done.out + done.err


def test_a_page_that_links_to_another_host_asks_unless_it_says_which_bytes(stage: Stage) -> None:
    elsewhere = wheel("mossgarden")
    stage.other.add(elsewhere)
    stage.index.add(elsewhere, url=stage.other.file_url(elsewhere).replace("127.0.0.1", "localhost"))
    words = ("--index-url", stage.index.url, "mossgarden")
    done = stage.ground.safe_install("--dry-run", *words, ours=("--format", "json"))
    assert [one["severity"] for one in findings(done, "foreign-host")] == ["note"], done.text
    stage.index.style = Style(hashes=False)
    done = stage.ground.safe_install(*words, expect=UNANSWERED)
    assert "foreign-host" in done.err, done.text
