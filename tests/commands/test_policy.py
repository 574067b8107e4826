"""`gatekeeper policy`: what holds and where it comes from, and trusting a project's file as a person does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from gatekeeper.cli import run
from gatekeeper.cli.side import gatekeeper
from gatekeeper.settings import trust
from tests.support.policies import Layers, toml, waiver
from tests.support.repository import commit, git

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).parent / "gatekeeper"
HOSTILE = '[rulings]\ntyposquat = "allow"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Layers]:
    layers = Layers(tmp_path)
    layers.project.mkdir()
    monkeypatch.chdir(layers.project)
    with layers.standing():
        yield layers


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]):
    """Run `gatekeeper policy ...` and return what it printed: `told("show", expect=0)`."""

    def telling(*words: str, expect: int = 0) -> str:
        code = run(gatekeeper, "gatekeeper", ["policy", *words])
        printed = capsys.readouterr()
        assert code == expect, printed
        return printed.out if expect == 0 else printed.out + printed.err

    return telling


def test_each_value_says_where_it_comes_from(place: Layers, told) -> None:
    place.write(
        organisation='lock = ["cooldown"]\npreset = "strict"\n',
        person='[hosts]\npackage = ["a.example"]\n',
        project='cooldown = "0h"\n[rulings]\ntyposquat = "block"\n',
    )
    shown = told("show")
    lines = dict(line.split("  # ") for line in shown.splitlines() if "  # " in line)
    places = place.places
    assert (
        lines['cooldown = "168h"']
        == f"preset strict at {places['organisation']}:2, locked by {places['organisation']}:1"
    )
    assert lines['package = ["a.example"]'] == f"{places['person']}:2"
    assert lines['typosquat = "block"'] == f"{places['project']}:3"
    assert f"# read: {places['project']}, the project's: may only tighten" in shown
    assert f"# note: {places['project']}:1: cooldown was ignored, because it is locked by" in shown
    assert tomllib.loads(shown)["hooks"] == {"policy": "waived"}


def test_without_any_file_all_is_default(place: Layers, told) -> None:
    shown = told("show")
    plain = {"preset": "default", "cooldown": "24h", "questions": "ask"}
    assert tomllib.loads(shown) == {**plain, "hooks": {"policy": "run-judged"}}
    assert shown.count("# default") == 3


def test_waivers_are_shown_whole_and_expired_ones_named(place: Layers, told) -> None:
    texts = toml({"waiver": [{**waiver(), "hosts": ["a.example"]}]}) + toml({"waiver": [waiver()]}).replace(
        "2099", "2001"
    )
    place.write(named=texts)
    shown = told("show", "--policy", str(place.places["named"]))
    (only,) = tomllib.loads(shown)["waiver"]
    assert (only["hosts"], only["expires"].isoformat()) == (["a.example"], "2099-01-01")
    assert "is expired since 2001-01-01" in shown


def test_credentials_are_not_shown(place: Layers, told) -> None:
    address = "https://sam:hunter2@feeds.example/osv?key=hunter2"
    place.write(person=toml({"feeds": {"ask": address, "digests": {address: "a" * 64}}}))
    for layout in ("text", "json"):
        shown = told("show", "--format", layout)
        assert "hunter2" not in shown
        assert "feeds.example" in shown
    assert "hunter2" not in told("trust", expect=2)
    place.write(person="", project=toml({"feeds": {"ask": address}}))
    assert "hunter2" not in told("trust", expect=11)


def test_odd_text_is_escaped_and_comes_back_as_it_was(place: Layers, told) -> None:
    index = 'a"b\\c\x1b[31m\u202e\x7f\U000e0041'
    place.write(person=toml({"origins": {index: ["\x07x"]}}))
    shown = told("show")
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert tomllib.loads(shown)["origins"] == {index: ["\x07x"]}


def test_programs_get_json(place: Layers, told) -> None:
    place.write(person=toml({"waiver": [waiver()], "rulings": {"typosquat": "ask"}}), project=HOSTILE)
    report = json.loads(told("show", "--format", "json"))
    assert report["schema"] == "gatekeeper.policy/1"
    assert {"key": "rulings.typosquat", "value": "ask", "from": f"{place.places['person']}:3"} in report["values"]
    assert [each["how"] for each in report["files"]] == ["your own: followed", "the project's: may only tighten"]
    assert report["waivers"][0]["expires"] == "2099-01-01"
    assert "was ignored" in report["remarks"][0]


def test_the_policy_of_a_base_is_shown(place: Layers, told) -> None:
    git(place, "init", "-q")
    place.write(project=HOSTILE)
    commit(place)
    place.write(project='[rulings]\ntyposquat = "note"\n')
    shown = told("show", "--base", "HEAD")
    assert 'typosquat = "allow"' in shown
    assert "is proposed, not followed" in shown


def test_a_mistake_ends_in_2_with_its_line(place: Layers, told) -> None:
    place.write(project="[rulings]\ntyposqat = 'ask'\n")
    assert "gatekeeper.toml:2: unknown check `typosqat`" in told("show", expect=2)
    assert "gatekeeper.toml:2: unknown check `typosqat`" in told("trust", "--yes", expect=2)


def test_where_nobody_is_there_nothing_is_trusted(place: Layers, told) -> None:
    place.write(project=HOSTILE)
    said = told("trust", expect=11)
    assert "gatekeeper.toml:2: [rulings] typosquat = allow" in said
    assert "nobody was there to ask" in said
    assert not trust.is_trusted(place.places["project"])


def test_trust_can_be_given_beforehand_listed_and_taken_back(place: Layers, told) -> None:
    place.write(project=HOSTILE)
    assert "trusted: gatekeeper.toml, until it changes" in told("trust", "--yes")
    assert "is trusted already" in told("trust")
    assert "trusted on 20" in told("trust", "--list")
    place.write(project=HOSTILE + "\n")
    assert "it has changed since" in told("trust", "--list")
    place.write(project="")
    assert "it is gone" in told("trust", "--list")
    assert "no longer trusted: gatekeeper.toml" in told("untrust")
    assert "was trusted" in told("untrust", str(place.project))
    assert told("trust", "--list") == "no project is trusted\n"


def test_there_is_nothing_to_trust_in_what_only_tightens_or_is_not_there(place: Layers, told) -> None:
    assert "holds no policy" in told("trust", "--yes", expect=2)
    place.write(project='preset = "strict"\n')
    assert "only tightens" in told("trust", "--yes")
    assert not trust.is_trusted(place.places["project"])


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 10)])
def test_a_person_sees_what_is_loosened_and_is_asked(place: Layers, answer: str, code: int) -> None:
    place.write(project='[origins]\n"evil\\u001b[2K" = ["*"]\n')
    child = pexpect.spawn(str(PROGRAM), ["policy", "trust"], encoding="utf-8", timeout=30, cwd=str(place.project))
    child.expect_exact("follow this one key from now on, until the file changes? [y/N]")
    assert "gatekeeper.toml:2: [origins] evil\\x1b[2K = *" in child.before
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert trust.is_trusted(place.places["project"]) is (code == 0)


def test_every_pattern_is_shown_whole_and_what_nobody_can_look_at_is_not_trusted(
    place: Layers, told, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [*(f"honest-package-number-{number}" for number in range(40)), "[!zz://]?*", "*"]
    place.write(project=toml({"origins": {"internal": names}}))
    assert ", ".join(names) in told("trust", "--yes")
    place.write(project=toml({"hosts": {"package": [f"h{number}.example" for number in range(500)]}}))
    assert run(gatekeeper, "gatekeeper", ["policy", "trust", "--yes"]) == 2
    assert "more than anybody can look at" in capsys.readouterr().err
    assert not trust.is_trusted(place.places["project"])


def test_help_says_what_there_is() -> None:
    done = subprocess.run([PROGRAM, "policy", "--help"], capture_output=True, text=True, check=True, timeout=30)
    assert all(word in done.stdout for word in ("show", "trust", "untrust"))
