"""Build real archives for the tests, honest ones and ones with patched bytes."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

from gatekeeper.artifacts.opening import Opened, open_artifact

if TYPE_CHECKING:
    from pathlib import Path

PKG_INFO = b"Metadata-Version: 2.2\nName: pkg\nVersion: 1.0\n"
SDIST = {"pkg-1.0/PKG-INFO": PKG_INFO, "pkg-1.0/setup.py": b"from setuptools import setup\nsetup()\n"}
METADATA = b"Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n"


def zip_bytes(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)
        archive.comment = comment
    return out.getvalue()


class Unseekable(io.RawIOBase):
    """A sink that cannot seek, so that writers fall back to data descriptors."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        self.content += bytes(content)  # type: ignore[call-overload]
        return len(bytes(content))  # type: ignore[call-overload]


def streamed_zip(files: dict[str, bytes], *, wide: bool = False) -> bytes:
    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as member:
                member.write(content)
    return bytes(sink.content)


def wheel_files(extra: dict[str, bytes] | None = None, record: str | None = None) -> dict[str, bytes]:
    files = {"pkg/__init__.py": b"x = 1\n", **(extra or {})}
    files |= {"pkg-1.0.dist-info/METADATA": METADATA, "pkg-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\n"}
    rows = [f"{name},sha256=x,{len(content)}" for name, content in files.items()]
    full = "\n".join([*rows, "pkg-1.0.dist-info/RECORD,,"]) + "\n"
    return files | {"pkg-1.0.dist-info/RECORD": (full if record is None else record).encode()}


def tar_member(
    name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname, member.mode = len(content), kind, link, mode
    member.pax_headers = {}
    return member


def tar_bytes(
    *members: tuple[tarfile.TarInfo, bytes], compression: str = "gz", style: int = tarfile.GNU_FORMAT
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}", format=style) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def sdist_members(*more: tuple[tarfile.TarInfo, bytes]) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [*((tar_member(name, content), content) for name, content in SDIST.items()), *more]


def sdist(*more: tuple[tarfile.TarInfo, bytes], compression: str = "gz", style: int = tarfile.GNU_FORMAT) -> bytes:
    return tar_bytes(*sdist_members(*more), compression=compression, style=style)


def header(
    name: bytes,
    size: int = 0,
    *,
    kind: bytes = b"0",
    magic: bytes = b"ustar\x0000",
    link: bytes = b"",
    prefix: bytes = b"",
) -> bytes:
    """Write one tar header by hand, with its checksum."""
    block = bytearray(512)
    block[0 : len(name)] = name
    block[100:108], block[108:116], block[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    block[124:136], block[136:148] = b"%011o\0" % size, b"00000000000\0"
    block[156:157], block[157 : 157 + len(link)] = kind, link
    block[257 : 257 + len(magic)] = magic
    block[345 : 345 + len(prefix)] = prefix
    return with_checksum(bytes(block))


def with_checksum(block: bytes) -> bytes:
    summed = sum(block[:148] + b" " * 8 + block[156:512])
    return block[:148] + b"%06o\0 " % summed + block[156:]


def padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def pax(records: dict[str, str], kind: bytes = b"x") -> bytes:
    """Write a pax extended header by hand."""
    content = b""
    for key, value in records.items():
        rest = f" {key}={value}\n".encode()
        length = len(rest)
        while len(str(length)) + len(rest) != length:
            length = len(str(length)) + len(rest)
        content += str(length).encode() + rest
    return header(b"PaxHeader", len(content), kind=kind) + padded(content)


def plain_tar(*pieces: bytes) -> bytes:
    return b"".join(pieces) + bytes(1024)


def file_piece(name: bytes, content: bytes = b"x = 1\n", **how: bytes) -> bytes:
    return header(name, len(content), **how) + padded(content)  # type: ignore[arg-type]


def opened(folder: Path, content: bytes, filename: str, **how: str) -> Opened:
    path = folder / "artifact"
    path.write_bytes(content)
    return open_artifact(path, filename, **how)


def central(content: bytes, index: int = 0) -> int:
    """Where the n-th central header starts."""
    at = content.index(b"PK\1\2")
    for _ in range(index):
        at = content.index(b"PK\1\2", at + 4)
    return at


def patched(content: bytes, at: int, form: str, *values: int) -> bytes:
    """Overwrite bytes at a place with packed numbers."""
    new = struct.pack(form, *values)
    return content[:at] + new + content[at + len(new) :]
