"""Secrets of a person, each unlike all others; where a text holds one, whoever spelled it and however."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.support.index import Index
    from tests.support.npm_registry import Registry
    from tests.support.processes import Watch


def secret(name: str) -> str:
    """A token that no two names share, that needs no quoting anywhere and stands in no file by chance."""
    return f"sk{hashlib.sha256(name.encode()).hexdigest()[:24]}"


def spellings(token: str) -> Iterator[bytes]:
    """A token as it is, and as base64 spells it at each of the three places where it can begin."""
    plain = token.encode()
    yield plain
    for before in range(3):
        spelled = base64.b64encode(b"x" * before + plain)
        yield spelled[4 if before else 0 : -4]  # the letters at its ends depend on its neighbours


def held_in(content: bytes | str, names: Iterable[str]) -> set[str]:
    """The names of the secrets that a text holds."""
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return {name for name in names if any(each in raw for each in spellings(secret(name)))}


def held_in_files(folder: Path, names: Iterable[str], but: Iterable[Path] = ()) -> dict[str, set[str]]:
    """The files below a folder that hold secrets, in their names or in what they say; not those where they were put."""
    names, spared = list(names), set(but)
    found = {}
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() and not path.is_symlink() and path not in spared else b""
        if held := held_in(content, names) | held_in(str(path.relative_to(folder)), names):
            found[str(path.relative_to(folder))] = held
    return found


def held_by_processes(watch: Watch, names: Iterable[str]) -> dict[str, set[str]]:
    """The processes below gatekeeper whose environment or words held secrets."""
    names = list(names)
    found = {
        repr(watch.commands[pid][:200]): held_in(content + watch.commands[pid], names)
        for pid, content in watch.environments.items()
    }
    return {command: held for command, held in found.items() if held}


def held_while_running(watch: Watch, names: Iterable[str]) -> dict[str, set[str]]:
    """The temporary files that held secrets at any time of the run."""
    names = list(names)
    found = {path: held_in(content, names) for path, content in watch.files.items()}
    return {path: held for path, held in found.items() if held}


def heard_by(server: Index | Registry, names: Iterable[str]) -> set[str]:
    """The secrets that a server was sent, in whatever part of a request."""
    return set().union(*(held_in(f"{asked.path} {asked.headers}", names) for asked in server.asked))
