"""A zip's central directory and its end records."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault

if TYPE_CHECKING:
    import mmap

_END = Struct("<4s4H2IH")
_LOCATOR = Struct("<4sIQI")
_END64 = Struct("<4sQ2H2I4Q")
_CENTRAL = Struct("<4s6H3I5H2I")
_LONGEST_COMMENT = 0xFFFF
_MASKED16, _MASKED = 0xFFFF, 0xFFFFFFFF
_UTF8 = 0x800
_NEWEST = 63  # version 6.3, the newest that readers know
_ZIP64, _UNICODE_PATH = 0x0001, 0x7075


class Directory(NamedTuple):
    """Where the central directory is, and how many members it lists."""

    offset: int
    size: int
    members: int


class Header(NamedTuple):
    """What the central directory says of one member; sizes and offset in bytes."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    attributes: int


def decoded_name(header: Header) -> str:
    """Decode a member's name as zip readers do: UTF-8 when its flag says so, else code page 437."""
    if header.flags & _UTF8:
        try:
            return header.name.decode("utf-8")
        except UnicodeDecodeError:
            raise Fault("a name that is not the UTF-8 it claims to be", header.name.decode("cp437")) from None
    return header.name.decode("ascii" if header.name.isascii() else "cp437")


def find_directory(buffer: mmap.mmap) -> Directory:
    """Find the central directory from the end of the file; it must fill the space before its end record."""
    at = buffer.rfind(b"PK\5\6", max(0, len(buffer) - _END.size - _LONGEST_COMMENT))
    if at < 0 or at + _END.size > len(buffer):
        raise Fault("no end of a zip's directory: truncated, or not a zip")
    _, disk, first_disk, here, count, size, offset, comment = _END.unpack_from(buffer, at)
    if at + _END.size + comment != len(buffer):
        raise Fault("bytes after the end of the zip")
    found = Directory(offset, size, count)
    end = at
    if at >= _LOCATOR.size and buffer[at - _LOCATOR.size : at - _LOCATOR.size + 4] == b"PK\6\7":
        end, found = _wide_directory(buffer, at - _LOCATOR.size, found)
    if disk not in {0, _MASKED16} or first_disk not in {0, _MASKED16} or here != count:
        raise Fault("one part of a zip in several")
    if found.size > limits.MAX_ZIP_DIRECTORY or found.members > limits.MAX_MEMBERS:
        raise Fault(f"it holds more than {limits.MAX_MEMBERS} members")
    if found.offset + found.size != end:
        raise Fault("its directory is not where its end says: bytes were put before or into the zip")
    return found


def _wide_directory(buffer: mmap.mmap, locator: int, narrow: Directory) -> tuple[int, Directory]:
    """Read the ZIP64 end record, which must not contradict the narrow one."""
    _, disk, at, disks = _LOCATOR.unpack_from(buffer, locator)
    if disk or disks > 1 or at != locator - _END64.size:
        raise Fault("its ZIP64 end record is not where its locator says")
    magic, length, _, _, disk, first_disk, here, count, size, offset = _END64.unpack_from(buffer, at)
    if magic != b"PK\6\6" or length != _END64.size - 12 or disk or first_disk or here != count:
        raise Fault("its ZIP64 end record is malformed")
    wide = Directory(offset, size, count)
    for old, new, masked in zip(narrow, wide, (_MASKED, _MASKED, _MASKED16), strict=True):
        if old not in {masked, new}:
            raise Fault("its two end records disagree")
    return at, wide


def central_headers(buffer: mmap.mmap, directory: Directory) -> list[Header]:
    """Read every entry of the central directory; together they must fill it."""
    content = buffer[directory.offset : directory.offset + directory.size]
    headers: list[Header] = []
    at = 0
    for _ in range(directory.members):
        if at + _CENTRAL.size > len(content):
            raise Fault("its directory lists fewer members than it says")
        fields = _CENTRAL.unpack_from(content, at)
        name_end = at + _CENTRAL.size + fields[10]
        extra_end = name_end + fields[11]
        name = content[at + _CENTRAL.size : name_end]
        header = Header(name, fields[3], fields[4], fields[7], fields[8], fields[9], fields[16], fields[15])
        if fields[0] != b"PK\1\2" or extra_end + fields[12] > len(content) or fields[13]:
            raise Fault("its directory is malformed")
        if fields[2] > _NEWEST:
            raise Fault(f"it needs version {fields[2] / 10} of the zip format", decoded_name(header))
        headers.append(_with_extra(header, content[name_end:extra_end]))
        at = extra_end + fields[12]
    if at != len(content):
        raise Fault("its directory lists more members than it says")
    return headers


def _with_extra(header: Header, extra: bytes) -> Header:
    """Take the wide sizes and offset from the extra fields; refuse a second name that differs."""
    if not extra and _MASKED not in header[4:7]:
        return header
    at, wide = 0, b""
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        value = extra[at + 4 : at + 4 + length]
        if len(value) != length:
            raise Fault("its extra fields are malformed", decoded_name(header))
        if kind == _UNICODE_PATH and value[5:] != decoded_name(header).encode():
            raise Fault("it has two names that differ", decoded_name(header))
        if kind == _ZIP64:
            if wide:
                raise Fault("it has two ZIP64 fields", decoded_name(header))
            wide = value
        at += 4 + length
    return _widened(header, wide)


def _widened(header: Header, wide: bytes) -> Header:
    values = [header.size, header.packed, header.offset]
    for index, value in enumerate(values):
        if value != _MASKED:
            continue
        if len(wide) < 8:  # noqa: PLR2004 - eight bytes hold one wide number
            raise Fault("a size is missing", decoded_name(header))
        values[index], wide = int.from_bytes(wide[:8], "little"), wide[8:]
    size, packed, offset = values
    return header._replace(size=size, packed=packed, offset=offset)
