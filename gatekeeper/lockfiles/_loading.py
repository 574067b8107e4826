"""From bytes to what they name: size, encoding, merge conflicts, and the other files that a file reads in."""

from __future__ import annotations

import codecs
import posixpath
import re
import stat
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.lockfiles._discovery import format_of, formats
from gatekeeper.lockfiles._graph import attributed
from gatekeeper.lockfiles._nouns import MANIFEST, Include, LockFile
from gatekeeper.lockfiles._values import broken
from gatekeeper.model import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from gatekeeper.wish import Locked

LARGEST = 20_000_000  # bytes; the largest locks that people have are a quarter of it
MOST = 200  # files that one file may read in
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What pip fetches, or puts together from its environment: either way nobody has it here to read.
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:|.*\$\{", re.IGNORECASE)
FALLBACK = "requirements"  # what a file is that another one reads in, whatever it is called


def read(text: str, file: str, kind: str | None = None) -> LockFile:
    """Read a text as the format that its name stands for; raise `UndecidedError` naming the line that is broken."""
    name = kind or format_of(file)
    if name is None:
        raise UsageError(f"{file}: neither a lock file nor a manifest, by its name")
    begin = text.find("<<<<<<< ") if ">>>>>>> " in text else -1
    if begin == 0 or (begin > 0 and text[begin - 1] == "\n"):
        broken(file, text.count("\n", 0, begin) + 1, "the marks of a merge conflict", "settle the conflict first")
    lock = formats()[name].parse(text, file)
    return replace(lock, format=name, releases=tuple(attributed(lock.releases)))


def load(file: str, opened: Callable[[str], bytes]) -> tuple[LockFile, ...]:
    """Read a file and all those that it reads in; `opened` takes a path with slashes and returns what is there."""
    found: list[LockFile] = []
    waiting: deque[tuple[str, Include | None]] = deque([(file, None)])
    seen: set[tuple[str, bool]] = set()
    while waiting:
        path, include = waiting.popleft()
        one = (path, bool(include and include.constraint))
        if one in seen:
            continue
        seen.add(one)
        if len(seen) > MOST:
            broken(file, None, f"more than {MOST} files are read in", "read them in from fewer places")
        lock, nested = _followed(_one(path, include, opened), include)
        found.append(lock)
        waiting.extend(nested)
    return tuple(found)


def _one(path: str, include: Include | None, opened: Callable[[str], bytes]) -> LockFile:
    try:
        content = opened(path)
    except (OSError, ValueError) as problem:
        where = f"{include.place}: {path}" if include else path
        reason = getattr(problem, "strerror", None) or "not a path"
        raise UndecidedError(f"{where}: cannot be read: {reason}") from None
    kind = FALLBACK if include else format_of(path)
    if path.endswith("b") and kind == "bun_lock":
        return read("", path, kind)  # which says what to do about it
    return read(decoded(content, path), path, kind)


def _followed(lock: LockFile, include: Include | None) -> tuple[LockFile, list[tuple[str, Include]]]:
    """Say of a file what the one says that reads it in; return with it the files that it reads in itself."""
    nested, notices = [], []
    for each in lock.includes:
        inner = replace(
            each,
            constraint=each.constraint or bool(include and include.constraint),
            group=each.group or (include.group if include else ""),
        )
        if ELSEWHERE.match(each.path):
            notices.append(Notice("remote-requirements", "what it lists was not read", each.place))
        else:
            nested.append((posixpath.normpath(posixpath.join(posixpath.dirname(lock.file), each.path)), inner))
    if include is not None:
        kind = MANIFEST if include.constraint else lock.kind
        lock = replace(lock, kind=kind, releases=tuple(_told(lock.releases, include)))
    return replace(lock, problems=(*lock.problems, *notices)), nested


def _told(releases: Iterable[Locked], include: Include) -> Iterable[Locked]:
    for each in releases:
        if include.constraint:
            yield replace(each, groups=("constraint",), direct=False)
        else:
            yield replace(each, groups=each.groups or ((include.group,) if include.group else ()))


def decoded(content: bytes, file: str) -> str:
    """Return the text that bytes are, which may begin with the mark of UTF-16 as PowerShell writes it."""
    if len(content) > LARGEST:
        broken(file, None, f"larger than {LARGEST // 1_000_000} MB", "no tool writes such a file")
    encoding = "utf-16" if content.startswith(WIDE) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        broken(file, content.count(b"\n", 0, problem.start) + 1, f"not {encoding.removesuffix('-sig').upper()}")


def on_disk(folder: Path) -> Callable[[str], bytes]:
    """Return what opens the regular files of a folder by their paths in it, and reads no more than is allowed."""

    def opened(path: str) -> bytes:
        whole = folder / path
        if not stat.S_ISREG(whole.stat().st_mode):
            raise ValueError(path)
        with whole.open("rb") as file:
            return file.read(LARGEST + 1)

    return opened
