"""Fetch fresh data from an address, believe it only with its digest, and take the records out of it one by one."""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.history.osv import read_record
from gatekeeper.registries.addresses import is_remote, local_path, parse_address, printable, redact
from gatekeeper.registries.http import Expected, NetworkSettings, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gatekeeper.history.osv import Record

MIB = 1024 * 1024
MOST_FEED = 1024 * MIB  # the largest public one has about 250 MiB
MOST_DIRECTORY = 96 * MIB  # of a zip: a million files; it is read into memory
MOST_UNPACKED = 8 * 1024 * MIB
MOST_RECORD = 8 * MIB
MOST_RECORDS = 3_000_000
MOST_DIGEST = 4096  # bytes of a .sha256 file
UNDIGESTED = "none"  # the person's word for: the connection alone vouches for it
TRIES_AGAIN = 2
LOCATOR, END, END64 = b"PK\x06\x07", b"PK\x05\x06", b"PK\x06\x06"
LOCATOR_SIZE, END64_SIZE = 20, 56  # bytes
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error, ValueError, OSError)


@dataclass(slots=True)
class Fetching:
    """Brings feeds here. `digests` are those that the person pinned; `progress` hears bytes so far and in all."""

    transport: Transport = field(default_factory=lambda: Transport(NetworkSettings(retries=TRIES_AGAIN)))
    digests: Mapping[str, str] = field(default_factory=dict)
    progress: Callable[[int, int | None], None] | None = None

    def reading(self, address: str, to: Path) -> Reading:
        """Fetch records in bulk, to be read one by one."""
        return Reading(self.fetch(address, to), redact(address), self.progress)

    def fetch(self, address: str, to: Path, limit: int = MOST_FEED) -> Path:
        """Bring what lies at an address here, and return where it is: at `to`, or where a file address says.

        Raises UpstreamError when it does not come, or not as its digest says.
        """
        if not is_remote(address):
            return _local(address, self.digests.get(address), limit)
        digest = self.digests.get(address) or _published(address, self.transport)
        hashes = {} if digest == UNDIGESTED else {"sha256": digest}
        self.transport.download(address, to, Expected(hashes, limit, None, self.progress))
        return to


def _published(address: str, transport: Transport) -> str:
    """Read the digest that is published beside a file."""
    path, mark, query = address.partition("?")
    try:
        reply = transport.get(f"{path}.sha256{mark}{query}", limit=MOST_DIGEST)
    except NotFoundUpstreamError:
        raise UpstreamError(
            f"{redact(address)}: no digest is published beside it (.sha256)",
            hint='pin one in [feeds.digests]; there "none" says that the TLS connection alone vouches for it',
        ) from None
    asked, came = parse_address(address).origin, parse_address(reply.url).origin
    if came.scheme == "http" and came.host != asked.host:
        raise UpstreamError(f"{redact(address)}: redirects to plain http on another machine ({came})")
    return _digest_in(reply.body, redact(address))


def _digest_in(content: bytes, shown: str) -> str:
    words = content.decode("ascii", "replace").split()
    if not words or not re.fullmatch(r"[0-9a-fA-F]{64}", words[0]):
        raise UpstreamError(f"{shown}: what is published beside it (.sha256) is no digest")
    return words[0].lower()


def _local(address: str, digest: str | None, limit: int) -> Path:
    """Return the path of a file address; a digest that was pinned, or lies beside it, must be the file's."""
    path = local_path(address)
    if path is None:
        raise UpstreamError(f"{redact(address)}: not a usable address")
    if path.is_dir():
        return path
    shown = printable(str(path))
    try:
        if path.stat().st_size > limit:
            raise UpstreamError(f"{shown}: larger than the limit of {limit} bytes")
        beside = path.with_name(f"{path.name}.sha256")
        if digest is None and beside.is_file():
            digest = _digest_in(beside.read_bytes()[:MOST_DIGEST], shown)
        if digest not in (None, UNDIGESTED) and _sha256(path) != digest:
            raise UpstreamError(f"{shown}: its digest is not the one that was promised")
    except OSError as problem:
        raise UpstreamError(f"{shown}: cannot be read: {problem.strerror}") from None
    return path


def _sha256(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(MIB):
            total.update(chunk)
    return total.hexdigest()


@dataclass(slots=True)
class Reading:
    """The records of one feed; `understood` and `strange` count what was seen, malware or not."""

    path: Path
    shown: str
    progress: Callable[[int, int | None], None] | None = None
    understood: int = 0
    strange: int = 0
    _unpacked: int = field(default=0)

    def records(self) -> Iterator[Record]:
        """Yield the records about malware; raise UpstreamError for what is no feed, or is broken or made to mislead."""
        try:
            for number, content in enumerate(self._contents(), 1):
                if number > MOST_RECORDS:
                    raise UpstreamError(f"{self.shown}: more than {MOST_RECORDS} records")
                if self.progress and number % 1000 == 0:
                    self.progress(number, None)
                record = self._read(content)
                if record is not None:
                    yield record
        except BROKEN as problem:
            reason = printable(str(problem) or type(problem).__name__)
            raise UpstreamError(f"{self.shown}: cannot be read as OSV records: {reason}") from None
        if self.understood <= self.strange:
            raise UpstreamError(f"{self.shown}: holds no OSV records, or mostly broken ones")

    def _read(self, content: bytes) -> Record | None:
        self._unpacked += len(content)
        if self._unpacked > MOST_UNPACKED:
            raise UpstreamError(f"{self.shown}: unpacks to more than {MOST_UNPACKED} bytes")
        try:
            record = read_record(content)
        except ValueError:
            self.strange += 1
            return None
        self.understood += 1
        return record

    def _contents(self) -> Iterator[bytes]:
        if self.path.is_dir():
            return _in_folder(self.path)
        with self.path.open("rb") as file:
            start = file.read(4)
        return _in_zip(self.path) if start[:2] == b"PK" else _in_lines(self.path)


def _in_folder(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*.json")):
        if path.is_file():
            with path.open("rb") as file:
                yield _bounded(file)


def _in_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(MOST_RECORD + 1):
            if len(line) > MOST_RECORD:
                raise ValueError(f"a line has more than {MOST_RECORD} bytes")
            if line.strip():
                yield line


def _in_zip(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if _directory_size(file) > MOST_DIRECTORY:
            raise ValueError("its directory is too large")
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise ValueError("it is compressed in an unusual way")
                if member.filename.endswith(".json"):
                    with archive.open(member) as content:
                        yield _bounded(content)


def _bounded(file: IO[bytes]) -> bytes:
    content = file.read(MOST_RECORD + 1)
    if len(content) > MOST_RECORD:
        raise ValueError(f"a record has more than {MOST_RECORD} bytes")
    return content


def _directory_size(file: IO[bytes]) -> int:
    """Return how many bytes a zip's directory takes, before anything reads it into memory."""
    file.seek(0, 2)
    size = file.tell()
    start = max(0, size - 0xFFFF - 22)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0:
        raise ValueError("it is no zip, or its end is missing")
    (told,) = struct.unpack_from("<I", tail, at + 12)
    locator = tail[max(0, at - LOCATOR_SIZE) : at]
    if locator[:4] == LOCATOR:
        (place,) = struct.unpack_from("<Q", locator, 8)
        file.seek(min(place, size))
        record = file.read(END64_SIZE)
        if record[:4] == END64 and len(record) == END64_SIZE:
            return int(struct.unpack_from("<Q", record, 40)[0])
    return int(told)
