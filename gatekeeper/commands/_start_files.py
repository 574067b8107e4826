"""One marked block in a file that a shell reads when it starts: put in, found again, taken out without a trace.

What has to be undone later stands in the mark itself, so leaving needs no memory of ours: that the file was made for
the block, or that the line before it had no end.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError
from gatekeeper.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGIN, END = b"# >>> gatekeeper shell >>>", b"# <<< gatekeeper shell <<<"
MADE, JOINED = b" (this file was made for it)", b" (the line before it had no end)"
BLOCK = re.compile(
    rb"^%s(?P<note>[^\r\n]*)\r?\n(?P<body>(?:(?!%s|%s).*\n)*?)%s\r?(?:\n|\Z)" % (BEGIN, BEGIN, END, END), re.MULTILINE
)
MARK = re.compile(rb"^(?:%s|%s)" % (BEGIN, END), re.MULTILINE)
WIDE = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 begins, which the old PowerShell writes
BY_HAND = "mend it by hand, or put the lines of `gatekeeper shell --show` where you want them"


@dataclass(frozen=True, slots=True)
class Edit:
    """A file, what it held when it was looked at, and what it is to hold; None: no file."""

    path: Path
    before: bytes | None
    after: bytes | None


def marked(lines: str, note: bytes = b"") -> bytes:
    """Return lines between our marks."""
    return b"%s%s\n%s\n%s\n" % (BEGIN, note, lines.strip("\n").encode(), END)


def added(content: bytes | None, lines: str) -> bytes:
    """Return a file's content with the block: in its old place if it has one, else at the end."""
    if content is None:
        return marked(lines, MADE)
    if block := _block(content):
        return content[: block.start()] + marked(lines, block["note"]) + content[block.end() :]
    joined = content[-1:] not in (b"", b"\n")
    return content + (b"\n" + marked(lines, JOINED) if joined else marked(lines))


def removed(content: bytes) -> bytes | None:
    """Return a file's content without the block; None when the file was made for it and holds nothing else."""
    block = _block(content)
    if block is None:
        return content
    before, behind = content[: block.start()], content[block.end() :]
    if block["note"] == JOINED and not behind:
        before = before.removesuffix(b"\n")
    return None if block["note"] == MADE and not before + behind else before + behind


def _block(content: bytes) -> re.Match[bytes] | None:
    """Find the block; raise ValueError for half of one, or several: no guess about a start-up file is good enough."""
    block = BLOCK.search(content)
    marks = len(MARK.findall(content))
    if marks != (2 if block else 0):
        line = content[: next(MARK.finditer(content)).start()].count(b"\n") + 1
        raise ValueError(f"line {line}: gatekeeper's marks are not one block")
    return block


def plan(path: Path, lines: str | None) -> Edit | None:
    """Say how a file is to change: to hold the block with `lines`, or none; None: it need not.

    A link is followed. Raises `UndecidedError` for a file that cannot be read, or that nobody should write to.
    """
    try:
        if path.is_symlink():
            path = path.resolve(strict=True)
        before = path.read_bytes() if os.path.lexists(path) else None
        _demand_editable(path, before)
        after = added(before, lines) if lines is not None else None if before is None else removed(before)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UndecidedError(f"{path}: {reason}; nothing was changed", hint=BY_HAND) from None
    return None if after == before else Edit(path, before, after)


def _demand_editable(path: Path, before: bytes | None) -> None:
    if before is None:
        return
    if before.startswith(WIDE):
        raise ValueError("it is not written in UTF-8")
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "it is read-only")


def apply(edits: Sequence[Edit]) -> None:
    """Change the files, all or none; raise `UndecidedError` when one cannot be."""
    done: list[Edit] = []
    try:
        for edit in edits:
            write(edit)
            done.append(edit)
    except (OSError, UndecidedError) as problem:
        for edit in reversed(done):
            with suppress(OSError, UndecidedError):  # what can be put back is; the first problem is the one to tell
                write(Edit(edit.path, edit.after, edit.before))
        if isinstance(problem, UndecidedError):
            raise
        raise UndecidedError(f"{edit.path}: {problem.strerror or problem}; nothing was changed") from None


def write(edit: Edit) -> None:
    """Change one file at once, keeping its mode, owner and attributes; raise `UndecidedError` where that cannot be."""
    now = edit.path.read_bytes() if edit.path.exists() else None
    if now != edit.before:
        raise UndecidedError(f"{edit.path} changed meanwhile; nothing was changed", hint="try again")
    if edit.after is None:
        edit.path.unlink()
        return
    with replacing(edit.path) as part:
        part.write_bytes(edit.after)
        if edit.before is None:
            part.chmod(0o644)
            return
        _keep(edit.path, part)


def _keep(path: Path, part: Path) -> None:
    """Give the new file what the old one has, but for its times."""
    old, new = path.stat(), part.stat()
    if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        os.chown(part, old.st_uid, old.st_gid)
    shutil.copystat(path, part)
    os.utime(part)
