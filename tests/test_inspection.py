"""Inspection: from an artifact to a verdict, whatever the artifact is."""

from __future__ import annotations

import re
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gatekeeper import inspection
from gatekeeper.inspection import Inspector, core_metadata_of
from gatekeeper.model import Finding, Known, Notice, Outcome, Place, Release, Ruling, Unknown
from gatekeeper.policy import Policy
from gatekeeper.reports import text
from tests.artifacts.building import tar_bytes, tar_member
from tests.support.judging import checks_of, explained, judged
from tests.support.packages import Built, module, sdist, wheel
from tests.support.stores import Memory

if TYPE_CHECKING:
    from pathlib import Path

EVIL = {"acme_thing/__init__.py": "import socket\nsocket.socket().connect(('192.0.2.1', 4444))\n"}
THING = Release("pypi", "acme-thing", "1.0")


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


EVIL_SETUP = {"setup.py": "import os\nos.system('cmd.exe /c whoami')\n", **module("acme-thing")}


def test_the_same_bytes_are_judged_anew_under_a_name_that_makes_them_something_else(tmp_path: Path) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    as_wheel = wheel("acme-thing", files=EVIL_SETUP)
    as_sdist = replace(as_wheel, filename="acme-thing-1.0.zip")
    assert judge(inspector, as_wheel, tmp_path).ruling is Ruling.ASK
    second = judge(inspector, as_sdist, tmp_path)
    assert (second.ruling, second.recalled) == (Ruling.BLOCK, False)
    assert judge(inspector, as_sdist, tmp_path).recalled
    assert judge(inspector, as_wheel, tmp_path).ruling is Ruling.ASK


def test_the_same_wheel_under_another_tag_is_recalled(tmp_path: Path) -> None:
    inspector = Inspector(Policy(), Memory())
    built = wheel("acme-thing")
    judge(inspector, built, tmp_path)
    assert judge(inspector, replace(built, filename="acme_thing-1.0-py2.py3-none-any.whl"), tmp_path).recalled


def test_a_tgz_of_the_python_ecosystem_is_an_sdist_whatever_it_holds(tmp_path: Path) -> None:
    files = {"package.json": "{}", "src/run.py": "", **module("acme-thing")}
    honest = sdist("acme-thing", files=files, suffix=".tgz", static=None)
    assert judged(honest, tmp_path).ruling is Ruling.ALLOW
    evil = {**files, "acme_thing/__init__.py": EVIL["acme_thing/__init__.py"]}
    assert judged(sdist("acme-thing", files=evil, suffix=".tgz", static=None), tmp_path).ruling is Ruling.BLOCK
    built = sdist("acme-thing", files={**EVIL_SETUP, "package.json": "{}"}, suffix=".tgz")
    assert judged(built, tmp_path).ruling is Ruling.BLOCK
    assert core_metadata_of(built.write(tmp_path), built.filename) == Known(built.metadata)


@pytest.mark.parametrize("ending", ["WHL", "Whl", "whL"])
def test_a_wheel_to_some_clients_and_an_sdist_to_others_is_refused(tmp_path: Path, ending: str) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    built = wheel("acme-thing")
    assert judge(inspector, built, tmp_path).ruling is Ruling.ALLOW
    verdict = judge(inspector, replace(built, filename=built.filename[:-3] + ending), tmp_path)
    assert verdict.ruling is Ruling.ERROR
    assert f"its name ends in '.{ending}'" in (verdict.error or "")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize(("body", "ruling"), [("os.system('cmd.exe /c whoami')", "block"), ("os.getcwd()", "allow")])
def test_a_setup_that_is_a_link_runs_what_it_leads_to(tmp_path: Path, kind: bytes, body: str, ruling: str) -> None:
    code = f"import os\n{body}\nfrom setuptools import setup\nsetup()\n".encode()
    target = "docs/real.txt" if kind == tarfile.SYMTYPE else "pkg-1.0/docs/real.txt"
    members = (
        (tar_member("pkg-1.0/docs/real.txt", code), code),
        (tar_member("pkg-1.0/setup.py", kind=kind, link=target), b""),
    )
    content = tar_bytes(*members)
    built = Built("pkg", "1.0", "pkg-1.0.tar.gz", content, b"")
    verdict = judged(built, tmp_path)
    assert verdict.ruling.word == ruling, explained(verdict)


def test_a_cache_in_an_sdist_is_no_question_because_no_build_looks_there(tmp_path: Path) -> None:
    unchecked = b"\xcb\r\r\n\1\0\0\0"  # valid whatever its source says
    files = {**module("acme-thing"), "acme_thing/b.py": "", "acme_thing/__pycache__/b.cpython-312.pyc": unchecked}
    assert judged(sdist("acme-thing", files={**files, "setup.py": ""}), tmp_path).ruling is Ruling.ALLOW
    assert judged(wheel("acme-thing", files=files), tmp_path).ruling is Ruling.ASK


@pytest.mark.parametrize("path", ["acme_thing/hidden.pyc", "acme_thing/a.pyo", "A.PYC"])
def test_compiled_python_in_a_package_is_a_question(tmp_path: Path, path: str) -> None:
    files = {**module("acme-thing"), path: b"\xcb\r\r\n\0\0\0\0"}
    for built in (wheel("acme-thing", files=files), sdist("acme-thing", files={**files, "setup.py": ""})):
        verdict = judged(built, tmp_path)
        assert verdict.ruling is Ruling.ASK, explained(verdict)
        assert [(one.check, one.file) for one in verdict.findings if one.severity] == [("not-fully-read", path)]


def test_much_compiled_python_is_named_in_part(tmp_path: Path) -> None:
    files = {**module("acme-thing"), **{f"acme_thing/a{number}.pyc": b"" for number in range(100)}}
    assert len(judged(wheel("acme-thing", files=files), tmp_path).findings) == 20


def test_a_file_that_only_sounds_like_compiled_python_is_no_question(tmp_path: Path) -> None:
    files = {**module("acme-thing"), "acme_thing/a.pyc.txt": "", "acme_thing/pyc": "", "acme_thing/b.pyi": ""}
    assert judged(wheel("acme-thing", files=files), tmp_path).findings == ()


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


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A person's own honest project, with other folders beside it."""
    folder = tmp_path / "project"
    for name in ("project/acme", "project/tests", "beside/python/deep", "beside/pictures"):
        (tmp_path / name).mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'acme'\n", "utf-8")
    (folder / "acme" / "__init__.py").write_text("VERSION = '1'\n", "utf-8")
    (tmp_path / "beside" / "python" / "deep" / "build.py").write_text("import os\n", "utf-8")
    (tmp_path / "beside" / "pictures" / "a.png").write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("setup.py", "../beside/python/deep/build.py"),
        ("setup.cfg", "../beside/pictures/a.png"),
        ("acme/more.py", "../../beside/python/deep/build.py"),
        ("backend", "../beside/python"),
    ],
)
def test_code_behind_a_link_out_of_a_folder_is_a_question(project: Path, link: str, target: str) -> None:
    (project / link).symlink_to(target)
    verdict = Inspector(Policy()).judge_folder(project)
    assert verdict.ruling is Ruling.ASK, explained(verdict)
    assert [(one.check, one.file) for one in verdict.findings] == [("not-fully-read", link)]


def test_a_link_from_a_folder_to_what_is_skipped_in_it_is_a_question(project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".git" / "evil.py").write_text("import os\n", "utf-8")
    (project / "setup.py").symlink_to(".git/evil.py")
    assert Inspector(Policy()).judge_folder(project).ruling is Ruling.ASK


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("LICENSE", "../beside/pictures/a.png"),
        ("pictures", "../beside/pictures"),
        (".#setup.py", "me@host.example.1234:1700000000"),
        ("gone.py", "../nowhere.py"),
        ("acme/inside.py", "__init__.py"),
    ],
)
def test_other_links_in_a_folder_are_no_question(project: Path, link: str, target: str) -> None:
    (project / link).symlink_to(target)
    verdict = Inspector(Policy()).judge_folder(project)
    assert verdict.ruling is Ruling.ALLOW, explained(verdict)


def test_a_linked_environment_is_skipped(project: Path) -> None:
    beside = project.parent / "beside" / "python"
    (beside / "pyvenv.cfg").touch()
    (project / ".venv").symlink_to("../beside/python")
    assert Inspector(Policy()).judge_folder(project).findings == ()


def test_compiled_python_in_a_folder_is_a_question_only_without_its_source(project: Path) -> None:
    (project / "acme" / "__pycache__").mkdir()
    (project / "acme" / "__pycache__" / "__init__.cpython-312.pyc").touch()
    (project / "acme" / "__init__.pyc").touch()
    assert Inspector(Policy()).judge_folder(project).findings == ()
    (project / "acme" / "hidden.pyc").touch()
    assert Inspector(Policy()).judge_folder(project).ruling is Ruling.ASK


def test_the_ruleset_is_a_digest_and_stays_the_same() -> None:
    assert re.fullmatch("sha256:[0-9a-f]{64}", Inspector(Policy()).ruleset)
    assert Inspector(Policy()).ruleset == Inspector(Policy(rulings={"typosquat": "ask"})).ruleset


def test_core_metadata_is_known_of_a_wheel_and_unknown_of_a_broken_file(tmp_path: Path) -> None:
    built = wheel("acme-thing")
    assert core_metadata_of(built.write(tmp_path), built.filename) == Known(built.metadata)
    (tmp_path / "b.whl").write_bytes(b"nothing")
    assert isinstance(core_metadata_of(tmp_path / "b.whl", "b.whl"), Unknown)


def test_that_a_source_distribution_is_one_is_a_note_that_default_reports_do_not_mention(tmp_path: Path) -> None:
    verdict = judged(sdist("acme-thing"), tmp_path)
    assert checks_of(verdict) == {"source-build"}
    assert verdict.ruling is Ruling.ALLOW
    outcome = Outcome(verdict.ruling, (verdict,))
    assert "source-build" not in text.render(outcome)
    assert "source-build" in text.render(outcome, verbose=True)
    assert judged(wheel("acme-thing"), tmp_path).findings == ()
    assert judged(sdist("acme-thing"), tmp_path, Policy(rulings={"source-build": "block"})).ruling is Ruling.BLOCK
