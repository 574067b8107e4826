"""Writing waivers down: everything else in the file stays as it is, and a file is whole or as it was."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import stat
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper import settings
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.policy import UNDECIDED, Waiver
from gatekeeper.settings.waiver_file import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKS = ("typosquat", "decode-then-exec", "known-malware", "ungated-source")
WAIVER = Waiver("pkg:npm/%40scope/thing@1.0.0", "typosquat", "a" * 64, "seen", "sam", "2099-01-01")
WRITTEN = """[[waiver]]
release = "pkg:npm/%40scope/thing@1.0.0"
check = "typosquat"
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
reason = "seen"
author = "sam"
expires = 2099-01-01
"""


def read(path: Path) -> list[Waiver]:
    """The waivers that count where a file is named, without the lines that they stand on."""
    found = settings.load(path.parent, path, CHECKS, person=path.parent / "nobody.toml")
    return [replace(each, place="") for each in found.policy.waivers]


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "gatekeeper.toml"
    change = write(path, [WAIVER], CHECKS)
    assert path.read_text("utf-8") == change.content.decode() == WRITTEN
    assert (change.before, change.blocks) == (None, (WRITTEN,))
    assert read(path) == [WAIVER]


@pytest.mark.parametrize(
    "text",
    [
        "# ours\n\n[rulings]\ntyposquat = 'ask'   # why\n",
        "[rulings] # no end of line\ntyposquat = 'ask'",
        "# ours\r\n[rulings]\r\ntyposquat = 'ask'\r\n",
        f"{WRITTEN.replace('1.0.0', '0.9.0')}\n[ask]\ntyposquat = 'refuse'\n\n{WRITTEN.replace('1.0.0', '0.8.0')}# tail\n",
        "\n\n\n",
    ],
    ids=["comments", "no last newline", "crlf", "waivers between tables", "blank"],
)  # fmt: skip
def test_every_byte_that_was_there_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gatekeeper.toml"
    path.write_bytes(text.encode())
    before = read(path)
    write(path, [WAIVER, replace(WAIVER, check="decode-then-exec", hosts=("files.example",))], CHECKS)
    content = path.read_bytes()
    assert content.startswith(text.encode())
    assert read(path) == [*before, WAIVER, replace(WAIVER, check="decode-then-exec", hosts=("files.example",))]
    if "\r\n" in text:
        assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_pyproject_toml_takes_it_in_its_own_table(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    text = '[project]\nname = "x"\n\n[tool.gatekeeper.rulings]\ntyposquat = "ask"\n\n[tool.other]\nkey = 1\n'
    path.write_text(text, "utf-8")
    write(path, [WAIVER], CHECKS)
    assert path.read_text("utf-8").startswith(text)
    assert "[[tool.gatekeeper.waiver]]" in path.read_text("utf-8")
    assert read(path) == [WAIVER]
    write(path, [replace(WAIVER, expires="2098-01-01")], CHECKS)
    assert read(path) == [replace(WAIVER, expires="2098-01-01")]


def test_the_same_waiver_again_is_renewed_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "gatekeeper.toml"
    others = WRITTEN.replace("1.0.0", "0.9.0")
    mine = WRITTEN.replace("%40scope", "@scope").replace('reason = "seen"', "reason = 'seen' # by sam")
    mine = mine.replace("expires = ", "expires   = ").replace("2099-01-01", "2027-01-01 # soon")
    path.write_text(f"{others}\n# mine\n{mine}\n[ask]\ntyposquat = 'refuse'\n{others.replace('0.9', '0.8')}", "utf-8")
    change = write(path, [replace(WAIVER, reason="seen again")], CHECKS)
    renewed = mine.replace("'seen'", '"seen again"').replace("2027-01-01", "2099-01-01")
    assert change.blocks == (renewed,)
    expected = f"{others}\n# mine\n{renewed}\n[ask]\ntyposquat = 'refuse'\n{others.replace('0.9', '0.8')}"
    assert path.read_text("utf-8") == expected


def test_hosts_stay_unless_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "gatekeeper.toml"
    opening = replace(WAIVER, hosts=("files.example",))
    write(path, [opening], CHECKS)
    write(path, [replace(WAIVER, expires="2098-01-01")], CHECKS)
    assert read(path) == [replace(opening, expires="2098-01-01")]
    with pytest.raises(UsageError, match="cannot be changed from here"):
        write(path, [replace(WAIVER, hosts=("other.example",))], CHECKS)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_reason_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, reason: str) -> None:
    path = tmp_path_factory.mktemp("any") / "gatekeeper.toml"
    waiver = replace(WAIVER, reason=reason)
    write(path, [waiver], CHECKS)
    assert read(path) == [waiver]


def test_what_is_excused_in_so_many_words_is_written_so(tmp_path: Path) -> None:
    path = tmp_path / "gatekeeper.toml"
    waivers = [replace(WAIVER, check=check, even=True) for check in ("known-malware", UNDECIDED)]
    write(path, waivers, CHECKS)
    assert read(path) == waivers
    assert "even-known-malware = true" in path.read_text("utf-8")
    assert "even-undecided = true" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rulings\n", "not valid TOML"),
        ("rulingz = 1\n", "unknown key"),
        ("\ufeff", "byte order mark"),
        (f"waiver = [{{{', '.join(WRITTEN.replace('1.0.0', '2.0.0').splitlines()[1:])}}}]\n", "not valid TOML"),
        (f"waiver = [{{{', '.join(WRITTEN.splitlines()[1:])}}}]\n", "cannot be changed from here"),
    ],
    ids=["no toml", "no policy", "a mark", "written in a line", "written in a line, and the same"],
)
def test_what_cannot_be_added_to_is_left_as_it_is(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "gatekeeper.toml"
    path.write_bytes(text.encode())
    with pytest.raises(UsageError, match=message):
        write(path, [replace(WAIVER, expires="2098-01-01")], CHECKS)
    assert path.read_bytes() == text.encode()
    assert [each.name for each in tmp_path.iterdir()] == ["gatekeeper.toml"]


@contextlib.contextmanager
def full_disk(free: int) -> Iterator[None]:
    """No file may become larger than so many bytes: writing fails as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, heard)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "gatekeeper.toml"
    path.write_text("# ours\n", "utf-8")
    with full_disk(100), pytest.raises(UndecidedError, match="cannot be written"):
        write(path, [WAIVER], CHECKS)
    assert path.read_text("utf-8") == "# ours\n"
    assert [each.name for each in tmp_path.iterdir()] == ["gatekeeper.toml"]


def test_two_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gatekeeper.toml"
    many = [replace(WAIVER, release=f"pkg:npm/thing@1.{number}.0") for number in range(16)]
    threads = [threading.Thread(target=write, args=(path, [each], CHECKS)) for each in many]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(each.release for each in read(path)) == sorted(each.release for each in many)


def test_a_link_stays_a_link_and_permissions_stay_as_they_are(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "gatekeeper.toml"
    real.write_text("# ours\n", "utf-8")
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, [WAIVER], CHECKS)
    assert link.is_symlink()
    assert real.read_text("utf-8").endswith(WRITTEN)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    fresh = tmp_path / "fresh.toml"
    write(fresh, [WAIVER], CHECKS)
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o666 & ~mask
