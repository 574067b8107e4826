"""Which projects' policy files the person trusts: each bound to its folder and to the digest of what it said then."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.files import alone_in, demand_own, replace_with
from gatekeeper.settings._reading import PYPROJECT, content_of, gatekeeper_table, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = "gatekeeper.trust/1"


@dataclass(frozen=True, slots=True)
class Trusted:
    """One file that the person trusted: its digest then, and the day (an ISO date)."""

    digest: str
    on: str


def trust_file() -> Path:
    """Name the file that remembers it, beside the person's own policy: no package's code can write there."""
    from platformdirs import user_config_path

    return user_config_path("gatekeeper", appauthor=False) / "trust.json"


def digest_of(path: Path, content: bytes) -> str:
    """Return the digest that trust binds to: of all bytes, or of a pyproject.toml's own table alone.

    Whoever edits the dependencies in a pyproject.toml changes nothing that was trusted. Raises UsageError for a
    pyproject.toml that cannot be read as TOML.
    """
    if path.name == PYPROJECT:
        table = gatekeeper_table(path, text_of(path, content))
        try:
            content = json.dumps(table, sort_keys=True, default=_spelled).encode()
        except RecursionError:
            raise UsageError(f"{path}: nested too deeply to be a policy") from None
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _spelled(value: object) -> object:
    """Spell what only TOML has, so that a date is no text that looks like one."""
    return {type(value).__name__: str(value)}


def is_trusted(path: Path) -> bool:
    """Say whether a project's policy file is trusted as it stands on disk; one that is not there is not."""
    content = content_of(path)
    known = trusted()[0].get(key_of(path))
    return content is not None and known is not None and known.digest == digest_of(path, content)


def trust(path: Path, content: bytes | None = None) -> None:
    """Trust a policy file from now on: with the content that the person was shown, else as it stands on disk.

    Raises UsageError when there is no such file, UndecidedError when it cannot be written down.
    """
    shown = content_of(path) if content is None else content
    if shown is None:
        raise UsageError(f"{path} does not exist")
    with _changing() as entries:
        entries[key_of(path)] = Trusted(digest_of(path, shown), date.today().isoformat())  # noqa: DTZ011 - the person's own calendar


def untrust(paths: list[Path]) -> list[Path]:
    """Trust these policy files no longer; return those that were. Raises UndecidedError when it cannot be written."""
    gone = [path for path in paths if key_of(path) in trusted()[0]]
    if gone:
        with _changing() as entries:
            for path in gone:
                entries.pop(key_of(path), None)
    return gone


def key_of(path: Path) -> str:
    """Name a policy file by its real folder: however somebody gets there, it is the same one."""
    return str(path.parent.resolve() / path.name)


def trusted() -> tuple[dict[str, Trusted], str]:
    """Return what is trusted, by path, and what is wrong with the file that says so: then nothing is."""
    path = trust_file()
    try:
        demand_own(path.stat())
        table: Any = json.loads(path.read_bytes())
        entries = {str(key): Trusted(**entry) for key, entry in table["files"].items()}
        sound = table["schema"] == SCHEMA and all(map(_is_sound, entries.values()))
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except OSError as problem:
        return {}, _broken(path, problem.strerror or str(problem))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, _broken(path, "it is broken")
    return (entries, "") if sound else ({}, _broken(path, "it is broken, or of another version"))


def _is_sound(entry: Trusted) -> bool:
    return isinstance(entry.digest, str) and isinstance(entry.on, str)


def _broken(path: Path, why: str) -> str:
    return f"{path}: no project is trusted: {why}; remove it, and trust them again with `gatekeeper policy trust`"


@contextmanager
def _changing() -> Iterator[dict[str, Trusted]]:
    """Give what is trusted, and write it down as it is at the end of the block; nobody else changes it meanwhile."""
    path = trust_file()
    try:
        with alone_in(path.parent):
            entries = dict(trusted()[0])
            yield entries
            files = {key: {"digest": each.digest, "on": each.on} for key, each in sorted(entries.items())}
            replace_with(path, (json.dumps({"schema": SCHEMA, "files": files}, indent=1) + "\n").encode())
    except OSError as problem:
        raise UndecidedError(f"{path} cannot be written: {problem.strerror or problem}") from problem
