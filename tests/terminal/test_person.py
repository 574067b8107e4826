"""The person at the terminal: real pseudo-terminals, real questions."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
import threading
import time

import pexpect
import pytest

from gatekeeper.model import Confidence, Finding, Outcome, Release, Ruling, Severity, Verdict, When
from gatekeeper.terminal import person
from gatekeeper.terminal.person import Terminal

FINDING = Finding("typosquat", Severity.MEDIUM, Confidence.HIGH, "close to \x1b[31mrequests", When.IMPORT, "a.py", 3)
VERDICT = Verdict(Release("pypi", "reqeusts", "1.0"), Ruling.ASK, (FINDING,), requested=True)
PLAN = Outcome(Ruling.ASK, (VERDICT,))

ASKING = textwrap.dedent("""
    import sys, threading
    sys.path.insert(0, ".")
    from tests.terminal.test_person import PLAN, VERDICT
    from gatekeeper.terminal.person import Terminal
    with Terminal() as terminal:
        {body}
""")


def ask(body: str) -> pexpect.spawn:
    return pexpect.spawn(sys.executable, ["-c", ASKING.format(body=body)], encoding="utf-8", timeout=30)


@pytest.mark.parametrize("answer", [True, False])
def test_an_answer_given_beforehand_is_the_answer(answer: bool) -> None:
    with Terminal(answer=answer) as terminal:
        assert terminal.answer(VERDICT) is answer
        assert terminal.confirm(PLAN) is answer


def test_nobody_is_there_without_a_terminal() -> None:
    body = "print('said', terminal.answer(VERDICT), terminal.confirm(PLAN))"
    done = subprocess.run(
        [sys.executable, "-c", ASKING.format(body=body)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "said None None\n"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("typed", "said"), [("y", "True"), ("YES", "True"), ("n", "False"), ("", "False"), ("why", "False")]
)
def test_only_yes_is_yes(typed: str, said: str) -> None:
    child = ask("print('said', terminal.answer(VERDICT))")
    child.expect(r"install reqeusts 1.0\? \[y/N\] ")
    assert "close to \\x1b[31mrequests" in child.before
    child.sendline(typed)
    child.expect(f"said {said}")
    child.close()


def test_the_end_of_input_is_no() -> None:
    child = ask("print('said', terminal.answer(VERDICT))")
    child.expect(r"\[y/N\] ")
    child.sendeof()
    child.expect("said False")
    child.close()


def test_what_was_typed_before_the_question_answers_nothing() -> None:
    child = ask(
        "print('ready'); sys.stdin.fileno(); __import__('time').sleep(1); print('said', terminal.answer(VERDICT))"
    )
    child.expect("ready")
    child.sendline("y")
    child.expect(r"\[y/N\] ")
    child.sendline("n")
    child.expect("said False")
    child.close()


def test_questions_of_several_threads_come_one_after_another() -> None:
    child = ask(
        "said = []; ts = [threading.Thread(target=lambda: said.append(terminal.answer(VERDICT))) for _ in 'ab'];"
        "[t.start() for t in ts]; [t.join() for t in ts]; print('said', said)"
    )
    for typed in "yn":
        child.expect(r"\[y/N\] ")
        child.sendline(typed)
    child.expect(r"said \[True, False\]")
    child.close()


def test_a_plan_is_shown_before_it_is_confirmed() -> None:
    child = ask("print('said', terminal.confirm(PLAN))")
    child.expect(r"RELEASE +RULING")
    child.expect(r"reqeusts 1.0 +ask +you")
    child.expect("close to ")
    child.expect(r"install these\? \[y/N\] ")
    child.sendline("y")
    child.expect("said True")
    child.close()


def test_the_end_of_the_run_ends_an_open_question() -> None:
    child = ask(
        "t = threading.Thread(target=lambda: print('said', terminal.answer(VERDICT)));"
        "t.start(); __import__('time').sleep(1); terminal.__exit__(); t.join()"
    )
    child.expect("said None")
    child.close()


def test_an_interruption_ends_an_open_question_and_the_run() -> None:
    script = textwrap.dedent("""
        import sys, threading
        from tests.terminal.test_person import VERDICT
        from gatekeeper.terminal.person import Terminal
        from gatekeeper.terminal.voice import Voice

        def work():
            with Terminal() as terminal:
                asking = threading.Thread(target=terminal.answer, args=(VERDICT,))
                asking.start()
                try:
                    asking.join()
                finally:
                    asking.join()

        sys.exit(Voice("safe-install").tell(work))
    """)
    child = pexpect.spawn(sys.executable, ["-c", script], encoding="utf-8", timeout=30)
    child.expect(r"\[y/N\] ")
    child.sendintr()
    child.expect("safe-install: error: interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_is_told_in_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(person, "LONG", 0.05)
    with Terminal() as terminal:
        terminal.started(Release("pypi", "numpy\x1b", "2.1.0"), "numpy.whl")
        deadline = time.monotonic() + 10
        while not screen.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
        terminal.judged(Verdict(Release("pypi", "numpy\x1b", "2.1.0"), Ruling.ALLOW))
    assert screen.getvalue() == "\r\x1b[Ksafe-install: judging numpy\\x1b 2.1.0 for 0 s, 0 judged\n"


def test_short_work_is_not_worth_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with Terminal() as terminal:
        terminal.started(VERDICT.release, None)
        terminal.judged(VERDICT)
    assert screen.getvalue() == ""


def test_nothing_is_told_where_no_terminal_is_or_quiet_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Screen())
    assert Terminal(quiet=True)._shows is False
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert Terminal()._shows is False


def test_a_status_line_is_kept_where_no_client_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with Terminal(live=True) as terminal:
        terminal.started(VERDICT.release, "reqeusts\u202e.whl")
        time.sleep(0.3)
        terminal.judged(VERDICT)
    assert "reading reqeusts\\u202e.whl" in screen.getvalue()
    assert threading.active_count() < 20


OFFERING = textwrap.dedent("""
    import sys
    sys.path.insert(0, ".")
    from tests.terminal.test_person import VERDICT
    from gatekeeper.terminal.person import Terminal

    class Keeper:
        def offers(self, verdict):
            return {offers}

        def keep(self, verdict, reason):
            return f"kept {{verdict.release}}: {{reason!r}}"

    with Terminal({answer}keeper=Keeper()) as terminal:
        print("said", terminal.answer(VERDICT))
""")
OFFER = r"do not ask again about these very bytes\? reason \(empty: ask again next time\): "


@pytest.mark.parametrize(("reason", "kept"), [("our  own fork", "kept reqeusts 1.0: 'our own fork'"), ("", None)])
def test_a_yes_may_be_kept_with_a_reason(reason: str, kept: str | None) -> None:
    script = OFFERING.format(offers=True, answer="")
    child = pexpect.spawn(sys.executable, ["-c", script], encoding="utf-8", timeout=30)
    child.expect(r"\[y/N\] ")
    child.sendline("y")
    child.expect(OFFER)
    child.sendline(reason)
    child.expect("said True")
    assert ("kept" in child.before) is (kept is not None)
    assert kept is None or kept in child.before
    child.close()


@pytest.mark.parametrize(("offers", "typed"), [(True, "n"), (False, "y")])
def test_nothing_is_offered_after_a_no_or_where_no_waiver_would_help(offers: bool, typed: str) -> None:
    script = OFFERING.format(offers=offers, answer="")
    child = pexpect.spawn(sys.executable, ["-c", script], encoding="utf-8", timeout=30)
    child.expect(r"\[y/N\] ")
    child.sendline(typed)
    child.expect("said (True|False)")
    assert "very bytes" not in child.before
    child.close()


def test_nothing_is_offered_where_nobody_is_or_the_answer_was_given_beforehand() -> None:
    for answer, said in (("", "None"), ("answer=True, ", "True")):
        script = OFFERING.format(offers=True, answer=answer)
        done = subprocess.run(
            [sys.executable, "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == (f"said {said}\n", "")
