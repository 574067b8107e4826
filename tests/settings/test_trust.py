"""Trust in a project's policy file: bound to its folder and to what it said, and lost with the first changed byte."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.policy import rule_on
from gatekeeper.settings import trust
from gatekeeper.settings.loosening import offered
from tests.support.policies import CHECKS, Layers, toml, waiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAD = Finding("typosquat", Severity.CRITICAL, Confidence.HIGH, "message", When.INSTALL)
LOOSE = '[rulings]\ntyposquat = "allow"\n'


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Layers]:
    layers = Layers(tmp_path)
    with layers.standing():
        yield layers


def rules(place: Layers, **texts: str | bytes) -> str:
    return rule_on(BAD, place.load(**texts).policy).word


def test_what_is_trusted_is_followed_until_one_byte_changes(place: Layers) -> None:
    assert rules(place, project=LOOSE) == "block"
    trust.trust(place.places["project"])
    assert rules(place) == "allow"
    assert rules(place, project=LOOSE + "\n") == "block"
    changed = place.load()
    assert any(
        "changed since you trusted it on 20" in each and "gatekeeper policy trust" in each for each in changed.remarks
    )
    assert rules(place, project=LOOSE) == "allow"  # what was trusted is trusted when it comes back
    trust.untrust([place.places["project"]])
    assert rules(place) == "block"


def test_the_same_file_in_another_folder_is_another_file(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"])
    there = Layers(place.folder / "there")
    there.folder.mkdir()
    there.write(project=LOOSE)
    assert not trust.is_trusted(there.places["project"])


def test_a_folder_is_the_same_by_whatever_name(place: Layers, monkeypatch: pytest.MonkeyPatch) -> None:
    place.load(project=LOOSE)
    link = place.folder / "link"
    link.symlink_to(place.project)
    monkeypatch.chdir(place.project)
    from pathlib import Path

    trust.trust(Path("gatekeeper.toml"))
    assert trust.is_trusted(link / "gatekeeper.toml")


def test_of_a_pyproject_only_our_own_table_counts(place: Layers) -> None:
    ours = '[tool.gatekeeper.rulings]\ntyposquat = "allow"\n'
    assert rules(place, pyproject=f"[project]\ndependencies = []\n{ours}") == "block"
    trust.trust(place.places["pyproject"])
    assert rules(place) == "allow"
    assert rules(place, pyproject=f'[project]\ndependencies = ["requests"]\n\n{ours}') == "allow"
    assert rules(place, pyproject=f'{ours}release-age = "ask"\n') == "block"


def test_a_date_is_not_a_text_that_looks_like_one(place: Layers) -> None:
    dated = toml({"waiver": [waiver()]}).replace("[[waiver]]", "[[tool.gatekeeper.waiver]]")
    path = place.places["pyproject"]
    texts = dated.encode(), dated.replace("2099-01-01", "'2099-01-01'").encode()
    assert trust.digest_of(path, texts[0]) != trust.digest_of(path, texts[1])


def test_a_trusted_file_brings_no_rules_and_lifts_no_lock(place: Layers) -> None:
    (place.folder / "project").mkdir()
    (place.project / "own.yaml").write_text("rules: []\n", "utf-8")
    text = 'cooldown = "0h"\n[signatures]\nextra = ["own.yaml"]\n'
    place.load(project=text, organisation='lock = ["cooldown"]')
    trust.trust(place.places["project"])
    found = place.load()
    assert (found.policy.signatures, found.policy.cooldown) == ((), 24)
    assert sum("was ignored" in each for each in found.remarks) == 2


def test_a_trusted_file_excuses_opens_and_logs_like_the_person_s_own(place: Layers) -> None:
    text = toml(
        {"preset": "relaxed", "waiver": [waiver()], "hosts": {"package": ["a.example"]}, "audit": {"file": "a"}}
    )
    place.load(project=text)
    trust.trust(place.places["project"])
    policy = place.load().policy
    assert (len(policy.waivers), policy.package_hosts, policy.cooldown) == (1, ("a.example",), 0)
    assert policy.audit == str(place.project / "a")


def test_what_was_shown_is_what_is_trusted(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"], b"[rulings]\n")
    assert not trust.is_trusted(place.places["project"])


def test_only_the_person_may_read_and_write_what_is_trusted(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"])
    assert stat.S_IMODE(trust.trust_file().stat().st_mode) == 0o600 or os.name == "nt"
    assert list(trust.trust_file().parent.glob("*.part")) == []


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"",
            b"{",
            b"[]",
            b"null",
            b"\xff" * 9,
            b"[" * 100000,
            b'{"files": []}',
            b'{"files": {}, "schema": "other/9"}',
        ),
        b'{"schema": "gatekeeper.trust/1"}',
        b'{"schema": "gatekeeper.trust/1", "files": {"x": 1}}',
        b'{"schema": "gatekeeper.trust/1", "files": {"x": {"digest": 1, "on": 2}}}',
    ],
    ids=range(11),
)
def test_a_broken_list_trusts_nobody_and_says_so(place: Layers, content: bytes) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"])
    trust.trust_file().write_bytes(content)
    found = place.load()
    assert rule_on(BAD, found.policy).word == "block"
    assert any("no project is trusted" in each for each in found.remarks)
    place.write(project="")
    assert place.load().remarks == ()  # where no project has a policy, it makes no difference


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_list_that_others_may_write_trusts_nobody(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"])
    trust.trust_file().chmod(0o666)
    assert rules(place) == "block"
    trust.trust_file().chmod(0o600)
    assert rules(place) == "allow"


def test_a_list_that_cannot_be_written_is_told(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust_file().parent.parent.mkdir(exist_ok=True)
    trust.trust_file().parent.write_text("in the way", "utf-8")
    with pytest.raises(UndecidedError, match="cannot be written"):
        trust.trust(place.places["project"])


def test_what_is_not_there_cannot_be_trusted(place: Layers) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        trust.trust(place.places["project"])
    assert not trust.is_trusted(place.places["project"])


def test_every_loosening_key_is_listed_and_no_tightening_one(place: Layers) -> None:
    loose = {
        "cooldown": "12h",
        "cooldown-exempt": ["a*"],
        "rulings": {"typosquat": "note", "release-age": "ask", "ungated-source": "block"},
        "ask": {"typosquat": "allow", "release-age": "refuse"},
        "origins": {"internal": ["acme-*"], "a.example": ["b"]},
        "hosts": {"package": ["a.example"]},
        "feeds": {"ask": "https://feeds.example/osv"},
        "audit": {"file": "x"},
        "waiver": [waiver()],
    }
    place.load(project=toml(loose), person="")
    (file,) = offered(place.project, CHECKS)
    lines = [each.what.partition(" = ")[0] for each in file.loosens]
    assert lines == [
        *("cooldown", "cooldown-exempt", "[rulings] typosquat", "[rulings] release-age", "[ask] typosquat"),
        *("[origins] internal", "[origins] a.example", "[hosts] package", "[feeds] ask", "[audit] file"),
        "[[waiver]] pkg:npm/example@1.2.3",
    ]
    assert all(each.place.startswith(f"{place.places['project']}:") and each.meaning for each in file.loosens)


def test_a_file_that_only_tightens_loosens_nothing(place: Layers) -> None:
    place.load(project='preset = "strict"\n[rulings]\ntyposquat = "block"\n[ask]\nrelease-age = "refuse"\n')
    (file,) = offered(place.project, CHECKS)
    assert file.loosens == ()


def test_shorter_than_the_person_s_own_is_a_loosening_too(place: Layers) -> None:
    place.load(person='preset = "strict"', project='preset = "default"\n')
    (file,) = offered(place.project, CHECKS)
    said = [each.what for each in file.loosens]
    assert said == [
        *("preset", "cooldown = 24h (preset default)", "questions = ask (preset default)"),
        "[hooks] policy = run-judged (preset default)",
    ]
    assert "[rulings] source-build no longer holds" in file.loosens[0].meaning


def test_the_list_is_json_with_a_schema(place: Layers) -> None:
    place.load(project=LOOSE)
    trust.trust(place.places["project"])
    said = json.loads(trust.trust_file().read_bytes())
    assert said["schema"] == "gatekeeper.trust/1"
    assert list(said["files"]) == [str(place.places["project"].resolve())]
