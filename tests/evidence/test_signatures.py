"""Signatures are data: each fires on its own example and leaves another alone."""

from __future__ import annotations

import re

import pytest

from gatekeeper import signatures
from gatekeeper.errors import DamagedInstallationError
from gatekeeper.evidence._signatures import (
    Signature,
    address_parts,
    load,
    marks_of_address,
    marks_of_command,
    marks_of_path,
    programs_in,
)
from gatekeeper.evidence.examples import LOOK, fault_of

ALL = [(file, one) for file in LOOK for one in load(file)]


@pytest.mark.parametrize(("file", "one"), ALL, ids=[one.mark.id for _, one in ALL])
def test_a_signature_fires_on_its_example_and_only_there(file: str, one: Signature) -> None:
    assert fault_of(file, one) == ""
    assert one.mark.reason
    assert one.pattern or one.programs or one.hosts


@pytest.mark.parametrize("file", LOOK)
def test_ids_are_unique(file: str) -> None:
    ids = [one.mark.id for one in load(file)]
    assert len(ids) == len(set(ids))


def test_no_signature_is_slow_on_hostile_text() -> None:
    for text in ("curl " * 800, "powershell -" * 300, "/" * 4000, "a" * 4000, "sh -i " * 600, "base64 -d " * 400):
        marks_of_command(text)
        marks_of_path(text)
        marks_of_address(text)


@pytest.mark.parametrize(
    ("command", "programs"),
    [
        ("cmd.exe /c whoami", ["cmd", "whoami"]),
        ("C:\\Windows\\System32\\CMD.EXE /c dir", ["cmd", "dir"]),
        ("sh -c 'curl a | sh'", ["sh", "curl", "sh"]),
        ("A=1 sudo /usr/bin/id", ["id"]),
        ("gcc -c a.c && ./a", ["gcc", "a"]),
        ("", []),
    ],
)
def test_programs_are_found_wherever_a_command_line_starts_them(command: str, programs: list[str]) -> None:
    assert programs_in(command)[: len(programs)] == programs


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("https://a.example/b?c", ("a.example", None, "/b?c")),
        ("http://u:p@A.Example:81/b", ("a.example", 81, "/b")),
        ("a.example:4444", ("a.example", 4444, "")),
        ("//a.example.", ("a.example", None, "")),
        ("", None),
    ],
)
def test_addresses_are_split(address: str, parts: tuple[str, int | None, str] | None) -> None:
    assert address_parts(address) == parts


def test_the_digest_is_over_everything_and_missing_files_are_an_error() -> None:
    assert re.fullmatch("sha256:[0-9a-f]{64}", signatures.digest())
    with pytest.raises(DamagedInstallationError):
        signatures.text("nothing.toml")


@pytest.mark.parametrize("name", ["names/pypi.txt", "names/npm.txt"])
def test_name_lists_say_where_they_come_from(name: str) -> None:
    first, second, *_ = signatures.text(name).splitlines()
    assert re.match(r"# The [\d,]+ most downloaded .* as of \d{4}-\d{2}\.", first)
    assert second.startswith("# Regenerate: ")
