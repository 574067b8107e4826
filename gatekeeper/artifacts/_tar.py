"""Tar archives (ustar, GNU and pax), read so that no two readers can see different things in one.

A tar has no directory, so one pass reads all headers. Extensions may carry what a header cannot hold; where they
contradict what it does hold, readers differ, and the archive is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import safe_path, text
from gatekeeper.artifacts._tar_extensions import Extensions
from gatekeeper.artifacts._tree import Entry, What

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 512
_NUMBER = re.compile(rb" *([0-7]*)[ \0]*")
_LOOSE_NUMBER = re.compile(rb" *[0-7]* *(?:\0.*)?", re.DOTALL)
_UNUSED = (slice(108, 116), slice(116, 124), slice(136, 148), slice(329, 337), slice(337, 345))
_BASE_256 = (0x80, 0xFF)  # positive, negative
_CHECKSUM = slice(148, 156)
_POSIX = b"ustar\0"
_FILES = (b"0", b"\0", b"7")
_SPECIAL = {
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
    b"M": "half a file",
    b"V": "a volume label",
}
_LINKS = {b"1": What.HARDLINK, b"2": What.SYMLINK}


class Span(NamedTuple):
    """Where a member's bytes are in the unpacked tar."""

    start: int
    size: int


class TarSource:
    """The bytes of a tar's members, all in memory."""

    def __init__(self, unpacked: bytearray, compressed: bool) -> None:
        self._unpacked = unpacked
        self._compressed = compressed

    def entries(self) -> list[Entry]:
        """Read all headers to the end of the archive."""
        entries: list[Entry] = []
        extensions = Extensions()
        at = 0
        while (block := self._block(at)) is not None:
            header = Header(block)
            start = at + BLOCK
            at = start + -(-header.size // BLOCK) * BLOCK
            if at > len(self._unpacked):
                raise Fault("it is truncated", header.shown)
            if header.kind in Extensions.KINDS:
                if header.size > limits.MAX_PAX_HEADER:
                    raise Fault(f"an extended header over {limits.MAX_PAX_HEADER} bytes")
                extensions.add(header.kind, bytes(self._unpacked[start : start + header.size]))
                continue
            entries.append(_entry(header, extensions, start))
            extensions = Extensions()
            if len(entries) > limits.MAX_MEMBERS:
                raise Fault(f"it holds more than {limits.MAX_MEMBERS} members")
        if extensions.pending:
            raise Fault("an extended header at the end, with no member after it")
        return entries

    def same(self, one: Entry, other: Entry) -> bool:
        """Whether two files hold the same bytes."""
        return self.read(one.where, one.size) == self.read(other.where, other.size)

    def read(self, where: object, limit: int) -> bytes:
        """Return a member's first `limit` bytes."""
        assert isinstance(where, Span)
        return bytes(memoryview(self._unpacked)[where.start : where.start + min(where.size, limit)])

    def chunks(self, where: object) -> Iterator[bytes]:
        """Yield a member's bytes piece by piece."""
        assert isinstance(where, Span)
        end = where.start + where.size
        for at in range(where.start, end, limits.CHUNK):
            yield bytes(memoryview(self._unpacked)[at : min(at + limits.CHUNK, end)])

    def close(self) -> None:
        """Let go of the memory."""
        self._unpacked = bytearray()

    def _block(self, at: int) -> bytes | None:
        """Return the header at a place, or None at the end of the archive."""
        block = bytes(self._unpacked[at : at + BLOCK])
        if block.strip(b"\0"):
            if len(block) < BLOCK:
                raise Fault("it is truncated")
            return block
        # A compressed stream says itself where it ends; a plain tar without an end mark may have been cut.
        if not block and not self._compressed:
            raise Fault("it is truncated: no end mark")
        if self._unpacked.count(0, at) != len(self._unpacked) - at:
            raise Fault("something comes after the end of the tar")
        return None


class Header:
    """One header block, its checksum proved."""

    def __init__(self, block: bytes) -> None:
        self.raw_name = _until_nul(block[:100])
        self.shown = text(self.raw_name)
        if not is_header(block):
            raise Fault("a header's checksum is wrong", self.shown)
        self.kind = block[156:157]
        self.size = self._number(block[124:136])
        if self.size < 0:
            raise Fault("a number in its header is malformed", self.shown)
        self.executable = bool(self._number(block[100:108]) & 0o111)
        # Python's reader silently stops at a header whose owner, time or device is no number.
        if not all(
            field[0] in _BASE_256 or _LOOSE_NUMBER.fullmatch(field) for field in map(block.__getitem__, _UNUSED)
        ):
            raise Fault("a number in its header is malformed", self.shown)
        self.raw_link = _until_nul(block[157:257])
        prefix = _until_nul(block[345:500])
        if prefix and block[257:263] == _POSIX:
            self.raw_name = prefix + b"/" + self.raw_name
        elif prefix and self.kind not in Extensions.KINDS:
            # Python's reader takes these bytes as part of the name, others as GNU time stamps.
            raise Fault("its name is read differently by different readers", self.shown)

    def _number(self, field: bytes) -> int:
        """Read a number: octal, or GNU's base 256."""
        if field[0] in _BASE_256:
            return int.from_bytes(field[1:], "big") if field[0] == _BASE_256[0] else -1
        match = _NUMBER.fullmatch(field)
        if match is None:
            raise Fault("a number in its header is malformed", self.shown)
        return int(match[1] or b"0", 8)


def is_header(block: bytes) -> bool:
    """Whether a block is a tar header: its checksum, signed or unsigned, is right."""
    match = _NUMBER.fullmatch(block[_CHECKSUM])
    if match is None or not match[1] or len(block) != BLOCK:
        return False
    rest = block[: _CHECKSUM.start] + b" " * 8 + block[_CHECKSUM.stop :]
    written, unsigned = int(match[1], 8), sum(rest)
    # Some old writers summed signed bytes.
    return written == unsigned or written == unsigned - 256 * sum(byte > 127 for byte in rest)  # noqa: PLR2004


def _entry(header: Header, extensions: Extensions, start: int) -> Entry:
    name = text(extensions.name(header.raw_name))
    if header.kind in _SPECIAL:
        raise Fault(f"{_SPECIAL[header.kind]} has no place in a package", name)
    path = safe_path(name)
    size = extensions.size(header.size)
    if header.kind in _FILES and not (header.kind == b"\0" and name.endswith("/")):
        if not path or name.endswith("/"):
            raise Fault("a file whose name is a folder's", name)
        return Entry(path, What.FILE, size, header.executable, where=Span(start, size))
    if size:
        raise Fault("a folder or link that holds bytes", name)
    if header.kind in {b"5", b"\0"}:
        return Entry(path, What.FOLDER)
    if header.kind not in _LINKS or not path:
        raise Fault(f"a member of an unknown kind ({header.kind!r})", name)
    target = text(extensions.link(header.raw_link))
    what = _LINKS[header.kind]
    if not target:
        raise Fault("a link to nowhere", name)
    return Entry(path, what, 0, header.executable, safe_path(target) if what is What.HARDLINK else target)


def _until_nul(field: bytes) -> bytes:
    return field.partition(b"\0")[0]
