"""Unpack gzip, bzip2 and xz streams into memory, and give up before a bomb fills it."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import BinaryIO, Protocol

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault

GZIP, BZIP2, XZ = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0"


class Decoder(Protocol):
    """What bz2's and lzma's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more output needs more input."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""

    def decompress(self, packed: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes."""


class GzipDecoder:
    """zlib's decompressor for gzip, in the form of the other two; it checks the CRC-32 and the length itself."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """Whether more output needs more input."""
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What came after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, packed: bytes, max_length: int) -> bytes:
        """Return at most `max_length` bytes."""
        return self._inner.decompress(self._inner.unconsumed_tail + packed, max_length)


def is_compressed(start: bytes) -> bool:
    """Whether a file that starts so is a compressed stream that we can unpack."""
    return start.startswith((GZIP, BZIP2, XZ))


def unpack(stream: BinaryIO, size: int) -> bytearray:
    """Unpack a stream of `size` bytes; raise Fault over a limit, when it is cut short, and on anything behind it."""
    start = stream.read(len(XZ))
    stream.seek(0)
    decoder = _decoder(start)
    most = min(limits.MAX_TAR_UNPACKED, max(limits.RATIO_FLOOR, limits.MAX_RATIO * size))
    unpacked = bytearray()
    while True:
        _drain(decoder, stream, unpacked, most)
        rest = decoder.unused_data
        if not (start.startswith(BZIP2) and rest.startswith(BZIP2)):
            break
        # Parallel bzip2 writes many streams, and every reader takes them as one.
        stream.seek(-len(rest), 1)
        decoder = bz2.BZ2Decompressor()
    while rest:
        if rest.strip(b"\0"):
            raise Fault("something comes after the end of the compressed archive")
        rest = stream.read(limits.CHUNK)
    return unpacked


def _decoder(start: bytes) -> Decoder:
    if start.startswith(GZIP):
        return GzipDecoder()
    if start.startswith(BZIP2):
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limits.MAX_LZMA_MEMORY)


def _drain(decoder: Decoder, stream: BinaryIO, unpacked: bytearray, most: int) -> None:
    while not decoder.eof:
        packed = b""
        if decoder.needs_input:
            packed = stream.read(limits.CHUNK)
            if not packed:
                raise Fault("it is truncated")
        unpacked += decoder.decompress(packed, limits.CHUNK)
        if len(unpacked) > most:
            raise Fault(f"it unpacks to more than {most // limits.MIB} MiB")
