"""Following a line to the files of the artifact that it runs, whatever language they are in."""

from __future__ import annotations

import re
from dataclasses import replace
from posixpath import dirname, join, normpath, splitext
from typing import TYPE_CHECKING, Protocol

from gatekeeper.evidence import _prefilter as prefilter
from gatekeeper.evidence._base import BudgetError, Position
from gatekeeper.evidence._layout import Layout
from gatekeeper.evidence._native import MAGICS
from gatekeeper.evidence._reader import CODING_ERRORS, Reader, parse
from gatekeeper.evidence._scopes import Source
from gatekeeper.evidence._shell_state import Flow, Notes, Spot
from gatekeeper.evidence._values import HOLE
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gatekeeper.evidence._base import Ledger

LANGUAGES = {
    ".js": "node", ".cjs": "node", ".mjs": "node", ".ts": "node", ".mts": "node", ".cts": "node", ".jsx": "node",
    ".sh": "sh", ".bash": "sh", ".zsh": "sh", ".ksh": "sh", ".command": "sh",
    ".py": "python", ".pyw": "python",
    ".bat": "cmd", ".cmd": "cmd", ".ps1": "powershell", ".psm1": "powershell",
    ".rb": "other", ".pl": "other", ".php": "other", ".lua": "other", ".vbs": "other", ".vbe": "other",
    ".wsf": "other", ".hta": "other", ".scpt": "other", ".jse": "other", ".tcl": "other",
}  # fmt: skip
SHEBANG = re.compile(
    rb"#![^\n]*?\b(node|bun|deno|tsx|ts-node|bash|zsh|dash|ksh|sh|python[\d.]*|pwsh|\w+)\s*(?:-\S*\s*)*(?:\n|$)"
)
SHEBANGS = {"node": "node", "bun": "node", "deno": "node", "tsx": "node", "ts-node": "node", "pwsh": "powershell"}
NODE_ENDINGS = ("", ".js", ".cjs", ".mjs", ".json", ".node", ".ts", "/index.js", "/index.cjs", "/index.mjs")
ORDER = list(When)
MOST_DEPTH = 12  # scripts that start scripts


class JavaScript(Protocol):
    """Reads JavaScript; what the reader of that language offers."""

    def read_file(self, path: str, when: When, why: str, *, always: bool = True) -> None:
        """Read a file as it runs at a moment."""

    def read_code(self, code: bytes, path: str, line: int, when: When) -> None:
        """Read code that stands in another file."""


class Following:
    """Opens what a line runs."""

    notes: Notes
    run_posix: Callable[..., Flow]
    run_windows: Callable[..., Flow]
    run_powershell: Callable[..., Flow]

    def __init__(self, ledger: Ledger, members: Collection[str], read: Callable[[str], bytes | None]) -> None:
        """Follow into these members."""
        self.ledger = ledger
        self.notes = Notes(ledger)
        self.members = members
        self.read = read
        self.js: JavaScript | None = None
        self.followed: dict[str, int] = {}  # path -> the earliest moment at which it was read
        self._python: Reader | None = None

    # Names to members.

    def resolve(self, name: str, spot: Spot, endings: tuple[str, ...] = ("",)) -> str | None:
        """Return the member that a name means in a spot's working folder, or None."""
        plain = plain_path(name)
        if not plain or HOLE in plain:
            return None
        for folder in dict.fromkeys((spot.at, spot.folder, dirname(spot.path))):
            whole = normpath(join(folder, plain))
            for ending in endings:
                if whole + ending in self.members:
                    return whole + ending
        return None

    def leaves(self, name: str, spot: Spot) -> bool:
        """Say whether a path leads out of the artifact, into what belongs to somebody else."""
        plain = plain_path(name)
        if HOLE in plain or "$(" in plain:
            return False
        whole = normpath(join(spot.at, plain))
        return whole.startswith("../") or (whole.startswith("node_modules/") and "/" in name)

    # Files to readers.

    def follow(self, name: str, spot: Spot, language: str | None = None) -> bool:
        """Read the packaged file that a line runs; False when it is not in the artifact."""
        path = self.resolve(name, spot, NODE_ENDINGS if language == "node" else ("",))
        if path is None and language == "node":
            path = self._main_of(name, spot)
        if path is None:
            named = language is not None or plain_path(name).startswith("../")
            if named and self.leaves(name, spot) and spot.when is When.INSTALL:
                self.notes.surface(name, spot.when, "run by a line of the package")
                self.notes.unread(name, "lies in another package, or where none belongs")
            return False
        self.enter(path, spot, language)
        return True

    def _main_of(self, name: str, spot: Spot) -> str | None:
        """Return what `node folder` runs."""
        from gatekeeper.evidence._npm_manifest import manifest_in

        folder = normpath(join(spot.at, plain_path(name)))
        manifest = manifest_in(folder, self.members, self.read)
        main = manifest.text("main") if manifest is not None else None
        if main is None or folder in {".", spot.folder or "."}:
            main = main or ("index.js" if folder == "." else None)
        return None if main is None else self.resolve(join(folder, main), replace(spot, at=""), NODE_ENDINGS)

    def enter(self, path: str, spot: Spot, language: str | None = None) -> None:
        """Read a member as a language, or as what it looks like."""
        order = ORDER.index(spot.when)
        if self.followed.get(path, len(ORDER)) <= order:
            return
        self.followed[path] = order
        why = f"run by {spot.path}"
        content = self.read(path)
        self.notes.surface(path, spot.when, why)
        if content is None or spot.depth >= MOST_DEPTH:
            self.notes.unread(path, "not followed so deep")
            return
        self._entered(path, content, replace(spot, path=path, line=1, depth=spot.depth + 1, quiet=False,
                                             said=frozenset()), language or language_of(path, content))  # fmt: skip

    def _entered(self, path: str, content: bytes, spot: Spot, language: str) -> None:
        if language == "node" and self.js is not None:
            self.js.read_file(path, spot.when, "run while the package is installed", always=True)
        elif language == "python":
            self.python.read_file(path, spot.when, "run by a line of the package")
        elif language in {"sh", "cmd", "powershell"}:
            run = {"sh": self.run_posix, "cmd": self.run_windows, "powershell": self.run_powershell}[language]
            run(content.decode("utf-8", "replace"), spot, lines=True)
        elif language in {"other", "program"}:
            what = "a program" if language == "program" else "in a language that is not read"
            self.notes.unread(path, f"{what}, so nobody can say what it does")

    # Code in the line itself.

    def node_code(self, code: str, spot: Spot) -> None:
        """Read what follows `node -e`."""
        if self.js is not None:
            self.js.read_code(code.encode("utf-8", "replace"), spot.path, spot.line, spot.when)

    def python_code(self, code: str, spot: Spot) -> None:
        """Read what follows `python -c`."""
        reader = self.python
        source = Source(spot.path, "", [""] * (spot.line - 1) + [spot.snippet])
        before = reader.at, reader.scope
        reader.at, reader.scope = Position(source, spot.when, line=spot.line), source.scope
        try:
            reader.run(parse(code.encode("utf-8", "surrogateescape")).body)
        except CODING_ERRORS:
            self.notes.unread(spot.path, "holds a line of Python that does not parse")
        except BudgetError:
            self.notes.unread(spot.path, "takes too long to follow")
        finally:
            reader.at, reader.scope = before

    @property
    def python(self) -> Reader:
        """The reader of Python, made when a line asks for it."""
        if self._python is None:
            worth = lambda path, content: prefilter.is_suspect(content)  # noqa: ARG005, E731 - what the reader asks
            self._python = Reader(self.ledger, Layout(self.members), self.read, worth)
        return self._python


def language_of(path: str, content: bytes) -> str:
    """Return what runs a file: by its ending, its first line, or its first bytes."""
    known = LANGUAGES.get(splitext(path)[1].lower())
    if known is not None:
        return known
    if content.startswith(MAGICS):
        return "program"
    match = SHEBANG.match(content)
    if match is None:
        return "sh" if b"\0" not in content[:1024] else "program"
    word = match.group(1).decode()
    if word.startswith("python"):
        return "python"
    return SHEBANGS.get(word, "sh" if word in {"bash", "zsh", "dash", "ksh", "sh"} else "other")


def plain_path(name: str) -> str:
    """Return a path with plain slashes, relative to where a script starts."""
    plain = name.replace("\\", "/")
    for prefix in ("%npm_config_local_prefix%/", "%~dp0", "%CD%/", "%__dirname%/"):
        plain = plain.removeprefix(prefix)
    return plain.lstrip("/") if name.startswith("%~dp0") else plain
