"""Bodies of answers: read into memory, or kept as a file only when they are what was promised."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries._faults import TransientError
from gatekeeper.registries.addresses import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from requests import Response

    from gatekeeper.registries.addresses import Address

_CHUNK = 256 * 1024
DIGESTS = ("sha512", "sha384", "sha256", "sha224", "sha1", "md5")  # what an index may promise, the strongest first
STRONG = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What a body must be: its digests (algorithm to hex; weak ones are compared too) and its largest size in bytes."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    length: int | None = None  # the size that the server announced
    progress: Callable[[int, int | None], None] | None = None  # hears bytes so far and in all


def read_whole(response: Response, address: Address, limit: int) -> bytes:
    """Read a body of up to `limit` bytes, its compression undone."""
    whole = bytearray()
    for chunk in response.iter_content(64 * 1024):
        whole += chunk
        if len(whole) > limit:
            raise _too_large(str(address), limit)
    _check_length(str(address), response.raw.tell(), content_length(response))
    return bytes(whole)


def content_length(response: Response) -> int | None:
    """Read the size that the server announced, in bytes."""
    said = response.headers.get("Content-Length", "")
    return int(said) if said.isascii() and said.isdigit() else None


def chunks_of(response: Response) -> Iterator[bytes]:
    """Yield a body as it came: an archive that a server calls compressed must keep its digest."""
    yield from response.raw.stream(_CHUNK, decode_content=False)


def chunks_of_file(path: Path) -> Iterator[bytes]:
    """Yield a local file; raise NotFoundUpstreamError when it is not there."""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundUpstreamError(f"{printable(str(path))}: no such file") from None
    except OSError as error:
        raise UpstreamError(f"{printable(str(path))}: cannot be read: {error.strerror}") from None


def save(chunks: Iterable[bytes], shown: str, to: Path, expected: Expected) -> tuple[str, int]:
    """Keep a body as a file if it is what was expected; return its hex SHA-256 and its size in bytes."""
    algorithms = {"sha256", *(name for name in expected.hashes if name in DIGESTS)}
    digests = {name: hashlib.new(name, usedforsecurity=name in STRONG) for name in algorithms}
    size = 0
    with _part(to, shown) as part:
        for chunk in chunks:
            size += len(chunk)
            if expected.limit is not None and size > expected.limit:
                raise _too_large(shown, expected.limit)
            part.write(chunk)
            for digest in digests.values():
                digest.update(chunk)
            if expected.progress:
                expected.progress(size, expected.length)
        _check_length(shown, size, expected.length)
        _check_digests(shown, {name: digest.hexdigest() for name, digest in digests.items()}, expected.hashes)
    return digests["sha256"].hexdigest(), size


def check_bytes(content: bytes, shown: str, hashes: Mapping[str, str]) -> None:
    """Raise UpstreamError unless the bytes have the digests that were promised."""
    found = {name: hashlib.new(name, content, usedforsecurity=False).hexdigest() for name in hashes if name in DIGESTS}
    _check_digests(shown, found, hashes)


@contextlib.contextmanager
def _part(to: Path, shown: str) -> Iterator[IO[bytes]]:
    """Write beside the final place, and move there only at the end of a block without errors."""
    import tempfile

    place: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=to.parent, prefix=f"{to.name[:100]}.", suffix=".part", delete=False
        ) as part:
            place = Path(part.name)
            yield part
        place.replace(to)
    except OSError as error:
        raise UpstreamError(f"{shown}: cannot be kept: {error.strerror or type(error).__name__}") from None
    finally:
        if place is not None:
            place.unlink(missing_ok=True)


def _check_length(shown: str, size: int, length: int | None) -> None:
    if length is not None and size != length:
        raise TransientError(f"{shown}: the answer is truncated: {size} of {length} bytes came")


def _check_digests(shown: str, found: Mapping[str, str], promised: Mapping[str, str]) -> None:
    for name in DIGESTS:
        if name in promised and found[name] != promised[name].lower():
            said, came = printable(promised[name], 16), f"{found[name][:13]}..."
            raise UpstreamError(f"{shown}: wrong digest: the index promises {name} {said}, the bytes have {came}")


def _too_large(shown: str, limit: int) -> UpstreamError:
    return UpstreamError(f"{shown}: larger than the limit of {limit} bytes")


def discard(response: Response) -> None:
    """Let a connection live on when the rest of its answer is short."""
    from urllib3.exceptions import HTTPError

    with contextlib.suppress(HTTPError, OSError, ValueError):
        response.raw.read(_CHUNK, decode_content=False)
    response.close()
