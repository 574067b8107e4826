"""An .npmrc means to us what it means to npm: whoever takes a line for a comment that npm follows has not read it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from gatekeeper.inspection import Inspector
from gatekeeper.model import Release
from gatekeeper.npmrc import settings_in
from gatekeeper.policy import Policy
from tests.support.npm_clients import npm_command

PROGRAM = "script-shell"
# Each is followed by a setting; whether npm follows that, npm itself says below.
ABOVE = (
    "[x]=[y]",
    "[a]]",
    " [a]",
    "[a]",
    "[a] ",
    "; note\u2028[s]",
    "; note\x0b[s]",
    "# note\x85x",
    "\ufeff; note",
    "save=true",
)
LINES = (
    "script-shell=./run.sh",
    '"script\\u002dshell"=./run.sh',
    "script-shell ;x=./run.sh",
    '"script-shell"="\\u002e/run.sh"',
    "'script-shell'='\"./run.sh\"'",
    "script-shell = ./run.sh ; note",
    "\ufeffscript-shell=./run.sh",
    "; note\u2028script-shell=./run.sh",
    "script-shell=./run.sh\rsave=true",
)


def ours(text: str) -> str | None:
    return {each.key: each.value for each in settings_in(text, {})}.get(PROGRAM)


@pytest.mark.parametrize("text", [*LINES, *(f"{above}\nscript-shell=./run.sh\n" for above in ABOVE)])
def test_what_npm_would_start_is_what_we_read(text: str, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_bytes(text.encode())
    (tmp_path / "package.json").write_text("{}", "utf-8")
    done = subprocess.run(
        [*npm_command(), "config", "get", PROGRAM, "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said = done.stdout.strip()
    theirs = said.strip('"') if said not in ("null", "undefined", "") else None
    mine = ours(text)
    assert (mine is None) == (theirs is None), (mine, said)
    if mine is not None and theirs is not None:
        assert Path(theirs).name == Path(mine).name == "run.sh", json.dumps([mine, said])


@pytest.mark.parametrize("text", [*LINES[:6], "[x]=[y]\n${NOPE?}script-shell=./run.sh", "save=true\n"])
def test_a_program_of_the_project_is_found_however_it_is_spelt(text: str, tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(text, "utf-8")
    (tmp_path / "run.sh").write_text('#!/bin/sh\nexec sh "$@"\n', "utf-8")
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0", "scripts": {"prepare": "tsc"}}', "utf-8")
    found = {each.check for each in Inspector(Policy()).judge_folder(tmp_path, Release("npm", "x")).findings}
    assert ("npmrc-program" in found) is (text != "save=true\n")
