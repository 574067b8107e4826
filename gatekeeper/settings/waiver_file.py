"""Writing waivers down, into a policy file of which every other byte stays as it is.

A block at the end is valid TOML wherever other tables stand. The result is read by our own strict reader, and held
against what it should say, before it replaces the file.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.files import alone_in, replacing
from gatekeeper.settings import source_in
from gatekeeper.settings._reading import PYPROJECT, ROOT, content_of, gatekeeper_table, text_of
from gatekeeper.settings._source import HEADER, Standing
from gatekeeper.settings._waivers import EVEN, spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from gatekeeper.policy import Waiver

STRING = r'"(?:[^"\\]|\\.)*"|\'[^\']*\''
# What a waiver that is written again takes from the new one, and how its value may stand there.
RENEWED = {"reason": STRING, "author": STRING, "expires": r"\d{4}-\d{2}-\d{2}"}


@dataclass(frozen=True, slots=True)
class Change:
    """A policy file's content before (None: there was none) and after, and the waivers as they stand there now."""

    before: bytes | None
    content: bytes
    blocks: tuple[str, ...]


def write(path: Path, waivers: Sequence[Waiver], known_checks: Collection[str]) -> Change:
    """Write waivers into a policy file; return what became of it.

    One that is there already (the same release, check and digest) takes the new reason, author and date. Raises
    UsageError for a file that is no policy, UndecidedError for a disk that cannot be written: then nothing changed.
    """
    path = path.resolve()  # a link stays one
    with alone_in(path.parent):
        before = content_of(path)
        text = text_of(path, before or b"")
        source_in(path, before or b"", known_checks, Standing.PROJECT)  # what is wrong already is not made worse
        blocks = []
        for each in waivers:
            text, block = _with(path, text, each)
            blocks.append(block)
        content = text.encode()
        source_in(path, content, known_checks, Standing.PROJECT)
        _put(path, content, is_new=before is None)
    return Change(before, content, tuple(blocks))


def _with(path: Path, text: str, waiver: Waiver) -> tuple[str, str]:
    """Return a file's text with a waiver, and the block that says it."""
    wanted, table = _values(waiver), gatekeeper_table(path, text) or {}
    there = table.get("waiver", [])
    twin = next((number for number, each in enumerate(there) if _key(each) == _key(wanted)), None)
    if twin is None:
        fresh, block = _appended(path, text, wanted)
        expected = [*there, wanted]
    else:
        fresh, block = _renewed(path, text, twin, wanted)
        hosts = {"hosts": wanted["hosts"]} if "hosts" in wanted else {}  # others than there stand in the way
        again = {**there[twin], **{key: wanted[key] for key in RENEWED}, **hosts}
        expected = [again if number == twin else each for number, each in enumerate(there)]
    if gatekeeper_table(path, fresh) != {**table, "waiver": expected}:
        raise UsageError(
            f"{path}: its waivers are written in a way that cannot be changed from here",
            hint=f"write each as [[{_header(path)}]], or change this one yourself: {'; '.join(_lines(wanted))}",
        )
    return fresh, block


def _values(waiver: Waiver) -> dict[str, Any]:
    keys = ("release", "check", "sha256", "reason", "author")
    values: dict[str, Any] = {key: getattr(waiver, key) for key in keys}
    if waiver.hosts:
        values["hosts"] = list(waiver.hosts)
    if waiver.even:
        values[EVEN[waiver.check]] = True
    return {**values, "expires": date.fromisoformat(waiver.expires)}


def _key(table: dict[str, Any]) -> tuple[str, ...]:
    release = table["release"]
    return spelled(release), table["check"], table["sha256"]


def _header(path: Path) -> str:
    return ".".join((*(ROOT if path.name == PYPROJECT else ()), "waiver"))


def _block(path: Path, values: dict[str, Any]) -> str:
    return "".join(f"{line}\n" for line in (f"[[{_header(path)}]]", *_lines(values)))


def _lines(values: dict[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        yield f"{key} = {_spelt(value)}"


def _spelt(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    # JSON's texts, lists and truth are TOML's, but for DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _appended(path: Path, text: str, values: dict[str, Any]) -> tuple[str, str]:
    block = _block(path, values)
    end = "\r\n" if "\r\n" in text else "\n"
    above = "" if not text else end if text.endswith("\n") else end * 2
    return text + above + block.replace("\n", end), block


def _renewed(path: Path, text: str, number: int, values: dict[str, Any]) -> tuple[str, str]:
    """Change the values of a waiver where they stand, comments and all."""
    lines = text.split("\n")
    headers = [at for at, line in enumerate(lines) if (found := HEADER.match(line)) and found[1] == "[["]
    mine = [at for at in headers if "".join(lines[at].split()).startswith(f"[[{_header(path)}]]")]
    if number >= len(mine):
        return text, ""  # whoever asked sees that nothing has changed
    start = mine[number]
    rest = range(start + 1, len(lines))
    end = next((at for at in rest if HEADER.match(lines[at])), len(lines))
    for at in range(start + 1, end):
        for key, form in RENEWED.items():
            if found := re.match(rf"(\s*{key}\s*=\s*)(?:{form})", lines[at]):
                lines[at] = found[1] + _spelt(values[key]) + lines[at][found.end() :]
    block = "\n".join(line.rstrip("\r") for line in lines[start:end]).rstrip("\n") + "\n"
    return "\n".join(lines), block


def _put(path: Path, content: bytes, *, is_new: bool) -> None:
    with replacing(path) as part:
        part.write_bytes(content)
        if os.name != "nt":
            part.chmod(0o666 & ~_umask() if is_new else path.stat().st_mode & 0o777)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
