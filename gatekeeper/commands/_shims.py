"""Lay the shims down in a folder, with what shells read to keep that folder first on PATH; and take them away."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import shims
from gatekeeper.errors import UsageError
from gatekeeper.files import replacing
from gatekeeper.shims import NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TEMPLATES = Path(shims.__file__).parent
STARTS = ("shell.sh", "shell.fish", "shell.ps1")  # what shells read
SUFFIX = ".cmd" if os.name == "nt" else ""
# How each kind of shim lets a word pass, and names whose pip is meant: the one that the person would have got.
PASS = {
    "shim.sh": (" | ", "case ${{1-}} in {words}) gated= ;; esac"),
    "shim.cmd": (" ", 'for %%V in ({words}) do if "%~1"=="%%V" goto through'),
}
TARGETS = {
    "shim.sh": '[ -n "${PIP_PYTHON-}" ] || set -- --python "$real" "$@"',
    "shim.cmd": '--python "%real%"',
}
FUNCTION = """  eval 'function {name} {{ gatekeeper_first; command {name} "$@"; }}'"""


def lay(folder: Path, passing: Mapping[str, Collection[str]]) -> None:
    """Write the shims; `passing` says for each name with which first words a client installs nothing.

    Raises `UsageError` where they could not work: before a folder that cannot stand on PATH, or without an interpreter
    that finds gatekeeper by itself.
    """
    demand_usable(folder)
    demand_own_environment()
    for name in NAMES:
        place = folder / f"{name}{SUFFIX}"
        put(place, shim(name, passing[name]))
    for name in STARTS:
        put(folder / name, start(name, folder))


def demand_usable(folder: Path) -> None:
    """Raise `UsageError` for a folder that PATH, or a start-up file, could not name."""
    if os.pathsep in str(folder) or re.search(r"[\x00-\x1f\x7f]", str(folder)) or not folder.is_absolute():
        raise UsageError(f"{str(folder)!r} cannot stand on PATH", hint="name another folder with --shims")


def demand_own_environment() -> None:
    """Raise `UsageError` when only the settings of this shell make gatekeeper importable: a shim does without them."""
    done = subprocess.run([sys.executable, "-I", "-c", "import gatekeeper"], check=False, capture_output=True)
    if done.returncode:
        raise UsageError(
            f"{sys.executable} does not find gatekeeper by itself",
            hint="install gatekeeper into an environment of its own",
        )


def shim(name: str, passing: Collection[str]) -> str:
    """Return the text of the shim for a client."""
    template = "shim.cmd" if SUFFIX else "shim.sh"
    python = f'"{sys.executable}"' if SUFFIX else quoted(sys.executable)
    between, line = PASS[template]
    filled = {
        "NAME": name,
        "PASS": line.format(words=between.join(sorted(passing))) if passing else "",
        "PYTHON": python,
        "CLIENT": "pip" if name.startswith("pip") else name,
        "TARGET": TARGETS[template] if name.startswith("pip") else "",
    }
    return fill(template, filled)


def start(name: str, folder: Path) -> str:
    """Return the text of what a shell reads when it starts."""
    quote = {"shell.sh": quoted, "shell.fish": in_fish, "shell.ps1": in_powershell}[name]
    values = {
        "FOLDER": quote(str(folder)),
        # bash expands the value once more.
        "EXPANDED": quote(re.sub(r'([\\$`"])', r"\\\1", str(folder / "shell.sh"))),
        "FUNCTIONS": "\n".join(FUNCTION.format(name=each) for each in NAMES),
        "NAMES": ", ".join(map(in_powershell, NAMES)),
    }
    return fill(name, values)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in the places of a template, in one go: a value that looks like a place stays what it is."""
    text = (TEMPLATES / template).read_text("utf-8")
    return re.sub(r"@([A-Z]+)@", lambda place: values[place[1]], text)


def quoted(text: str) -> str:
    """Quote for sh, bash and zsh."""
    return shlex.quote(text)


def in_fish(text: str) -> str:
    r"""Quote for fish, where only \ and ' mean something between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def in_powershell(text: str) -> str:
    """Quote for PowerShell, which takes typographic quotes for quotes, too."""
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


def put(place: Path, text: str) -> None:
    """Write a program at once: a shell that starts meanwhile reads the old one or the new one."""
    with replacing(place) as part:
        part.write_text(text, "utf-8", newline="\r\n" if place.suffix == ".cmd" else "\n")
        part.chmod(0o644 if place.name in STARTS else 0o755)


def take_away(folder: Path) -> bool:
    """Remove the shims; say whether the folder went, too, or holds what is not ours."""
    for name in (*(f"{name}{SUFFIX}" for name in NAMES), *STARTS):
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return not folder.exists()
