"""Progress: one line on a terminal, nothing elsewhere, and what stays is never drawn over."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from gatekeeper.terminal.progress import Progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


def work(*, quiet: bool = False) -> None:
    with Progress(quiet=quiet) as progress:
        progress.heard(3 * 1024 * 1024, 9 * 1024 * 1024)
        progress.say("first line\nand \x1b[2J another")
        progress.heard(12000, None)


def test_off_a_terminal_only_what_stays_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    work()
    out, err = capsys.readouterr()
    assert (out, err) == ("first line\nand \\x1b[2J another\n", "")


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    work(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_the_line_is_gone_before_anything_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    work()
    before = screen.getvalue().partition("first line\n")[0]
    assert "\n" not in before or before.endswith("\x1b[2K")
    assert before.endswith(("\x1b[2K", "\n")), repr(before)
