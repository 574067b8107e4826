from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from typing import TYPE_CHECKING

import pytest

from gatekeeper.artifacts import limits
from gatekeeper.errors import UnreadableError
from gatekeeper.model import Unread
from tests.artifacts.building import (
    PKG_INFO,
    SDIST,
    file_piece,
    header,
    opened,
    padded,
    pax,
    plain_tar,
    sdist,
    sdist_members,
    tar_bytes,
    tar_member,
    with_checksum,
    zip_bytes,
)

if TYPE_CHECKING:
    from pathlib import Path

NAME = "pkg-1.0.tar.gz"
GOOD = file_piece(b"pkg/setup.py")
LONG = "pkg-1.0/" + "x" * 120 + ".py"


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return tar_member(name, kind=kind, link=target), b""


def file(name: str, content: bytes = b"x = 1\n", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    return tar_member(name, content, mode=mode), content


def special(name: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tar_member(name, kind=kind), b""


REFUSED_MEMBERS = {
    "an absolute path": (file("/etc/passwd"), "absolute"),
    "a path that leads upwards": (file("pkg-1.0/../../evil.py"), "upwards"),
    "a drive": (file("C:/evil.py"), "drive"),
    "a drive below the top folder": (file("pkg-1.0/C:evil.py"), "drive"),
    "a backslash": (file("pkg-1.0/..\\..\\evil.py"), "backslash"),
    "a newline in a name": (file("pkg-1.0/a\nb.py"), "control"),
    "a symlink upwards": (link("pkg-1.0/a.py", "../../evil.py"), "leads out of the archive"),
    "a symlink beside the top folder": (link("pkg-1.0/a.py", "../other/evil.py"), "leads out of the archive"),
    "an absolute symlink": (link("pkg-1.0/a.py", "/etc/passwd"), "leads out of the archive"),
    "a symlink to a drive": (link("pkg-1.0/a.py", "C:/evil"), "leads out of the archive"),
    "a hard link upwards": (link("pkg-1.0/a.py", "../evil.py", tarfile.LNKTYPE), "upwards"),
    "an absolute hard link": (link("pkg-1.0/a.py", "/etc/passwd", tarfile.LNKTYPE), "absolute"),
    "a hard link to nothing": (link("pkg-1.0/a.py", "pkg-1.0/b.py", tarfile.LNKTYPE), "hard link to nothing"),
    "a hard link to itself": (link("pkg-1.0/a.py", "pkg-1.0/a.py", tarfile.LNKTYPE), "hard link to nothing"),
    "a fifo": (special("pkg-1.0/a", tarfile.FIFOTYPE), "a pipe"),
    "a character device": (special("pkg-1.0/a", tarfile.CHRTYPE), "a device"),
    "a block device": (special("pkg-1.0/a", tarfile.BLKTYPE), "a device"),
    "an unknown kind": (special("pkg-1.0/a", b"Q"), "unknown kind"),
    "a file named twice": (file("pkg-1.0/setup.py", b"evil()"), "same name"),
    "a file named twice in another case": (file("pkg-1.0/Setup.py", b"evil()"), "same name where case"),
    "a link over a file": (link("pkg-1.0/setup.py", "PKG-INFO"), "same name"),
    "a file below a file": (file("pkg-1.0/setup.py/evil.py"), "a file and a folder"),
}


@pytest.mark.parametrize("case", REFUSED_MEMBERS, ids=str)
@pytest.mark.parametrize("style", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_a_member_made_to_mislead_is_refused(tmp_path: Path, case: str, style: int) -> None:
    member, why = REFUSED_MEMBERS[case]
    with pytest.raises(UnreadableError) as caught:
        opened(tmp_path, sdist(member, style=style), NAME)
    assert why in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_below_a_link_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="a file and a folder"):
        opened(tmp_path, sdist(link("pkg-1.0/l", "."), file("pkg-1.0/l/evil.py")), NAME)


def test_a_link_that_leaves_through_another_link_is_refused(tmp_path: Path) -> None:
    through = (
        link("pkg-1.0/deep/er/up", "../.."),
        link("pkg-1.0/out", "deep/er/up/../evil"),
        file("pkg-1.0/deep/er/a"),
    )
    with pytest.raises(UnreadableError, match="'out': the link leads out"):
        opened(tmp_path, sdist(*through), NAME)


BROKEN = {
    "a wrong checksum": (GOOD + b"pkg/b.py" + header(b"pkg/b.py")[:148][8:] + header(b"pkg/a.py")[148:], "checksum"),
    "a number that is none": (
        GOOD + with_checksum(header(b"pkg/b.py")[:124] + b"00000000x10\0" + header(b"pkg/b.py")[136:]),
        "malformed",
    ),
    "a time that is none": (
        GOOD + with_checksum(header(b"pkg/b.py")[:136] + b"00 00" + header(b"pkg/b.py")[141:]),
        "malformed",
    ),
    "a mode in no known form": (
        GOOD + with_checksum(header(b"pkg/b.py")[:100] + b"\xa4" + header(b"pkg/b.py")[101:]),
        "malformed",
    ),
    "a global pax header before nothing": (GOOD + pax({"comment": "1"}, kind=b"g"), "no member after it"),
    "a negative number": (
        GOOD + with_checksum(header(b"pkg/b.py")[:124] + b"\xff" * 12 + header(b"pkg/b.py")[136:]),
        "malformed",
    ),
    "a huge number": (
        GOOD + with_checksum(header(b"pkg/b.py")[:124] + b"\x80" + b"\xff" * 11 + header(b"pkg/b.py")[136:]),
        "truncated",
    ),
    "a folder with bytes": (GOOD + header(b"pkg/d", 6, kind=b"5") + padded(b"x = 1\n"), "holds bytes"),
    "a link with bytes": (GOOD + header(b"pkg/d", 6, kind=b"2", link=b"setup.py") + padded(b"x = 1\n"), "holds bytes"),
    "a link to nowhere": (GOOD + header(b"pkg/d", kind=b"2"), "link to nowhere"),
    "a file named as a folder": (GOOD + file_piece(b"pkg/d/"), "name is a folder's"),
    "a GNU sparse file": (GOOD + header(b"pkg/d", kind=b"S"), "sparse"),
    "a pax sparse file": (
        GOOD + pax({"GNU.sparse.major": "1", "GNU.sparse.name": "pkg/x"}) + file_piece(b"pkg/d"),
        "sparse",
    ),
    "a volume label": (GOOD + header(b"label", kind=b"V"), "volume label"),
    "a pax size that hides a member": (GOOD + pax({"size": "1024"}) + file_piece(b"pkg/d") + GOOD, "pax size"),
    "a pax path over a name that fits": (GOOD + pax({"path": "pkg/evil.py"}) + file_piece(b"pkg/d.py"), "another name"),
    "an empty pax path": (GOOD + pax({"path": ""}) + file_piece(b"pkg/d.py"), "another name"),
    "a pax link over a link that fits": (
        GOOD + pax({"linkpath": "evil"}) + header(b"pkg/d", kind=b"2", link=b"setup.py"),
        "another name",
    ),
    "a pax path that leads upwards": (GOOD + pax({"path": "../" + "x" * 200}) + file_piece(b"x" * 100), "upwards"),
    "a global pax path": (pax({"path": "pkg/evil.py"}, kind=b"g") + GOOD, "renames members"),
    "a global pax size": (pax({"size": "0"}, kind=b"g") + GOOD, "renames members"),
    "a pax header twice": (GOOD + pax({"mtime": "1"}) + pax({"mtime": "2"}) + GOOD, "two extended headers"),
    "a pax record twice": (GOOD + header(b"P", 14, kind=b"x") + padded(b"7 a=12\n7 a=13\n") + GOOD, "malformed pax"),
    "a pax record of a wrong length": (GOOD + header(b"P", 7, kind=b"x") + padded(b"9 a=12\n") + GOOD, "malformed pax"),
    "a pax header before nothing": (GOOD + pax({"mtime": "1"}), "no member after it"),
    "a GNU long name over a name that fits": (
        GOOD + header(b"L", 12, kind=b"L") + padded(b"pkg/evil.py\0") + file_piece(b"pkg/d.py"),
        "another name",
    ),
    "a GNU and a pax name": (
        GOOD
        + header(b"L", 121, kind=b"L")
        + padded(b"y" * 120 + b"\0")
        + pax({"path": "z" * 120})
        + file_piece(b"y" * 100),
        "another name",
    ),
    "a NUL inside a GNU long name": (
        GOOD + header(b"L", 201, kind=b"L") + padded(b"y" * 120 + b"\0" + b"z" * 79 + b"\0") + file_piece(b"y" * 100),
        "control",
    ),
    "a prefix that only some readers see": (
        GOOD + file_piece(b"setup.py", magic=b"ustar  \0", prefix=b"pkg/evil"),
        "differently",
    ),
    "a single zero block in the middle": (GOOD + bytes(512) + file_piece(b"pkg/evil.py"), "after the end of the tar"),
    "a second tar behind the first": (GOOD + bytes(1024) + GOOD, "after the end of the tar"),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_tar_that_readers_could_disagree_on_is_refused(tmp_path: Path, case: str, pack: type) -> None:
    pieces, why = BROKEN[case]
    with pytest.raises(UnreadableError) as caught:
        opened(tmp_path, pack(plain_tar(pieces)), NAME)
    assert why in caught.value.message


def test_a_tar_cut_short_is_refused(tmp_path: Path) -> None:
    whole = plain_tar(GOOD, file_piece(b"pkg/b.py"))
    for length in (1024, 1500, 1536 + 3, 2048):
        with pytest.raises(UnreadableError, match="truncated"):
            opened(tmp_path, whole[:length], NAME)


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_a_compressed_stream_cut_short_or_followed_by_something_is_refused(tmp_path: Path, compression: str) -> None:
    whole = sdist(compression=compression)
    for content, why in (
        (whole[:-3], "truncated"),
        (whole[: len(whole) // 2], "truncated"),
        (whole + b"junk", "after the end"),
        (whole + bytes(9) + b"x", "after the end"),
    ):
        with pytest.raises(UnreadableError, match=why):
            opened(tmp_path, content, NAME)
    with opened(tmp_path, whole + bytes(512), NAME) as archive:
        assert archive.read("PKG-INFO") == PKG_INFO


def test_a_second_gzip_member_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="after the end of the compressed archive"):
        opened(tmp_path, sdist() + gzip.compress(b""), NAME)


def test_parallel_bzip2_opens_and_its_bombs_do_not(tmp_path: Path) -> None:
    whole = sdist(compression="")
    with opened(tmp_path, bz2.compress(whole[:700]) + bz2.compress(whole[700:]), NAME) as archive:
        assert archive.read("PKG-INFO") == PKG_INFO


def test_a_flipped_bit_in_a_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(sdist())
    content[-8] ^= 1  # the checksum
    with pytest.raises(UnreadableError, match="incorrect data check"):
        opened(tmp_path, bytes(content), NAME)


def bomb(compress: object) -> bytes:
    """Pack a tar that claims one member of a GiB of zeros."""
    start, zeros = header(b"pkg/zeros", 1024 * limits.MIB), bytes(limits.MIB)
    return b"".join([compress.compress(start), *(compress.compress(zeros) for _ in range(256)), compress.flush()])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "make",
    [lambda: zlib.compressobj(9, wbits=31), lambda: bz2.BZ2Compressor(1), lambda: lzma.LZMACompressor(preset=0)],
    ids=["gz", "bz2", "xz"],
)
def test_a_bomb_is_abandoned_while_it_inflates(tmp_path: Path, make: object) -> None:
    import tracemalloc

    content = bomb(make())  # type: ignore[operator]
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableError, match=r"unpacks to more than \d+ MiB"):
            opened(tmp_path, content, NAME)
        assert tracemalloc.get_traced_memory()[1] < 180 * limits.MIB
    finally:
        tracemalloc.stop()


def test_an_xz_that_asks_for_too_much_memory_is_refused(tmp_path: Path) -> None:
    # The dictionary's size is a byte in the block header: write it small, then claim more.
    content = bytearray(
        lzma.compress(sdist(compression=""), format=lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0}])
    )
    block = 12
    length = (content[block] + 1) * 4
    at = content.index(b"\x21\x01", block) + 2
    content[at] = 40
    content[block + length - 4 : block + length] = zlib.crc32(bytes(content[block : block + length - 4])).to_bytes(
        4, "little"
    )
    with pytest.raises(UnreadableError, match="Memory usage limit"):
        opened(tmp_path, bytes(content), NAME)


def test_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit, why in (
        ("MAX_MEMBERS", 1, "more than 1 members"),
        ("MAX_TAR_UNPACKED", 600, "unpacks to more"),
        ("MAX_PAX_HEADER", 10, "extended header"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(limits, name, limit)
            with pytest.raises(UnreadableError, match=why):
                opened(tmp_path, sdist(file(LONG)), NAME)
    monkeypatch.setattr(limits, "MAX_LINKS", 1)
    with pytest.raises(UnreadableError, match="more than 1 links"):
        opened(tmp_path, sdist(link("pkg-1.0/a", "setup.py"), link("pkg-1.0/b", "setup.py")), NAME)


def test_linked_folders_cannot_multiply_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_MEMBERS", 100)
    files = [file(f"pkg-1.0/d/{n}.py") for n in range(20)]
    links = [link(f"pkg-1.0/l{n}", "d") for n in range(20)]
    with pytest.raises(UnreadableError, match="links make more than"):
        opened(tmp_path, sdist(*files, *links), NAME)


def test_zip_bytes_under_a_tar_name_are_read_as_what_they_are(tmp_path: Path) -> None:
    with opened(tmp_path, zip_bytes(SDIST), NAME) as archive:
        assert (archive.kind, archive.root) == ("sdist", "pkg-1.0")
        assert archive.read("PKG-INFO") == PKG_INFO


def test_a_tar_that_other_readers_take_for_a_zip_is_refused(tmp_path: Path) -> None:
    inner = zip_bytes({"evil/setup.py": b"evil()"})
    with pytest.raises(UnreadableError, match="take for a zip"):
        opened(tmp_path, sdist(file("pkg-1.0/x.zip", inner), compression=""), NAME)
    with opened(tmp_path, sdist(file("pkg-1.0/x.txt", b"PK"), compression=""), NAME) as archive:
        assert archive.read("x.txt") == b"PK"


@pytest.mark.parametrize(
    "content", [b"", b"MZ\x90\0" + bytes(2000), b"hello\n" * 300, b"\x1f\x9d\x90" + bytes(900), bytes(10240)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableError, match="neither a zip nor a tar"):
        opened(tmp_path, content, NAME)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    from gatekeeper.artifacts.opening import open_artifact

    with pytest.raises(UnreadableError, match="No such file"):
        open_artifact(tmp_path / "none", NAME)


HONEST = {
    "gzip": sdist(),
    "bzip2": sdist(compression="bz2"),
    "xz": sdist(compression="xz"),
    "plain": sdist(compression=""),
    "pax": sdist(file(LONG), file("pkg-1.0/\u4e2d.txt"), style=tarfile.PAX_FORMAT),
    "long names": sdist(file("pkg-1.0/" + "y/" * 30 + "x" * 150), link("pkg-1.0/l", "./" * 60 + "setup.py")),
    "ustar prefix": sdist(file("pkg-1.0/" + "y" * 90 + "/" + "x" * 90), style=tarfile.USTAR_FORMAT),
    "folders": sdist(special("pkg-1.0", tarfile.DIRTYPE), special("pkg-1.0/empty", tarfile.DIRTYPE)),
    "executables": sdist(file("pkg-1.0/run.sh", mode=0o755)),
    "an empty file": sdist(file("pkg-1.0/__init__.py", b"")),
    "the same file twice": sdist(file("pkg-1.0/PKG-INFO", PKG_INFO)),
    "a dot in front": tar_bytes(*((tar_member("./" + m.name, c), c) for m, c in sdist_members())),
    "doubled slashes": tar_bytes(*((tar_member(m.name.replace("/", "//"), c), c) for m, c in sdist_members())),
    "a global pax header": gzip.compress(plain_tar(pax({"comment": "c0ffee"}, kind=b"g"), *(file_piece(k.encode(), v) for k, v in SDIST.items()))),
    "no end mark": gzip.compress(b"".join(file_piece(k.encode(), v) for k, v in SDIST.items())),
    "an end mark of one block": gzip.compress(b"".join(file_piece(k.encode(), v) for k, v in SDIST.items()) + bytes(512)),
    "before ustar": gzip.compress(plain_tar(header(b"pkg-1.0/", kind=b"\0", magic=b""), *(file_piece(k.encode(), v, kind=b"\0", magic=b"") for k, v in SDIST.items()))),
    "negative and wide numbers": gzip.compress(plain_tar(*(with_checksum(h[:108] + b"\xff" * 8 + b"\x80" + bytes(7) + h[124:136] + b"\xff" * 12 + h[148:512]) + h[512:] for h in (file_piece(k.encode(), v) for k, v in SDIST.items())))),
    "blank numbers": gzip.compress(plain_tar(*(with_checksum(h[:100] + b" " * 24 + h[124:136] + bytes(12) + h[148:512]) + h[512:] for h in (file_piece(k.encode(), v) for k, v in SDIST.items())))),
    "a name that is not UTF-8": gzip.compress(plain_tar(file_piece(b"pkg-1.0/caf\xe9.txt"), *(file_piece(k.encode(), v) for k, v in SDIST.items()))),
    "a repeated name in its own header": gzip.compress(plain_tar(pax({"path": "pkg-1.0/PKG-INFO", "size": str(len(PKG_INFO)), "mtime": "1.5"}), file_piece(b"pkg-1.0/PKG-INFO", PKG_INFO), file_piece(b"pkg-1.0/setup.py", SDIST["pkg-1.0/setup.py"]))),
}  # fmt: skip


@pytest.mark.parametrize("case", HONEST, ids=str)
def test_an_honest_sdist_opens_and_reads_as_pythons_own_reader_reads_it(tmp_path: Path, case: str) -> None:
    with opened(tmp_path, HONEST[case], NAME) as archive:
        assert archive.kind == "sdist"
        assert archive.root == "pkg-1.0"
        assert archive.unread == ()
        with tarfile.open(fileobj=io.BytesIO(HONEST[case])) as theirs:
            sizes = sorted(
                member.size for name, member in {m.name: m for m in theirs.getmembers()}.items() if member.isfile()
            )
        assert sorted(m.size for m in archive.members.values() if m.link is None) == sizes
        for name, content in SDIST.items():
            assert archive.read(name.partition("/")[2]) == content
            assert b"".join(archive.chunks(name.partition("/")[2])) == content
            assert archive.read_up_to(name.partition("/")[2], 4) == content[:4]


def test_links_inside_the_tree_give_the_bytes_they_lead_to(tmp_path: Path) -> None:
    more = (
        link("pkg-1.0/hard.py", "pkg-1.0/setup.py", tarfile.LNKTYPE),
        link("pkg-1.0/docs/soft.py", "../hard.py"),
        file("pkg-1.0/src/m/x.py", b"y = 2\n"),
        link("pkg-1.0/m", "src/m"),
    )
    with opened(tmp_path, sdist(*more), NAME) as archive:
        assert archive.read("hard.py") == archive.read("docs/soft.py") == SDIST["pkg-1.0/setup.py"]
        assert archive.members["docs/soft.py"].link == "setup.py"
        assert archive.read("m/x.py") == b"y = 2\n"
        assert archive.members["m/x.py"].link == "src/m/x.py"
        assert archive.unread == ()


def test_links_that_lead_nowhere_are_named_as_unread(tmp_path: Path) -> None:
    more = (
        link("pkg-1.0/gone", "build/x.py"),
        link("pkg-1.0/a", "b"),
        link("pkg-1.0/b", "a"),
        link("pkg-1.0/self", "."),
        file("pkg-1.0/d/x.py"),
        link("pkg-1.0/d/e", "../f"),
        file("pkg-1.0/f/y.py"),
        link("pkg-1.0/g", "d"),
    )
    with opened(tmp_path, sdist(*more), NAME) as archive:
        assert {unread.path for unread in archive.unread} == {"gone", "a", "b", "self", "g/e"}
        assert Unread("gone", "a link to something that is not in the archive") in archive.unread
        assert "g/x.py" in archive.members


def test_several_top_entries_leave_paths_as_they_are(tmp_path: Path) -> None:
    with opened(tmp_path, sdist(file("pax_global_header", b"52 comment=c0ffee\n")), NAME) as archive:
        assert archive.root == ""
        assert archive.read("pkg-1.0/PKG-INFO") == PKG_INFO
    with opened(tmp_path, tar_bytes(file("setup.py"), file("PKG-INFO", PKG_INFO)), NAME) as archive:
        assert archive.root == ""
        assert archive.read("PKG-INFO") == PKG_INFO


def test_an_executable_is_marked(tmp_path: Path) -> None:
    with opened(tmp_path, HONEST["executables"], NAME) as archive:
        assert archive.members["run.sh"].executable
        assert not archive.members["setup.py"].executable


NPM = [file("package/package.json", b"{}"), file("package/index.js", b"1")]


def test_an_npm_tarball_loses_its_first_folder_whatever_it_is_called(tmp_path: Path) -> None:
    with opened(tmp_path, tar_bytes(*NPM, file("other/x.js")), "a-1.0.0.tgz") as archive:
        assert archive.kind == "npm"
        assert set(archive.members) == {"package.json", "index.js", "x.js"}
    with opened(tmp_path, tar_bytes(*NPM), "a-1.0.0.tgz", ecosystem="pypi") as archive:
        assert archive.kind == "sdist"
    with opened(tmp_path, tar_bytes(*NPM), "anything", ecosystem="npm") as archive:
        assert archive.kind == "npm"


def test_a_tgz_that_could_be_either_needs_to_be_told(tmp_path: Path) -> None:
    content = tar_bytes(*NPM, file("package/setup.py"))
    with pytest.raises(UnreadableError, match="nobody said which"):
        opened(tmp_path, content, "a-1.0.0.tgz")
    with opened(tmp_path, content, "a-1.0.0.tgz", ecosystem="pypi") as archive:
        assert archive.kind == "sdist"


def test_two_npm_members_that_become_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="same name"):
        opened(tmp_path, tar_bytes(*NPM, file("other/index.js", b"evil")), "a-1.0.0.tgz")


def test_a_wheel_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="a wheel that is not a zip"):
        opened(tmp_path, sdist(), "pkg-1.0-py3-none-any.whl")
