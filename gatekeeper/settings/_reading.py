"""Policy files from disk to tables: what cannot be read is an error that names the line, never an empty policy."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

MOST_PARTS = 64  # of a key
QUOTES = 'texts stand in quotes, like cooldown = "7d"'
FILE_NAME = "gatekeeper.toml"
PYPROJECT = "pyproject.toml"
LARGEST = 4 << 20  # bytes; a policy needs a thousandth of it
ROOT = ("tool", "gatekeeper")  # of ours, in a pyproject.toml
MARK = b"\xef\xbb\xbf"


def content_of(path: Path, *, named: bool = False) -> bytes | None:
    """Return a file's bytes, None when there is none; a pipe, which may never end, only where the person named it."""
    try:
        if not named and path.exists() and not path.is_file():
            raise UsageError(f"{path}: the policy cannot be read: it is no file")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise UsageError(f"{path}: the policy cannot be read: {problem.strerror or problem}") from problem
    if len(content) > LARGEST:
        raise UsageError(f"{path}: the policy cannot be read: it is larger than {LARGEST >> 20} MiB")
    return content


def text_of(path: Path, content: bytes) -> str:
    """Return a file's text; raise UsageError naming the line when it is none."""
    if content.startswith(MARK):
        raise UsageError(f"{path}:1: begins with a byte order mark", hint="save it as UTF-8 without one")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise UsageError(f"{path}:{line}: the policy cannot be read: it is not UTF-8") from problem


def parsed(path: Path, text: str) -> dict[str, Any]:
    """Read TOML; raise UsageError naming the line when it is none."""
    if is_tangled(text):
        raise UsageError(f"{path}: nested too deeply to be a policy")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at line (\d+), column \d+\)", str(error))
        ends = "(at end of document)" in str(error)
        line = found[1] if found else text.count("\n") + 1 if ends else None
        message = str(error).replace(found[0], "") if found else str(error)
        where = f"{path}{f':{line}' if line else ''}"
        raise UsageError(f"{where}: not valid TOML: {message}", hint=QUOTES) from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deeply to be a policy") from error
    except ValueError as error:  # a number or a date beyond what there is
        raise UsageError(f"{path}: not valid TOML: {error}") from error


def is_tangled(text: str) -> bool:
    """Say whether a key has more parts than anybody writes: reading it takes the square of their number."""
    return any(line.partition("=")[0].count(".") > MOST_PARTS for line in text.splitlines())


def gatekeeper_table(path: Path, text: str) -> Any:  # noqa: ANN401 - whatever somebody wrote there
    """Return what a policy file holds for us: all of it, or [tool.gatekeeper] of a pyproject.toml; None for nothing."""
    if path.name != PYPROJECT:
        return parsed(path, text)
    if "gatekeeper" not in text:
        return None  # whatever else is wrong with it is not ours to say
    table: Any = parsed(path, text)
    for key in ROOT:
        table = table.get(key) if isinstance(table, dict) else None
    return table
