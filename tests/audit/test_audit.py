"""The log of decisions: whole lines, written before anything comes of what they say, and without a secret."""

from __future__ import annotations

import json
import os
import resource
import socket
import stat
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.audit import Run, logged
from gatekeeper.audit._book import MOST_FINDINGS
from gatekeeper.audit.reading import entries
from gatekeeper.errors import StoppedError, UndecidedError
from gatekeeper.gate.answers import answered
from gatekeeper.model import Artifact, Confidence, Finding, Outcome, Place, Release, Ruling, Severity, Verdict, When
from gatekeeper.policy import Policy, Waiver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatekeeper.model import Watcher

SHA = "c" * 64
THING = Release("pypi", "acme-thing", "1.0")
FINDING = Finding("typosquat", Severity.MEDIUM, Confidence.HIGH, "looks like another", When.IMPORT, "a.py", 3, "code")
ASKED = Verdict(THING, Ruling.ASK, (FINDING,), Artifact("acme_thing-1.0.tar.gz", SHA, 10), requested=True)
ALLOWED = replace(ASKED, ruling=Ruling.ALLOW, findings=())
RUN = Run("safe-install", "install", Path("/srv/project"), "pip")


class Silent:
    """A watcher who gives one answer to everything."""

    def __init__(self, answer: bool | None = None) -> None:
        self.given = answer

    def started(self, release: Release, filename: str | None) -> None:
        pass

    def judged(self, verdict: Verdict) -> None:
        pass

    def answer(self, verdict: Verdict) -> bool | None:
        return self.given

    def confirm(self, planned: Outcome) -> bool | None:
        return self.given


def outcome_of(*verdicts: Verdict, **more: Any) -> Outcome:
    ruling = max((each.ruling for each in verdicts), default=Ruling.ALLOW)
    return Outcome(ruling, verdicts, client_exit=0, ruleset="sha256:rules", **more)


def write(
    log: Path, work: Callable[[Watcher], Outcome], *, policy: Policy | None = None, run: Run = RUN, watcher: Any = None
) -> Outcome:
    policy = replace(policy or Policy(), audit=str(log))
    return logged(policy, run, watcher or Silent(), work, lambda outcome: outcome.ruling.exit_code)


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("ascii").splitlines()]


def releases(log: Path) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"] == "release"]


def test_a_run_is_written_down_with_who_what_and_how_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "audit.jsonl"

    def work(watcher: Watcher) -> Outcome:
        watcher.judged(ALLOWED)
        return outcome_of(ALLOWED, seconds=1.5)

    write(log, work)
    began, release, ended = lines(log)
    assert (began["event"], began["client"], began["uid"], began["host"]) == (
        "began", "pip", os.getuid(), socket.gethostname(),
    )  # fmt: skip
    assert (release["purl"], release["sha256"], release["ruling"]) == (THING.purl, SHA, "allow")
    assert (ended["ruling"], ended["exit"], ended["releases"], ended["ruleset"]) == ("allow", 0, 1, "sha256:rules")
    assert len({line["run"] for line in (began, release, ended)}) == 1
    assert all(line["schema"] == "gatekeeper.audit/1" and line["user"] and line["version"] for line in lines(log))


def test_without_a_log_in_the_policy_nothing_is_written(tmp_path: Path) -> None:
    assert logged(Policy(), RUN, Silent(), lambda _: outcome_of(ALLOWED), lambda _: 0) == outcome_of(ALLOWED)
    assert list(tmp_path.iterdir()) == []


def test_who_the_environment_says_one_is_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    write(tmp_path / "log", lambda _: outcome_of())
    assert all(line["user"] != "somebody-else" for line in lines(tmp_path / "log"))


def test_a_line_is_there_before_anything_comes_of_the_verdict(tmp_path: Path) -> None:
    log = tmp_path / "log"
    seen: list[int] = []

    class Looking(Silent):
        def judged(self, verdict: Verdict) -> None:
            seen.append(len(releases(log)))

    def work(watcher: Watcher) -> Outcome:
        watcher.judged(ALLOWED)
        return outcome_of(ALLOWED)

    write(log, work, watcher=Looking())
    assert seen == [1]
    assert len(releases(log)) == 1, "it is written once"


def test_what_nobody_was_told_of_is_written_at_the_end(tmp_path: Path) -> None:
    refused = Verdict(THING, Ruling.BLOCK, (FINDING,), place=Place("requirements.txt", 7))
    write(tmp_path / "log", lambda _: outcome_of(refused, ALLOWED))
    assert [(line["ruling"], line["place"]) for line in releases(tmp_path / "log")] == [
        ("block", "requirements.txt:7"),
        ("allow", None),
    ]


@pytest.mark.parametrize(
    ("said", "beforehand", "policy", "who", "ruling"),
    [
        (True, None, Policy(), "person", "allow"),
        (False, None, Policy(), "person", "block"),
        (True, True, Policy(), "--yes", "allow"),
        (False, False, Policy(), "--no", "block"),
        (None, None, Policy(), None, "ask"),
        (None, None, Policy(ask={"typosquat": "allow"}), "policy", "allow"),
    ],
)
def test_who_answered_a_question_is_told(
    tmp_path: Path, said: bool | None, beforehand: bool | None, policy: Policy, who: str | None, ruling: str
) -> None:
    asked = replace(ASKED, findings=(replace(FINDING, when=None),))

    def work(watcher: Watcher) -> Outcome:
        verdict = answered(asked, watcher, policy)
        watcher.judged(verdict)
        return outcome_of(verdict)

    write(tmp_path / "log", work, policy=policy, run=replace(RUN, answer=beforehand), watcher=Silent(said))
    (line,) = releases(tmp_path / "log")
    assert (line["answered"], line["ruling"]) == (who, ruling)


def test_an_answer_to_a_whole_plan_answers_each_question_in_it(tmp_path: Path) -> None:
    def work(watcher: Watcher) -> Outcome:
        watcher.judged(ASKED)
        assert watcher.confirm(outcome_of(ASKED))
        watcher.judged(replace(ASKED, ruling=Ruling.ALLOW))
        return outcome_of(replace(ASKED, ruling=Ruling.ALLOW))

    write(tmp_path / "log", work, watcher=Silent(answer=True))
    assert [(line["ruling"], line["answered"]) for line in releases(tmp_path / "log")] == [
        ("ask", None),
        ("allow", "person"),
    ]


def test_a_waiver_that_was_of_use_is_told_with_reason_author_and_expiry(tmp_path: Path) -> None:
    used = Waiver(THING.purl, "typosquat", SHA, "it is ours", "ana@acme.example", "2099-01-01")
    others = (replace(used, sha256="d" * 64), replace(used, check="install-hook"))
    excused = replace(ASKED, ruling=Ruling.ALLOW, findings=(replace(FINDING, waived="it is ours (ana, until 2099)"),))
    write(tmp_path / "log", lambda _: outcome_of(excused), policy=Policy(waivers=(used, *others)))
    (line,) = releases(tmp_path / "log")
    assert line["waivers"] == [
        {"check": "typosquat", "reason": "it is ours", "author": "ana@acme.example", "expires": "2099-01-01"}
    ]
    assert line["findings"] == [{"check": "typosquat", "severity": "medium", "confidence": "high", "waived": True}]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://ana:s3cret@index.example/simple/?token=s3cret#s3cret", "https://index.example/simple/"),
        ("https://s3cret@index.example", "https://index.example"),
        ("https://index.example/a@b/", "https://index.example/a@b/"),
        ("wheels/", "wheels/"),
        (None, None),
    ],
)
def test_credentials_are_never_in_it(tmp_path: Path, source: str | None, shown: str | None) -> None:
    write(tmp_path / "log", lambda _: outcome_of(replace(ALLOWED, source=source)))
    assert releases(tmp_path / "log")[0]["source"] == shown
    assert "s3cret" not in (tmp_path / "log").read_text("ascii")


@settings(max_examples=30)
@given(
    name=st.text(st.characters(exclude_categories=()), min_size=1),
    error=st.none() | st.text(st.characters(exclude_categories=())),
)
def test_whatever_a_package_is_called_it_stays_one_line_of_plain_letters(
    name: str, error: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("log") / "log"
    verdict = replace(ALLOWED, release=Release("npm", name, "\x1b[2J\n"), error=error, source=name)
    write(log, lambda _: outcome_of(verdict, error=error))
    assert all(0x20 <= byte < 0x7F or byte == 0x0A for byte in log.read_bytes())
    assert [line["event"] for line in lines(log)] == ["began", "release", "ended"]
    assert all(entry.said is not None for entry in entries(log))


def test_a_release_with_very_much_against_it_is_still_a_line_of_some_length(tmp_path: Path) -> None:
    found = tuple(replace(FINDING, line=number) for number in range(5000))
    write(tmp_path / "log", lambda _: outcome_of(replace(ASKED, findings=found, error="e" * 10_000)))
    (line,) = releases(tmp_path / "log")
    assert len(line["findings"]) == MOST_FINDINGS
    assert len(json.dumps(line)) < 20_000


# --- how it ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "why"),
    [
        (UndecidedError("the index is away"), 12, "the index is away"),
        (StoppedError("stopped by SIGTERM"), 130, "stopped by SIGTERM"),
        (KeyboardInterrupt(), 130, "KeyboardInterrupt"),
        (KeyError("s3cret"), 12, "KeyError"),
    ],
)
def test_a_run_that_comes_to_nothing_says_why(tmp_path: Path, fault: BaseException, code: int, why: str) -> None:
    def work(_: Watcher) -> Outcome:
        raise fault

    with pytest.raises(type(fault)):
        write(tmp_path / "log", work)
    ended = lines(tmp_path / "log")[-1]
    assert (ended["event"], ended["ruling"], ended["exit"], ended["error"]) == ("ended", "error", code, why)


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: what a full disk does, for this process alone."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_at_the_beginning_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 99 + "\n", "ascii")
    with full_at(100), pytest.raises(UndecidedError, match="cannot be written"):
        write(log, lambda _: pytest.fail("the work was begun"))


def test_a_line_about_a_release_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    refused: list[str] = []

    def work(watcher: Watcher) -> Outcome:
        with full_at(log.stat().st_size + 10):
            try:
                watcher.judged(ALLOWED)
            except UndecidedError as fault:  # as the gate does: the request is refused, and the client goes on
                refused.append(fault.message)
        return outcome_of()

    with pytest.raises(UndecidedError, match="cannot be written"):
        write(log, work)
    assert refused
    found = list(entries(log))
    assert [entry.said is None for entry in found] == [False, True, False], "the half line is ended, and named"
    assert found[-1].said is not None
    assert found[-1].said["event"] == "ended"


def test_an_end_that_cannot_be_written_is_said_aloud_and_is_no_success(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def work(watcher: Watcher) -> Outcome:
        watcher.judged(ALLOWED)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return outcome_of(ALLOWED)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        outcome = write(log, work)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert outcome.ruling.exit_code == 12
    assert "AUDIT LOG IS NOT COMPLETE" in outcome.remarks[0]
    assert len(releases(log)) == 1


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(tmp_path / "log", lambda _: outcome_of())
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for _ in range(3):
        before = log.read_bytes() if log.exists() else b""
        write(log, lambda _: outcome_of(ALLOWED))
        assert log.read_bytes().startswith(before)
    assert len({line["run"] for line in lines(log)}) == 3


@pytest.mark.parametrize("kind", ["folder", "fifo", "link", "socket", "no-folder", "open-to-all", "device"])
def test_what_cannot_be_a_log_of_one_s_own_is_refused_before_anything_happens(tmp_path: Path, kind: str) -> None:
    log = tmp_path / "log"
    held = socket.socket(socket.AF_UNIX)
    {
        "folder": log.mkdir,
        "fifo": lambda: os.mkfifo(log),
        "link": lambda: log.symlink_to(tmp_path / "elsewhere"),
        "socket": lambda: held.bind(str(log)),
        "no-folder": lambda: None,
        "open-to-all": lambda: (log.touch(), log.chmod(0o666)),
        "device": lambda: None,
    }[kind]()
    place = {"no-folder": tmp_path / "nowhere" / "log", "device": Path("/dev/full")}.get(kind, log)
    with pytest.raises(UndecidedError, match=r"the audit log .* cannot be written"):
        write(place, lambda _: pytest.fail("the work was begun"))
    held.close()
    assert not (tmp_path / "elsewhere").exists()


def test_half_a_line_of_a_run_that_died_is_ended_by_the_next_and_named_by_the_reader(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, lambda _: outcome_of(ALLOWED))
    whole = log.read_bytes()
    log.write_bytes(whole[:-20])
    write(log, lambda _: outcome_of(ALLOWED))
    found = list(entries(log))
    assert [entry.line for entry in found if entry.said is None] == [3]
    assert [entry.said["event"] for entry in found[3:] if entry.said] == ["began", "release", "ended"]


def test_a_log_that_was_cut_anywhere_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "log"
    write(log, lambda _: outcome_of(ALLOWED))
    whole = log.read_bytes()
    for length in range(0, len(whole), 37):
        log.write_bytes(whole[:length])
        assert sum(entry.said is None for entry in entries(log)) <= 1


WRITER = """
import sys
from pathlib import Path
from tests.audit.test_audit import ALLOWED, Silent, outcome_of, write
for _ in range(8):
    write(Path(sys.argv[1]), lambda watcher: [watcher.judged(ALLOWED) for _ in range(5)] and outcome_of(ALLOWED))
"""


def test_many_runs_at_once_write_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder = Path(__file__).parents[2]
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(log)], cwd=folder) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    found = lines(log)
    assert len(found) == 3 * 8 * 7
    for run in {line["run"] for line in found}:
        assert [line["event"] for line in found if line["run"] == run] == ["began", *["release"] * 5, "ended"]
