"""Open a wheel, sdist, npm tarball or a person's own folder, and read its members without extracting anything."""

from __future__ import annotations

import mmap
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._agreement import disagreements
from gatekeeper.artifacts._faults import Fault, naming, shown
from gatekeeper.artifacts._folder import FolderSource
from gatekeeper.artifacts._tar import BLOCK, TarSource, is_header
from gatekeeper.artifacts._tree import Entry, Member, Tree, plant, strip_first_part, strip_top_folder
from gatekeeper.artifacts._unpack import is_compressed, unpack
from gatekeeper.artifacts._zip import ZipSource
from gatekeeper.model import Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    from typing_extensions import Self

__all__ = ["Member", "Opened", "named_kind", "open_artifact", "open_folder"]

WHEEL = ".whl"  # pip compares the case too, and builds everything else
_ZIP = (b"PK\3\4", b"PK\5\6")
_ZIP_END = b"PK\5\6"
_ZIP_END_WITHIN = 22 + 0xFFFF  # bytes from the end in which zip readers look for it
_PYTHON_PROJECT = {"PKG-INFO", "setup.py", "setup.cfg", "pyproject.toml"}


class Source(Protocol):
    """Where members' bytes come from."""

    def entries(self) -> list[Entry]:
        """List what is there."""

    def read(self, where: object, limit: int) -> bytes:
        """Return at most `limit` bytes."""

    def chunks(self, where: object) -> Iterator[bytes]:
        """Yield all bytes in pieces."""

    def close(self) -> None:
        """Let go."""


class Opened:
    """An opened artifact. `kind` is wheel, sdist, npm or folder; `root` is the top folder that was stripped, or ""."""

    def __init__(self, kind: str, filename: str, source: Source, tree: Tree) -> None:
        self.kind = kind
        self.filename = filename
        self.root = tree.root
        self.members: Mapping[str, Member] = MappingProxyType(tree.members)
        self.skipped: tuple[str, ...] = ()  # folders that tools put into a person's own tree; see SKIPPED_FOLDERS
        too_large = (
            Unread(m.path, f"larger than {limits.MAX_READ // limits.MIB} MiB")
            for m in tree.members.values()
            if m.size > limits.MAX_READ
        )
        self.unread: tuple[Unread, ...] = (*tree.unread, *too_large)
        self._source = source
        self._places = tree.places

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file and the memory."""
        self._source.close()

    def read(self, path: str) -> bytes:
        """Return a member's bytes, checked against its size and checksum; raise UnreadableError over MAX_READ bytes."""
        with naming(self.filename, path):
            size = self._member(path).size
            if size > limits.MAX_READ:
                raise Fault(f"larger than {limits.MAX_READ // limits.MIB} MiB", path)
            content = self._source.read(self._places[path], limits.MAX_READ)
            if len(content) != size:
                raise Fault("it changed while it was read", path)
            return content

    def read_up_to(self, path: str, n: int) -> bytes:
        """Return a member's first `n` bytes (fewer when it is smaller; never more than MAX_READ)."""
        with naming(self.filename, path):
            self._member(path)
            return self._source.read(self._places[path], max(0, min(n, limits.MAX_READ)))

    def chunks(self, path: str) -> Iterator[bytes]:
        """Yield a member of any size in pieces of at most a MiB; a checksum that fails raises after the last piece."""
        with naming(self.filename, path):
            self._member(path)
            yield from self._source.chunks(self._places[path])

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Say where the artifact contradicts itself: its RECORD, its metadata, its file name."""
        return disagreements(self)

    def _member(self, path: str) -> Member:
        member = self.members.get(path)
        if member is None:
            raise Fault("no such member", path)
        return member


def open_artifact(path: Path, filename: str, *, ecosystem: str | None = None) -> Opened:
    """Open an archive by what its bytes are; the name tells a wheel from an sdist, the ecosystem an npm tarball.

    Raises UnreadableError for anything malformed, over a limit, or made to be read in two ways.
    """
    with naming(filename):
        stream = path.open("rb")
        try:
            return _opened(stream, filename, ecosystem)
        except BaseException:
            stream.close()
            raise


def named_kind(filename: str, ecosystem: str | None) -> str | None:
    """Return the kind that a file name and an ecosystem decide, whatever the bytes; None when they leave it open.

    Raises UnreadableError for a name that is a wheel's to some clients and an sdist's to others.
    """
    with naming(filename):
        if ecosystem == "npm":
            return "npm"
        if filename.endswith(WHEEL):
            return "wheel"
        if filename.lower().endswith(WHEEL):
            raise Fault(f"its name ends in {shown(filename[-len(WHEEL) :])}: not every client takes that for a wheel")
        return None if ecosystem is None else "sdist"


def open_folder(path: Path) -> Opened:
    """Open a person's own folder; see SKIPPED_FOLDERS for what is left out."""
    with naming(str(path)):
        source = FolderSource(path)
        tree = plant(source.entries(), case_matters=True)
        if not tree.members:
            raise Fault("it holds no files")
        tree.unread[:0] = source.unread
        opened = Opened("folder", path.name, source, tree)
        opened.skipped = tuple(sorted(source.skipped))
        return opened


def _opened(stream: BinaryIO, filename: str, ecosystem: str | None) -> Opened:
    start = stream.read(BLOCK)
    size = stream.seek(0, 2)
    source = _source(stream, start, size)
    try:
        entries = source.entries()
        kind = _kind(source, entries, filename, ecosystem)
        return Opened(kind, filename, source, _tree(source, entries, kind))
    except BaseException:
        source.close()
        raise


def _tree(source: Source, entries: list[Entry], kind: str) -> Tree:
    root = ""
    if kind == "npm":
        strip_first_part(entries)
    elif kind == "sdist":
        root = strip_top_folder(entries)
    tree = plant(entries, source.same if isinstance(source, TarSource) else None)
    tree.root = root
    if not tree.members:
        raise Fault("it holds no files")
    return tree


def _source(stream: BinaryIO, start: bytes, size: int) -> Source:
    """Choose the reader, and refuse what some other client would read as another format."""
    if start.startswith(_ZIP):
        if is_header(start):
            raise Fault("it is a zip and a tar at once")
        return ZipSource(stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    if not is_compressed(start) and not is_header(start):
        raise Fault("neither a zip nor a tar: an unknown or unsupported format")
    stream.seek(max(0, size - _ZIP_END_WITHIN))
    if _ZIP_END in stream.read():
        raise Fault("it is a tar that other readers take for a zip")
    stream.seek(0)
    with stream:
        if is_compressed(start):
            return TarSource(unpack(stream, size), compressed=True)
        if size > limits.MAX_TAR_UNPACKED:
            raise Fault(f"larger than {limits.MAX_TAR_UNPACKED // limits.MIB} MiB")
        return TarSource(bytearray(stream.read(size)), compressed=False)


def _kind(source: Source, entries: list[Entry], filename: str, ecosystem: str | None) -> str:
    zipped = isinstance(source, ZipSource)
    kind = named_kind(filename, ecosystem)
    if kind == "wheel" and not zipped:
        raise Fault("a wheel that is not a zip")
    if kind is not None:
        return kind
    if zipped or not filename.lower().endswith(".tgz"):
        return "sdist"
    heads = {entry.path.partition("/")[2] for entry in entries}
    if "package.json" not in heads:
        return "sdist"
    if heads & _PYTHON_PROJECT:
        raise Fault("it could be an sdist or an npm package, and nobody said which")
    return "npm"
