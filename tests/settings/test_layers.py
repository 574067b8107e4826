"""Whose policy file may do what: the organisation's, the person's own, a project's, the one named with --policy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatekeeper import settings
from gatekeeper.errors import UsageError
from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.policy import rule_on
from gatekeeper.settings import organisation_files, with_cooldown
from tests.support.policies import CHECKS, Layers, toml, waiver

BAD = Finding("typosquat", Severity.CRITICAL, Confidence.HIGH, "message", When.INSTALL)


@pytest.fixture
def place(tmp_path: Path) -> Layers:
    return Layers(tmp_path)


def test_an_organisation_s_file_is_followed_and_the_person_s_own_is_on_top(place: Layers) -> None:
    found = place.load(organisation='cooldown = "3d"\n[rulings]\ntyposquat = "ask"', person='cooldown = "12h"')
    assert (found.policy.cooldown, found.policy.rulings) == (12, {"typosquat": "ask"})
    assert found.remarks == ()
    assert [each.how for each in found.files] == ["the organisation's: followed", "your own: followed"]


def test_the_environment_adds_an_organisation_s_file_and_takes_none_away(place: Layers) -> None:
    found = place.load(
        always='lock = ["cooldown", "waiver"]\ncooldown = "3d"',
        organisation=toml({"cooldown": "0h", "waiver": [waiver()], "rulings": {"typosquat": "note"}}),
    )
    assert (found.policy.cooldown, found.policy.waivers) == (72, ())
    assert found.policy.rulings == {"typosquat": "note"}
    assert sum("is locked by" in remark for remark in found.remarks) == 2


@pytest.mark.skipif(os.name == "nt", reason="a place on Linux")
def test_the_place_of_an_organisation_is_there_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_DIRS", "/one:/two")
    monkeypatch.setattr("sys.platform", "linux")
    folders = ["/etc/xdg/gatekeeper", "/two/gatekeeper", "/one/gatekeeper"]
    assert organisation_files() == [Path(folder, "gatekeeper.toml") for folder in folders]


@pytest.mark.parametrize(
    ("locked", "said", "layer"),
    [
        ("cooldown", 'cooldown = "0h"', "person"),
        ("cooldown", 'cooldown = "0h"', "named"),
        ("cooldown", 'cooldown-exempt = ["*"]', "named"),
        ("cooldown", 'preset = "relaxed"', "named"),
        ("*", 'preset = "relaxed"', "named"),
        ("rulings", '[rulings]\ntyposquat = "note"', "named"),
        ("rulings.typosquat", '[rulings]\ntyposquat = "allow"', "person"),
        ("ask.typosquat", '[ask]\ntyposquat = "allow"', "named"),
        ("ask", '[ask]\ntyposquat = "allow"', "person"),
        ("hooks", '[hooks]\npolicy = "run-judged"', "named"),
        ("questions", 'questions = "ask"', "person"),
        ("origins", '[origins]\ninternal = ["*"]', "named"),
        ("hosts", '[hosts]\npackage = ["a.example"]', "person"),
        ("feeds", '[feeds]\nask = "https://feeds.example"', "named"),
        ("audit", '[audit]\nfile = "elsewhere"', "named"),
        ("waiver", toml({"waiver": [waiver()]}), "person"),
        ("waiver", toml({"waiver": [waiver()]}), "named"),
    ],
)
def test_what_is_locked_is_not_loosened_and_that_is_said(place: Layers, locked: str, said: str, layer: str) -> None:
    organisation = f'lock = ["{locked}"]\nquestions = "refuse"\n[hooks]\npolicy = "waived"\n'
    alone = place.load(organisation=organisation).policy
    found = place.load(**{layer: said})
    if locked == "*" or "preset" not in said:
        assert found.policy == alone
    assert found.policy.cooldown == alone.cooldown
    place_of_lock = f"{place.places['organisation']}:1"
    assert any(str(place.places[layer]) in line and f"locked by {place_of_lock}" in line for line in found.remarks)


def test_what_is_locked_may_become_stricter(place: Layers) -> None:
    found = place.load(
        organisation='lock = ["*"]\ncooldown = "1d"\n[ask]\ntyposquat = "allow"',
        person='cooldown = "2d"\nquestions = "refuse"\n[rulings]\ntyposquat = "block"\n[hooks]\npolicy = "none"',
        named='cooldown = "3d"\n[ask]\ntyposquat = "refuse"',
    )
    policy = found.policy
    assert (policy.cooldown, policy.questions, policy.hooks, policy.ask) == (
        72,
        "refuse",
        "none",
        {"typosquat": "refuse"},
    )
    assert rule_on(Finding("typosquat", Severity.NOTE, Confidence.LOW, "m"), policy).word == "block"
    assert found.remarks == ()


def test_a_locked_cooldown_can_only_be_lengthened_on_the_command_line(place: Layers) -> None:
    found = place.load(organisation='lock = ["cooldown"]\ncooldown = "3d"')
    shorter, longer = with_cooldown(found, "0"), with_cooldown(found, "5d")
    assert (shorter.policy.cooldown, longer.policy.cooldown) == (72, 120)
    assert "--cooldown 0 was ignored, because cooldown is locked by" in shorter.remarks[-1]
    assert with_cooldown(place.load(organisation='cooldown = "3d"'), "0").policy.cooldown == 0


@pytest.mark.parametrize("layer", ["person", "project", "named"])
def test_only_an_organisation_may_lock(place: Layers, layer: str) -> None:
    with pytest.raises(UsageError, match=r":2: only an organisation's policy file may lock keys"):
        place.load(**{layer: '\nlock = ["cooldown"]'})


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        ('lock = ["coldown"]', ":1: unknown key to lock: `coldown`", "did you mean `cooldown`?"),
        ('lock = ["rulings.typosqat"]', "unknown check in lock `rulings.typosqat`: `typosqat`", "`typosquat`"),
        ('lock = ["hosts.package"]', "unknown key to lock: `hosts.package`", None),
        ('lock = "cooldown"', ":1: lock must be a list of texts", None),
        ("lock = [1]", ":1: lock must be a list of texts", None),
    ],
)
def test_a_mistake_about_locks_is_told(place: Layers, said: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as told:
        place.load(organisation=said)
    assert message in told.value.message
    assert hint is None or hint in (told.value.hint or "")


def test_the_named_file_alone_decides_waivers(place: Layers) -> None:
    own, named = toml({"waiver": [waiver()]}), toml({"waiver": [waiver("decode-then-exec")]})
    expired = toml({"waiver": [waiver()]}).replace("2099", "2001")
    assert [each.check for each in place.load(person=own).policy.waivers] == ["typosquat"]
    assert [each.check for each in place.load(named=named).policy.waivers] == ["decode-then-exec"]
    found = place.load(organisation=own, person=expired, named="[rulings]\n")
    assert (found.policy.waivers, found.remarks) == ((), ())


def test_only_the_organisation_s_waivers_count_where_it_locked_them(place: Layers) -> None:
    organisation = toml({"lock": ["waiver"], "waiver": [waiver()]})
    own = toml({"waiver": [waiver(), waiver("decode-then-exec")]})
    for layer in ("person", "named"):
        found = place.load(**{"person": "", "named": "", "organisation": organisation, layer: own})
        assert [each.check for each in found.policy.waivers] == ["typosquat"]
        assert len(found.remarks) == 1  # the one that is the organisation's already is no loosening


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbf[rulings]\n", ":1: begins with a byte order mark"),
        (b'[rulings]\n\ntyposquat = "\xff"\n', ":3: the policy cannot be read: it is not UTF-8"),
        (b"cooldown = '1d'\rcooldown-exempt = ['*']", ":1: not valid TOML"),
        (b"cooldown = '1d'\ncooldown = '2d'", ":2: not valid TOML: Cannot overwrite a value"),
        (b"[rulings]\n[rulings]", ":2: not valid TOML"),
        (b"a = " + b"[" * 9000, "nested too deeply"),
        (b"cooldown = '1d", ":1: not valid TOML"),
        (b"x = 9999-99-99", "not valid TOML"),
        (b"#" * (5 << 20), "larger than 4 MiB"),
        (b"preset = 'strct'", ":1: unknown word for preset: `strct`"),
        (b"questions = true", ":1: unknown word for questions: `True`"),
        (b"[audit]\nfile = ''", ":2: [audit] file must be the name of a file"),
        (b"[audit]\nfile = 3", ":2: [audit] file must be the name of a file"),
        (b"[audit]\npath = 'x'", ":2: unknown key `path`"),
        (b'[signatures]\nextra = ["a\\u0000"]', ":2: [signatures] extra must name files or folders"),
    ],
)
@pytest.mark.parametrize("layer", ["organisation", "person", "project", "named"])
def test_what_cannot_be_read_is_an_error_with_its_line_in_every_layer(
    place: Layers, layer: str, content: bytes, message: str
) -> None:
    with pytest.raises(UsageError) as told:
        place.load(**{layer: content})
    assert message in told.value.message
    assert str(place.places[layer]) in told.value.message


def test_lines_may_end_as_they_do_on_windows(place: Layers) -> None:
    assert place.load(person=b'[rulings]\r\ntyposquat = "block"\r\n').policy.rulings == {"typosquat": "block"}
    with pytest.raises(UsageError, match=r"gatekeeper\.toml:2: unknown check"):
        place.load(person=b'[rulings]\r\ntyposqat = "block"\r\n')


@pytest.mark.skipif(os.name == "nt", reason="no such files there")
def test_a_pipe_in_a_project_is_not_waited_for_but_may_be_named(place: Layers, tmp_path: Path) -> None:
    place.load()
    os.mkfifo(place.places["project"])
    with pytest.raises(UsageError, match="it is no file"):
        place.load()
    place.places["project"].unlink()
    reading, writing = os.pipe()
    os.write(writing, b'cooldown = "2d"')
    os.close(writing)
    with place.standing():
        assert settings.load(place.project, Path(f"/dev/fd/{reading}"), CHECKS).policy.cooldown == 48
    os.close(reading)


def test_the_log_of_decisions_is_named_beside_the_file_that_names_it(place: Layers) -> None:
    said = '[audit]\nfile = "log/audit.jsonl"'
    found = place.load(person=said)
    assert found.policy.audit == str(place.places["person"].parent / "log" / "audit.jsonl")
    theirs = place.load(person="", project=said)
    assert theirs.policy.audit is None
    assert "[audit] file was ignored" in theirs.remarks[0]


def test_a_line_is_found_whatever_the_key_looks_like(place: Layers) -> None:
    text = '[origins]\n"a.example/b.c" = ["x"]\n\'d\' = ["y"]\n  internal=["z"]\n'
    found = place.load(project=text)
    assert [remark.split(": ")[0].rpartition(":")[2] for remark in found.remarks] == ["2", "3", "4"]


def test_what_says_nothing_new_is_not_called_ignored(place: Layers) -> None:
    text = toml({"rulings": {"typosquat": "note"}, "hosts": {"package": ["a.example"]}, "cooldown-exempt": ["a"]})
    assert place.load(person=text, project=text).remarks == ()


def test_a_stranger_s_file_does_not_fill_the_report(place: Layers) -> None:
    found = place.load(project=toml({"origins": {f"index-{number}": ["x"] for number in range(5000)}}))
    assert len(found.remarks) == 101
    assert "4900 more keys and waivers were ignored" in found.remarks[-1]


def test_a_project_as_it_was_at_the_base_is_followed_but_brings_no_rules(place: Layers) -> None:
    place.load(organisation='lock = ["cooldown"]', person=toml({"waiver": [waiver()]}), project="[rulings]\n")
    before = b'cooldown = "0h"\n[rulings]\ntyposquat = "note"\n[signatures]\nextra = ["rules"]\n'
    with place.standing():
        read = {place.places["project"]: before}.get
        policy = settings.load(place.project, None, CHECKS, base=read).policy
        alone = settings.load(place.project, place.places["project"], CHECKS, base=lambda _: b"[rulings]\n").policy
    assert (policy.cooldown, policy.rulings, policy.signatures) == (24, {"typosquat": "note"}, ())
    assert (len(policy.waivers), alone.waivers) == (1, ())
