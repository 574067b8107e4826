"""Whatever bytes come: opening and reading ends in an opened artifact or an UnreadableError, soon, in little memory."""

from __future__ import annotations

import builtins
import io
import os
import posixpath
import tarfile
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import safe_path, text
from gatekeeper.artifacts.limits import MIB
from gatekeeper.artifacts.metadata import core_metadata
from gatekeeper.errors import UnreadableError
from gatekeeper.model import Known, Unknown
from tests.artifacts.building import (
    opened,
    pax,
    plain_tar,
    sdist,
    streamed_zip,
    tar_member,
    wheel_files,
    with_checksum,
    zip_bytes,
)

LINK = tar_member("pkg-1.0/l", kind=tarfile.SYMTYPE, link="setup.py"), b""
SEEDS = {
    "wheel": (zip_bytes(wheel_files()), "pkg-1.0-py3-none-any.whl"),
    "streamed wheel": (streamed_zip(wheel_files()), "pkg-1.0-py3-none-any.whl"),
    "plain": (sdist(LINK, compression="", style=tarfile.PAX_FORMAT), "pkg-1.0.tar"),
    "gz": (sdist(LINK), "pkg-1.0.tar.gz"),
    "bz2": (sdist(LINK, compression="bz2"), "pkg-1.0.tar.bz2"),
    "xz": (sdist(LINK, compression="xz"), "pkg-1.0.tar.xz"),
}  # fmt: skip

edits = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "repeat"]), st.integers(0, 10_000), st.binary(min_size=1, max_size=12)
    ),
    min_size=1,
    max_size=4,
)


def mutated(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for how, where, new in changes:
        at = where % (len(content) + 1)
        if how == "set":
            content = content[:at] + new + content[at + len(new) :]
        elif how == "cut":
            content = content[:at] + content[at + len(new) * 8 :]
        elif how == "insert":
            content = content[:at] + new + content[at:]
        else:
            content = content[:at] + content[max(0, at - 512) : at] + content[at:]
    return content


def fixed_checksums(content: bytes) -> bytes:
    """Make every header-like block of a tar valid again, so that mutations reach what lies behind the checksum."""
    blocks = [content[at : at + 512] for at in range(0, len(content), 512)]
    return b"".join(with_checksum(b) if b[257:262] == b"ustar" and len(b) == 512 else b for b in blocks)


def read_everything(content: bytes, filename: str) -> bool:
    """Open and read all; whether it could be opened. No file may be opened for writing meanwhile."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "artifact").write_bytes(content)
        before = sorted(folder.iterdir())
        try:
            with mock.patch.object(Path, "write_bytes", None), opened_again(folder, filename) as artifact:
                for path, member in artifact.members.items():
                    assert path == posixpath.normpath(path)
                    assert not path.startswith(("/", ".."))
                    read_or_refuse(artifact, path, member.size)
                assert isinstance(core_metadata(artifact), (Known, Unknown))
                assert all(problem.isprintable() for problem in artifact.problems)
        except UnreadableError as error:
            return refused_in_one_line(error)
        finally:
            assert sorted(folder.iterdir()) == before
        return True


def refused_in_one_line(error: UnreadableError) -> bool:
    assert error.message.isprintable()
    return False


def opened_again(folder: Path, filename: str):
    from gatekeeper.artifacts.opening import open_artifact

    return open_artifact(folder / "artifact", filename)


def read_or_refuse(artifact, path: str, size: int) -> None:
    try:
        assert len(artifact.read(path)) == size
        assert b"".join(artifact.chunks(path)) == artifact.read(path)
    except UnreadableError as error:
        refused_in_one_line(error)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_the_seeds_themselves_open(seed: str) -> None:
    assert read_everything(*SEEDS[seed])


@pytest.mark.parametrize("seed", SEEDS, ids=str)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(changes=edits)
def test_a_mutated_archive_opens_or_is_refused(seed: str, changes: list[tuple[str, int, bytes]]) -> None:
    content, filename = SEEDS[seed]
    read_everything(mutated(content, changes), filename)


@settings(max_examples=150, deadline=None)
@given(changes=edits)
def test_a_mutated_tar_whose_checksums_are_right_opens_or_is_refused(changes: list[tuple[str, int, bytes]]) -> None:
    read_everything(fixed_checksums(mutated(SEEDS["plain"][0], changes)), "pkg-1.0.tar")


@settings(max_examples=60, deadline=None)
@given(
    content=st.binary(max_size=2000),
    start=st.sampled_from([b"", b"PK\3\4", b"PK\5\6", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"]),
)
def test_any_bytes_are_refused_or_opened(content: bytes, start: bytes) -> None:
    read_everything(start + content, "pkg-1.0.tar.gz")


def ours(content: bytes, filename: str) -> dict[str, bytes] | None:
    """Return every file's path, top folder included, and bytes as we read them; None when we refuse."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "artifact").write_bytes(content)
        try:
            with opened_again(Path(name), filename) as artifact:
                files = [member.path for member in artifact.members.values() if member.link is None]
                return {posixpath.join(artifact.root, path): artifact.read(path) for path in files}
        except UnreadableError:
            return None


def all_in_tar(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content), encoding="utf-8") as theirs:
        return {
            posixpath.normpath(text(m.name.encode("utf-8", "surrogateescape"))): theirs.extractfile(m).read()
            for m in theirs.getmembers()
            if m.isreg()
        }


def all_in_zip(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as theirs:
        return {posixpath.normpath(i.filename): theirs.read(i) for i in theirs.infolist() if not i.is_dir()}


@settings(max_examples=150, deadline=None)
@given(changes=edits)
@example(changes=[("set", 1163, b" "), ("set", 157, b"g"), ("set", 2205, b"x")])
@example(changes=[("set", 2204, b"g"), ("repeat", 6012, b"S")])
@example(changes=[("set", 100, b"\xa4W\t")])
def test_a_tar_that_opens_is_what_pythons_own_reader_sees(changes: list[tuple[str, int, bytes]]) -> None:
    """No second reading: what we open has the files and bytes that pip's reader finds."""
    content = fixed_checksums(mutated(SEEDS["plain"][0], changes))
    found = ours(content, "pkg-1.0.tar")
    assert found is None or found == all_in_tar(content)


@pytest.mark.parametrize("seed", ["wheel", "streamed wheel"])
@settings(max_examples=150, deadline=None)
@given(changes=edits)
def test_a_zip_that_opens_is_what_pythons_own_reader_sees(seed: str, changes: list[tuple[str, int, bytes]]) -> None:
    """No second reading: what we open has the files and bytes that pip's reader finds."""
    content = mutated(SEEDS[seed][0], changes)
    found = ours(content, SEEDS[seed][1])
    assert found is None or found == all_in_zip(content)


@given(name=st.text(st.sampled_from("ab./\\:C\0\u00e9 "), max_size=30))
@example(name="pkg//etc/passwd")
def test_a_safe_path_stays_below_any_folder(name: str) -> None:
    try:
        path = safe_path(name)
    except Fault:
        return
    assert posixpath.normpath(posixpath.join("/top", path)).startswith("/top")
    assert path == "" or path == posixpath.normpath(path)
    assert safe_path(path) == path


def test_nothing_is_opened_for_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "artifact").write_bytes(SEEDS["wheel"][0])
    opening, low = io.open, os.open

    def reading_only(file, mode="r", *more, **how):
        assert not set(mode) & set("wax+")
        return opening(file, mode, *more, **how)

    def low_reading_only(file, flags, *more, **how):
        assert not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return low(file, flags, *more, **how)

    monkeypatch.setattr(io, "open", reading_only)
    monkeypatch.setattr(builtins, "open", reading_only)
    monkeypatch.setattr(os, "open", low_reading_only)
    with opened_again(tmp_path, SEEDS["wheel"][1]) as artifact:
        for path in artifact.members:
            artifact.read(path)


@pytest.mark.parametrize(
    "content",
    [
        plain_tar(*[pax({f"k{n}": "v" for n in range(50_000)})]),
        sdist(*((tar_member(f"pkg-1.0/l{n}", kind=tarfile.SYMTYPE, link=f"l{n + 1}"), b"") for n in range(4_900))),
        sdist(*((tar_member(f"pkg-1.0/l{n}", kind=tarfile.SYMTYPE, link="a/" * 60 + f"../l{n + 1}"), b"") for n in range(4_900))),
        sdist(*((tar_member("pkg-1.0/" + "d/" * 60 + str(n)), b"") for n in range(5_000))),
    ],
    ids=["pax records", "links through links", "deep links", "deep paths"],
)  # fmt: skip
def test_archives_made_to_be_slow_are_not(tmp_path: Path, content: bytes) -> None:
    tracemalloc.start()
    started = time.monotonic()
    try:
        opened(tmp_path, content, "pkg-1.0.tar.gz").close()
    except UnreadableError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert time.monotonic() - started < 60  # unbounded, each would take hours
    assert peak < 200 * MIB
