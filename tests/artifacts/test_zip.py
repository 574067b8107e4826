from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from gatekeeper.artifacts import limits
from gatekeeper.errors import UnreadableError
from tests.artifacts.building import central, opened, patched, streamed_zip, wheel_files, zip_bytes

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "pkg-1.0-py3-none-any.whl"
ONE = {"a.py": b"print('a')\n" * 50}
TWO = {"a.py": b"print('a')\n" * 50, "b.py": b"print('b')\n" * 50}


def end(content: bytes) -> int:
    return content.rindex(b"PK\5\6")


def with_prefix(content: bytes) -> bytes:
    return b"#!/bin/sh\n" + content


def with_corrected_prefix(content: bytes) -> bytes:
    shift = 16
    at = central(content)
    content = patched(content, at + 42, "<I", shift)
    content = patched(content, end(content) + 16, "<I", at + shift)
    return b"PK\3\4" + bytes(shift - 4) + content


def with_second_zip(content: bytes) -> bytes:
    return content + zip_bytes({"evil.py": b"1"})


def with_local(offset: int, form: str, *values: int):
    return lambda content: patched(content, offset, form, *values)


def with_central(offset: int, form: str, *values: int):
    return lambda content: patched(content, central(content) + offset, form, *values)


def with_both(local: int, directory: int, form: str, *values: int):
    return lambda content: patched(patched(content, local, form, *values), central(content) + directory, form, *values)


def with_end(offset: int, form: str, *values: int):
    return lambda content: patched(content, end(content) + offset, form, *values)


def with_gap(content: bytes) -> bytes:
    at = central(content)
    content = content[:at] + b"hidden" + content[at:]
    return patched(content, end(content) + 16, "<I", at + 6)


def cut(content: bytes) -> bytes:
    return content[:-10]


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def with_name(name: bytes):
    return lambda content: content.replace(b"a.py", name)


def with_tar_header(content: bytes) -> bytes:
    """Make the first 512 bytes a tar header whose checksum is right."""
    block = bytearray(content[:512])
    block[124:136] = b"00000000000\0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + content[512:]


def test_a_zip_that_is_also_a_tar_is_refused(tmp_path: Path) -> None:
    content = zip_bytes({"a.py": bytes(2000)}, method=zipfile.ZIP_STORED)
    opened(tmp_path, content, "a.zip").close()
    with pytest.raises(UnreadableError, match="a zip and a tar at once"):
        opened(tmp_path, with_tar_header(content), "a.tar")


def with_unicode_path(content: bytes) -> bytes:
    """Put a second name into the directory's extra fields (Info-ZIP 0x7075)."""
    other = b"\1" + struct.pack("<I", zlib.crc32(b"a.py")) + b"b.py"
    extra = struct.pack("<HH", 0x7075, len(other)) + other
    at = central(content)
    content = patched(content, at + 30, "<H", len(extra))
    content = content[: at + 50] + extra + content[at + 50 :]
    return patched(content, end(content) + 12, "<I", end(content) - at)


MALFORMED = {
    "a script before the first member": (with_prefix, "unknown or unsupported"),
    "bytes before the first member, offsets corrected": (with_corrected_prefix, "bytes before"),
    "a second archive behind the first": (with_second_zip, "bytes were put before"),
    "trailing bytes": (lambda content: content + b"x", "after the end"),
    "trailing zeros": (lambda content: content + bytes(512), "after the end"),
    "a gap between members": (with_gap, "belong to no member"),
    "truncated at the end": (cut, "truncated"),
    "truncated in the middle": (cut_in_half, "truncated"),
    "another name in the local header": (with_local(30, "<B", ord("z")), "disagree on name"),
    "another method in the local header": (with_local(8, "<H", 0), "disagree on name, method"),
    "another flag in the local header": (with_local(6, "<H", 0x800), "disagree on name, method or flags"),
    "another size in the local header": (with_local(22, "<I", 5), "disagree on size"),
    "another packed size in the local header": (with_local(18, "<I", 5), "disagree on size"),
    "another checksum in the local header": (with_local(14, "<I", 5), "disagree on size or checksum"),
    "another size in the directory": (with_central(24, "<I", 5), "disagree on size"),
    "encrypted": (with_both(6, 8, "<H", 1), "encrypted"),
    "strongly encrypted": (with_both(6, 8, "<H", 0x41), "encrypted"),
    "unsupported compression": (with_both(8, 10, "<H", 99), "not supported"),
    "bzip2 inside": (with_both(8, 10, "<H", 12), "not supported"),
    "patched data": (with_both(6, 8, "<H", 0x20), "not supported"),
    "a member on another disk": (with_central(34, "<H", 1), "malformed"),
    "several disks": (with_end(4, "<H", 1), "in several"),
    "fewer members than counted": (with_end(8, "<HH", 2, 2), "fewer"),
    "more members than counted": (with_end(8, "<HH", 0, 0), "more"),
    "two different counts": (with_end(8, "<HH", 1, 2), "in several"),
    "a directory elsewhere": (with_end(16, "<I", 7), "not where its end says"),
    "a directory that is no directory": (with_central(0, "<I", 7), "malformed"),
    "a local header that is none": (with_local(0, "<I", 0x04034B51), "unknown or unsupported"),
    "a wide size that is missing": (with_central(24, "<I", 0xFFFFFFFF), "a size is missing"),
    "a name that leads upwards": (with_name(b"../a"), "upwards"),
    "an absolute name": (with_name(b"/a.p"), "absolute"),
    "a drive": (with_name(b"C:ap"), "drive"),
    "a backslash": (with_name(b"a\\py"), "backslash"),
    "a version nobody knows": (with_central(6, "<H", 64), "needs version 6.4"),
    "a NUL in a name": (with_name(b"a\0py"), "control"),
    "an escape in a name": (with_name(b"a\x1bpy"), "control"),
    "a fifo": (with_central(38, "<I", 0o010644 << 16), "neither a file"),
    "a device": (with_central(38, "<I", 0o020644 << 16), "neither a file"),
    "a folder named as a file": (with_central(38, "<I", 0o040755 << 16), "neither a file"),
    "a folder with bytes": (with_name(b"abc/"), "folder that holds bytes"),
    "two names": (with_unicode_path, "two names"),
    "a name that is not its encoding": (
        lambda content: with_both(6, 8, "<H", 0x800)(with_name(b"\xff.py")(content)),
        "UTF-8",
    ),
}


@pytest.mark.parametrize("case", MALFORMED, ids=str)
def test_a_malformed_zip_is_refused_in_one_line_that_names_it(tmp_path: Path, case: str) -> None:
    change, why = MALFORMED[case]
    content = zip_bytes({"a.py": bytes(range(256)) * 4})
    with opened(tmp_path, content, "a.zip") as honest:
        assert honest.read("a.py") == bytes(range(256)) * 4
    with pytest.raises(UnreadableError) as caught:
        opened(tmp_path, change(content), "some-1.0.zip")
    assert why in caught.value.message
    assert caught.value.message.startswith("cannot read some-1.0.zip: ")
    assert "\n" not in caught.value.message
    assert caught.value.message.isprintable()


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    content = zip_bytes(TWO)
    second = content.index(b"PK\3\4", 4)
    nested = patched(content, central(content) + 20, "<I", second + 10)
    nested = patched(nested, 18, "<I", second + 10)
    with pytest.raises(UnreadableError, match="overlap"):
        opened(tmp_path, nested, "a.zip")


def test_one_span_shared_by_two_members_is_refused(tmp_path: Path) -> None:
    content = zip_bytes(TWO)
    with pytest.raises(UnreadableError, match=r"overlap|disagree|belong to no member"):
        opened(tmp_path, patched(content, central(content, 1) + 42, "<I", 0), "a.zip")


def test_an_exact_duplicate_is_refused(tmp_path: Path) -> None:
    content = zip_bytes({"a.py": b"1", "b.py": b"2"}).replace(b"b.py", b"a.py")
    with pytest.raises(UnreadableError, match=r"'a\.py': another member has the same name"):
        opened(tmp_path, content, "a.zip")


@pytest.mark.parametrize(
    ("one", "other"), [("Setup.py", "setup.py"), ("caf\u00e9.py", "cafe\u0301.py"), ("STRASSE", "stra\u00dfe")]
)
def test_names_that_are_one_file_on_some_file_systems_are_refused(tmp_path: Path, one: str, other: str) -> None:
    with pytest.raises(UnreadableError, match="where case and Unicode form do not count"):
        opened(tmp_path, zip_bytes({one: b"1", other: b"2"}), "a.zip")


def test_folders_that_differ_in_case_only_are_no_collision(tmp_path: Path) -> None:
    with opened(tmp_path, zip_bytes({"E/a": b"1", "e/b": b"2"}), "a.zip") as archive:
        assert set(archive.members) == {"E/a", "e/b"}


@pytest.mark.parametrize("other", ["a/b.py", "A/b.py"])
def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, other: str) -> None:
    with pytest.raises(UnreadableError, match="a file and a folder"):
        opened(tmp_path, zip_bytes({"a": b"1", other: b"2"}), "a.zip")


def test_bytes_that_do_not_match_the_checksum_are_not_handed_out(tmp_path: Path) -> None:
    content = zip_bytes({"a.py": b"print(1)"}, method=zipfile.ZIP_STORED).replace(b"print(1)", b"print(2)")
    with (
        opened(tmp_path, content, "a.zip") as archive,
        pytest.raises(UnreadableError, match=r"'a\.py': its bytes do not match"),
    ):
        archive.read("a.py")
    with opened(tmp_path, content, "a.zip") as archive, pytest.raises(UnreadableError, match="do not match"):
        list(archive.chunks("a.py"))


@pytest.mark.parametrize("size", [5, 5_000_000])
def test_a_member_that_inflates_to_another_size_is_refused_when_read(tmp_path: Path, size: int) -> None:
    content = zip_bytes({"a.py": b"0" * 1_000_000})
    content = patched(patched(content, 22, "<I", size), central(content) + 24, "<I", size)
    with opened(tmp_path, content, "a.zip") as archive:
        with pytest.raises(UnreadableError, match=r"a\.py"):
            archive.read("a.py")
        with pytest.raises(UnreadableError, match=r"a\.py"):
            list(archive.chunks("a.py"))


def test_a_bomb_is_refused_before_anything_is_inflated(tmp_path: Path) -> None:
    content = zip_bytes({"a.bin": bytes(100 * limits.MIB)})
    with pytest.raises(UnreadableError, match="200 times its size"):
        opened(tmp_path, content, "a.zip")


def test_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = zip_bytes(TWO)
    for name, limit in (("MAX_MEMBERS", 1), ("MAX_ZIP_UNPACKED", 1000), ("MAX_MEMBER", 100), ("MAX_ZIP_DIRECTORY", 40)):
        with monkeypatch.context() as patch:
            patch.setattr(limits, name, limit)
            with pytest.raises(UnreadableError):
                opened(tmp_path, content, "a.zip")


@pytest.mark.parametrize("name", ["x/" * 64 + "a.py", "x" * 1100])
def test_paths_that_are_too_deep_or_too_long_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError, match="over 1024 characters or 64 folders"):
        opened(tmp_path, zip_bytes({name: b""}), "a.zip")


def test_an_empty_zip_is_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="holds no files"):
        opened(tmp_path, zip_bytes({}), "a.zip")


HONEST = {
    "deflated": zip_bytes(TWO),
    "stored": zip_bytes(TWO, method=zipfile.ZIP_STORED),
    "with a comment": zip_bytes(TWO, comment=b"made by hand"),
    "data descriptors": streamed_zip(TWO),
    "wide data descriptors": streamed_zip(TWO, wide=True),
    "folders": zip_bytes({"pkg/": b"", **TWO}),
    "a dot in front": zip_bytes({"./" + name: content for name, content in TWO.items()}),
    "an empty file": zip_bytes({"pkg/__init__.py": b"", **TWO}),
    "a name from an old code page": zip_bytes({"caf_.txt": b"", **TWO}).replace(b"caf_", b"caf\x82"),
    "a name in UTF-8": zip_bytes({"\u4e2d\u6587.txt": b"", **TWO}),
}


@pytest.mark.parametrize("case", HONEST, ids=str)
def test_an_honest_zip_opens(tmp_path: Path, case: str) -> None:
    with opened(tmp_path, HONEST[case], "a.zip") as archive:
        assert {name: archive.read(name) for name in TWO} == TWO
        assert {name: b"".join(archive.chunks(name)) for name in TWO} == TWO
        assert archive.unread == ()


def test_a_zip64_directory_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    content = zip_bytes(TWO)
    assert b"PK\6\6" in content
    with opened(tmp_path, content, "a.zip") as archive:
        assert archive.read("b.py") == TWO["b.py"]
    for change in (
        patched(content, content.index(b"PK\6\6") + 24, "<QQ", 7, 7),
        patched(content, content.index(b"PK\6\7") + 8, "<Q", 7),
    ):
        with pytest.raises(UnreadableError, match=r"disagree|not where its locator says|fewer"):
            opened(tmp_path, change, "a.zip")


def test_a_wide_size_in_the_directory_is_read(tmp_path: Path) -> None:
    """The twin of the refusal: both wide sizes are there, as a writer of huge files leaves them."""
    content = zip_bytes(ONE)
    at = central(content)
    packed, size = struct.unpack_from("<II", content, at + 20)
    extra = struct.pack("<HHQQ", 1, 16, size, packed)
    content = patched(patched(content, at + 20, "<II", 0xFFFFFFFF, 0xFFFFFFFF), at + 30, "<H", len(extra))
    content = content[: at + 50] + extra + content[at + 50 :]
    content = patched(content, end(content) + 12, "<I", end(content) - at)
    with opened(tmp_path, content, "a.zip") as archive:
        assert archive.read("a.py") == ONE["a.py"]


def test_executables_are_marked(tmp_path: Path) -> None:
    content = patched(zip_bytes(ONE), central(zip_bytes(ONE)) + 38, "<I", 0o100755 << 16)
    with opened(tmp_path, content, "a.zip") as archive:
        assert archive.members["a.py"].executable


def test_a_member_over_the_reading_limit_is_named_and_can_be_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_READ", 1000)
    content = wheel_files({"pkg/big.so": b"\x7fELF" + bytes(2000)})
    with opened(tmp_path, zip_bytes(content), WHEEL) as wheel:
        assert [unread.path for unread in wheel.unread] == ["pkg/big.so"]
        with pytest.raises(UnreadableError, match=r"'pkg/big\.so': larger than"):
            wheel.read("pkg/big.so")
        assert wheel.read_up_to("pkg/big.so", 4) == b"\x7fELF"
        assert b"".join(wheel.chunks("pkg/big.so")) == content["pkg/big.so"]
        assert wheel.read("pkg/__init__.py") == b"x = 1\n"


def test_a_member_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with opened(tmp_path, zip_bytes(ONE), "a.zip") as archive, pytest.raises(UnreadableError, match="no such member"):
        archive.read("b.py")
