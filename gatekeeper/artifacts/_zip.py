"""Zip archives, read so that no two readers can see different things in one (APPNOTE.TXT 6.3.10).

Every byte must be accounted for: local headers and their bytes from the first byte on, without gap or overlap, then
the central directory, then its end. Both headers of a member must agree.
"""

from __future__ import annotations

import stat
import zlib
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import safe_path
from gatekeeper.artifacts._tree import Entry, What
from gatekeeper.artifacts._zip_directory import Header, central_headers, decoded_name, find_directory

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterator
    from typing import BinaryIO

_LOCAL = Struct("<4s5H3I2H")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DESCRIPTOR = 0x8
_PATCHED = 0x20
_LEVEL = 0x6  # how hard the writer tried: of no consequence
_STORED, _DEFLATED = 0, 8
_MASKED = 0xFFFFFFFF
_ZIP64 = 0x0001
_WIDE_PAIR = Struct("<QQ")


class Span(NamedTuple):
    """Where a member's bytes are in the file, and what they must come to."""

    start: int
    packed: int
    size: int
    method: int
    crc: int


class ZipSource:
    """The bytes of a zip's members, inflated one by one when somebody asks."""

    def __init__(self, stream: BinaryIO, buffer: mmap.mmap) -> None:
        self._stream = stream
        self._buffer = buffer

    def entries(self) -> list[Entry]:
        """List the members once the whole structure has been found sound."""
        end = find_directory(self._buffer)
        headers = central_headers(self._buffer, end)
        for header in headers:
            _refuse_unsupported(header)
        self._refuse_bomb(headers)
        spans = self._spans(headers, end.offset)
        return [self._entry(header, span) for header, span in zip(headers, spans, strict=True)]

    def read(self, where: object, limit: int) -> bytes:
        """Return a member's first `limit` bytes; a whole member is checked against its size and CRC-32."""
        assert isinstance(where, Span)
        if limit < where.size:
            return self._prefix(where, limit)
        packed = self._buffer[where.start : where.start + where.packed]
        if where.method == _STORED:
            content = packed
        else:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            content = inflater.decompress(packed, where.size + 1)
            if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
                raise Fault("its bytes are not what its size says")
        if len(content) != where.size or zlib.crc32(content) != where.crc:
            raise Fault("its bytes do not match its size or checksum")
        return content

    def chunks(self, where: object) -> Iterator[bytes]:
        """Yield a member's bytes piece by piece; raise Fault at the end if size or CRC-32 are not right."""
        assert isinstance(where, Span)
        size = crc = 0
        for chunk in self._inflated(where):
            size += len(chunk)
            crc = zlib.crc32(chunk, crc)
            if size > where.size:
                break
            yield chunk
        if size != where.size or crc != where.crc:
            raise Fault("its bytes do not match its size or checksum")

    def close(self) -> None:
        """Let go of the file."""
        self._buffer.close()
        self._stream.close()

    def _prefix(self, span: Span, limit: int) -> bytes:
        found = bytearray()
        for chunk in self._inflated(span):
            found += chunk
            if len(found) >= limit:
                break
        if len(found) < limit:
            raise Fault("its bytes end early")
        return bytes(found[:limit])

    def _inflated(self, span: Span) -> Iterator[bytes]:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        end = span.start + span.packed
        for at in range(span.start, end, limits.CHUNK):
            packed = self._buffer[at : min(at + limits.CHUNK, end)]
            if span.method == _STORED:
                yield packed
                continue
            while packed and not inflater.eof:
                yield inflater.decompress(packed, limits.CHUNK)
                packed = inflater.unconsumed_tail
            if inflater.unused_data or (inflater.eof and at + limits.CHUNK < end):
                raise Fault("its bytes are not what its size says")

    def _entry(self, header: Header, span: Span) -> Entry:
        mode = header.attributes >> 16
        name = decoded_name(header)
        path = safe_path(name)
        kind = stat.S_IFMT(mode)
        if name.endswith("/"):
            if header.size:
                raise Fault("a folder that holds bytes", path)
            return Entry(path, What.FOLDER)
        if kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
            raise Fault("neither a file nor a folder", path)
        if not path:
            raise Fault("a member without a name", name)
        # pip writes a zip's symlink as a file that holds the target's name: that is what is judged.
        return Entry(path, What.FILE, header.size, bool(mode & 0o111), where=span)

    def _refuse_bomb(self, headers: list[Header]) -> None:
        total = sum(header.size for header in headers)
        if total > limits.MAX_ZIP_UNPACKED:
            raise Fault(f"it unpacks to more than {limits.MAX_ZIP_UNPACKED // limits.GIB} GiB")
        if total > max(limits.RATIO_FLOOR, limits.MAX_RATIO * len(self._buffer)):
            raise Fault(f"it unpacks to more than {limits.MAX_RATIO} times its size")

    def _spans(self, headers: list[Header], directory: int) -> list[Span]:
        """Walk the local headers in the order of the file: each must begin where the one before ends."""
        order = sorted(range(len(headers)), key=lambda index: headers[index].offset)
        starts = [headers[index].offset for index in order] + [directory]
        if starts[0]:
            raise Fault("bytes before the first member")
        spans: dict[int, Span] = {}
        for index, following in zip(order, starts[1:], strict=True):
            header = headers[index]
            start = self._bytes_start(header)
            end = start + header.packed
            if end > following:
                raise Fault("members overlap", decoded_name(header))
            rest = self._buffer[end : min(following, end + 25)]
            if rest and not (header.flags & _DESCRIPTOR and rest in _descriptors(header)):
                raise Fault("bytes that belong to no member come after it", decoded_name(header))
            spans[index] = Span(start, header.packed, header.size, header.method, header.crc)
        return [spans[index] for index in range(len(headers))]

    def _bytes_start(self, header: Header) -> int:
        """Return where a member's bytes start, once its local header has been found to agree with the directory."""
        at = header.offset
        if at + _LOCAL.size > len(self._buffer):
            raise Fault("its local header lies beyond the file", decoded_name(header))
        magic, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack_from(
            self._buffer, at
        )
        start: int = at + _LOCAL.size + name_length + extra_length
        name = self._buffer[at + _LOCAL.size : at + _LOCAL.size + name_length]
        extra = self._buffer[at + _LOCAL.size + name_length : start]
        if magic != b"PK\3\4":
            raise Fault("it has no local header", decoded_name(header))
        if name != header.name or method != header.method or (flags ^ header.flags) & ~_LEVEL:
            raise Fault("its two headers disagree on name, method or flags", decoded_name(header))
        if _MASKED in {size, packed}:
            size, packed = _zip64_sizes(extra, size, packed)
        written = (crc, packed, size)
        if written != (header.crc, header.packed, header.size) and not (
            flags & _DESCRIPTOR and _left_open(written, header)
        ):
            raise Fault("its two headers disagree on size or checksum", decoded_name(header))
        return start


def _left_open(written: tuple[int, int, int], header: Header) -> bool:
    """Whether a local header leaves to the data descriptor what was not known when it was written."""
    known = (header.crc, header.packed, header.size)
    return all(value in {0, _MASKED, true} for value, true in zip(written, known, strict=True))


def _zip64_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = extra[at] | extra[at + 1] << 8, extra[at + 2] | extra[at + 3] << 8
        if kind == _ZIP64 and length >= _WIDE_PAIR.size:
            wide = _WIDE_PAIR.unpack(extra[at + 4 : at + 20].ljust(_WIDE_PAIR.size, b"\0"))
            return (wide[0] if size == _MASKED else size), (wide[1] if packed == _MASKED else packed)
        at += 4 + length
    return size, packed


def _descriptors(header: Header) -> set[bytes]:
    """Return the forms in which writers put a data descriptor: with and without its mark, narrow and wide."""
    forms = {Struct("<IQQ").pack(header.crc, header.packed, header.size)}
    if max(header.packed, header.size) <= _MASKED:
        forms.add(Struct("<III").pack(header.crc, header.packed, header.size))
    return forms | {b"PK\7\x08" + form for form in forms}


def _refuse_unsupported(header: Header) -> None:
    name = decoded_name(header)
    if header.flags & _ENCRYPTED:
        raise Fault("it is encrypted", name)
    if header.flags & _PATCHED or header.method not in {_STORED, _DEFLATED}:
        raise Fault(f"its compression method ({header.method}) is not supported", name)
    if header.method == _STORED and header.packed != header.size:
        raise Fault("it is stored, yet its two sizes differ", name)
    if header.size > limits.MAX_MEMBER:
        raise Fault(f"it is larger than {limits.MAX_MEMBER // limits.GIB} GiB", name)
