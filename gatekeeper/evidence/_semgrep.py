"""Running semgrep: one process over a folder of our own, bounded, offline, and deaf to whatever files say about it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_PER_RULE = 5  # and file
SLOW_RULES = 2  # of one file, after which the others are left out
SECONDS_FOR_ALL, SECONDS_PER_FILE, MOST_SECONDS = 40.0, 1.0, 900.0
MEGABYTES = 1500  # of memory, for one file and rule
MOST_ANSWER = 64 << 20  # bytes
SCANS = "osemgrep"  # under this name the program is its quick front end, which starts ten times faster than the other
GOES_ON = frozenset({"PartialParsing", "IncompatibleRule"})  # told, and the rest was matched all the same


class BrokenRuleError(Exception):
    """A rule of the person's own does not work; the text names its file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What semgrep said: its matches, why which file was not read to the end, and why it did not run at all."""

    matches: tuple[dict[str, Any], ...] = ()
    unread: dict[str, str] = field(default_factory=dict)  # by the copy's name
    trouble: str | None = None


@cache
def program() -> Path | None:
    """Return the engine's binary inside the installed package; None when there is none."""
    try:
        found = importlib.util.find_spec("semgrep")
    except (ImportError, ValueError):
        return None
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        binary = Path(place) / "bin" / ("semgrep-core.exe" if sys.platform == "win32" else "semgrep-core")
        if binary.is_file():
            return binary
    return None


@cache
def version() -> str:
    """Return what tells one engine from another: its size and what its package says of itself; "none" without it."""
    binary = program()
    if binary is None:
        return "none"
    said = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        said = (binary.parents[1] / "__init__.py").read_text("utf-8")[:2000]
    return f"{binary.stat().st_size} {said}"


def run(folder: Path, files: int, rules: Sequence[Path]) -> Answer:
    """Match rules against the copies in `folder`/src. Raises BrokenRuleError for a rule that does not work."""
    binary = program()
    if binary is None:
        return Answer(trouble="semgrep is not installed")
    words = [SCANS, "scan", "--experimental", "--json", "--metrics", "off", "--disable-version-check"]
    words += ["--disable-nosem", "--no-git-ignore", "--no-rewrite-rule-ids", "--max-target-bytes", "0", "-j", "2"]
    words += ["--timeout", str(SECONDS_PER_RULE), "--timeout-threshold", str(SLOW_RULES)]
    words += ["--max-memory", str(MEGABYTES), "--project-root", "."]
    words += [word for rule in rules for word in ("--config", str(rule))]
    patience = min(SECONDS_FOR_ALL + SECONDS_PER_FILE * files, MOST_SECONDS)
    said, code = folder / "answer.json", 0
    try:
        with said.open("wb") as out, (folder / "complaints").open("wb") as err:
            code = _ended(binary, [*words, "src"], folder, out.fileno(), err.fileno(), patience)
    except OSError as problem:
        return Answer(trouble=f"semgrep cannot be run: {problem.strerror or type(problem).__name__}")
    except subprocess.TimeoutExpired:
        return Answer(trouble=f"semgrep was not done within {patience:.0f} seconds")
    return _read(said, code)


def _ended(binary: Path, words: list[str], folder: Path, out: int, err: int, patience: float) -> int:  # noqa: PLR0913, PLR0917, RUF100 - one process
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    home = {name: str(folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    quiet = {"NO_COLOR": "1", "SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0", "PATH": os.defpath}
    quiet["SEMGREP_SETTINGS_FILE"] = str(folder / "settings.yml")
    process = subprocess.Popen(  # the engine that is installed with us, and words of our own
        words, executable=binary, cwd=folder, env={**kept, **home, **quiet}, stdin=subprocess.DEVNULL,
        stdout=out, stderr=err, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(patience)
    finally:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()
            process.wait()


def _read(said: Path, code: int) -> Answer:
    """Read the answer; the exit code says little, since files that were not read do not count as failures."""
    if said.stat().st_size > MOST_ANSWER:
        return Answer(trouble="semgrep said more than is read")
    try:
        told = json.loads(said.read_bytes().decode("utf-8", "replace"))  # it repeats bytes of the files as they are
    except (ValueError, RecursionError):
        return Answer(trouble=f"semgrep ended with {code} and no answer")
    if not isinstance(told, dict) or not isinstance(told.get("results"), list):
        return Answer(trouble=f"semgrep ended with {code} and an answer that makes no sense")
    unread: dict[str, str] = {}
    for error in told.get("errors") or ():
        kind = error.get("type")
        kind = str(kind[0] if isinstance(kind, list) and kind else kind)
        path = error.get("path")
        if isinstance(path, str) and path.startswith("src"):
            if kind not in GOES_ON:
                unread.setdefault(Path(path).name, kind)
        else:
            raise BrokenRuleError(f"{error.get('rule_id') or error.get('path') or ''}: {error.get('message', kind)}")
    scanned = told.get("paths", {}).get("scanned")
    if code not in {0, 1} or not isinstance(scanned, list):
        return Answer(trouble=f"semgrep ended with {code}")
    return Answer(tuple(one for one in told["results"] if isinstance(one, dict)), unread)
