"""Reading a Python artifact: what runs first is always parsed, the rest only when a plain search says so."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from gatekeeper.evidence import _prefilter as prefilter
from gatekeeper.evidence._base import Ledger  # noqa: TC001 - annotation
from gatekeeper.evidence._build_commands import is_typed
from gatekeeper.evidence._packaging import HOOKS, BuildEntry, backend_folders, build_entries, ini_of
from gatekeeper.evidence._reader import Reader
from gatekeeper.evidence._scopes import Source
from gatekeeper.evidence.surfaces import python_surfaces
from gatekeeper.model import Behaviour, Surface, When

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._layout import Layout

FIRST = frozenset({When.INSTALL, When.BUILD, When.STARTUP})
LEFT_OUT = "left out: a tool put it there"  # the reason for a folder in a person's own tree that is not listed
PTH_IMPORT = re.compile(r"^import[ \t]")
NEVER_IMPORT = re.compile(
    rb"^(?:from|import)[ \t]+[\w.]*\.(?:tests?|docs?|examples?|samples?|demos?|benchmarks)\b[^\n]*", re.MULTILINE
)
FEW_BYTES = 2048  # of a module that is followed without a look: it may hold half of something
SHORT_LINE = 120  # characters: a file without longer lines hides nothing to the right
FAR_RIGHT = re.compile(rb"\S[ \t]{120,}[;\w#]|^[ \t]{160,}[\w;]", re.MULTILINE)
OBFUSCATORS = (
    b"__pyarmor__",
    b"pyarmor_runtime",
    b"Kramer",
    b"BlankOBF",
    b"_____IMPORT",
    b"pyobfuscate",
    b"Hyperion",
    b"PyObfuscator",
    b"IntelliSense_Obf",
)


class Looks:
    """Keeps of each file what a plain search in it says, so that nothing is searched twice."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        """Read through `read` (None: not there or not readable)."""
        self._read = read
        self._suspect: dict[str, bool] = {}
        self._mentions: dict[str, list[bytes]] = {}

    def is_suspect(self, path: str, content: bytes) -> bool:
        """Say whether a file holds words that together could mean harm."""
        if path not in self._suspect:
            groups = prefilter.groups_in(content)
            self._suspect[path] = prefilter.is_suspect_by(groups, content)
            self._mentions[path] = NEVER_IMPORT.findall(content) if "aside" in groups else []
        return self._suspect[path]

    def is_worth_following(self, path: str, content: bytes) -> bool:
        """Say whether an imported file is read: it is small, or suspect."""
        small = len(content) < (1 << 16 if path.endswith("__init__.py") else FEW_BYTES)
        return small or self.is_suspect(path, content)

    def mentions(self, path: str) -> list[bytes]:
        """Return the lines of a module that may import tests or examples."""
        if path not in self._mentions:
            content = self._read(path) if path.endswith(".py") else None
            if content is None:
                return []
            self.is_suspect(path, content)
        return self._mentions[path]


def read_python(kind: str, layout: Layout, read: Callable[[str], bytes | None], ledger: Ledger) -> None:
    """Read a Python artifact into the ledger."""
    looks = Looks(read)
    reader = Reader(ledger, layout, read, looks.is_worth_following)
    surfaces = list(python_surfaces(kind, layout, read))
    _set_aside(layout, ledger)
    if kind != "wheel":
        _read_packaging(reader)
    for surface in surfaces:
        if surface.path.endswith(".pth"):
            _read_pth(reader, surface)
        elif surface.when in FIRST or (surface.when is When.IMPORT and layout.is_top(surface.path)):
            _read(reader, looks, surface, always=True)
    for surface in surfaces:
        if surface.path not in reader.sources and not surface.path.endswith(".pth"):
            _read(reader, looks, surface, always=False)
    _read_never(reader, surfaces, looks)
    _note_all_looks(reader)


def _read_never(reader: Reader, surfaces: list[Surface], looks: Looks) -> None:
    """Read tests and examples that a module imports after all."""
    never = {surface.path for surface in surfaces if surface.when is When.NEVER}
    for path in [surface.path for surface in surfaces if surface.path not in never and never]:
        for line in looks.mentions(path):
            for name, level in _imported(line):
                target = reader.layout.resolve(name, level, path, reader.layout.module_of(path))
                if target in never and prefilter.is_suspect(reader.read(target) or b""):
                    never.discard(target)
                    reader.read_file(target, When.IMPORT, f"imported by {path}")


def _imported(line: bytes) -> list[tuple[str, int]]:
    """Return the modules that a line may import, with the dots before them."""
    try:
        statement = ast.parse(line.strip()).body[0]
    except (SyntaxError, ValueError):
        return []
    if isinstance(statement, ast.Import):
        return [(alias.name, 0) for alias in statement.names]
    if not isinstance(statement, ast.ImportFrom):
        return []
    module = statement.module or ""
    inside = [(f"{module}.{alias.name}".lstrip("."), statement.level) for alias in statement.names]
    return [(module, statement.level), *inside]


def _read_packaging(reader: Reader) -> None:
    """Read what the packaging files of a source tree let a build import."""
    folders = backend_folders(reader.layout, reader.read)
    reader.layout.import_first(folders)
    for folder in folders:
        reader.left_out(folder)
    members = reader.layout.members
    setup = (reader.read("setup.py") if "setup.py" in members else None) or b""
    parser = ini_of(reader.read("setup.cfg") if "setup.cfg" in members else None)
    for entry in build_entries(reader.layout, reader.read):
        if not entry.command or not is_typed(entry.command, setup, parser):
            _read_entry(reader, entry)


def _set_aside(layout: Layout, ledger: Ledger) -> None:
    """Take what tools put into a person's tree for unread only where a build turns out to import from it."""
    layout.skipped = frozenset(path for path, unread in ledger.unread.items() if unread.reason == LEFT_OUT)
    for path in layout.skipped:
        del ledger.unread[path]


def _read(reader: Reader, looks: Looks, surface: Surface, *, always: bool) -> None:
    if surface.path in reader.sources:
        return
    if surface.when is When.NEVER:
        reader.ledger.surfaces.setdefault(surface.path, surface)
        return
    content = reader.read(surface.path)
    suspect = content is not None and looks.is_suspect(surface.path, content)
    if not always and not suspect:
        reader.ledger.surfaces.setdefault(surface.path, surface)
        return
    reader.read_file(surface.path, surface.when, surface.why, calls=suspect)


def _note_all_looks(reader: Reader) -> None:
    for path, source in reader.sources.items():
        if source is None or any(len(line) > SHORT_LINE for line in source.lines):
            _note_looks(reader.ledger, reader.ledger.surfaces[path], reader.read(path) or b"")


def _note_looks(ledger: Ledger, surface: Surface, content: bytes) -> None:
    """Note what a file looks like: code out of sight to the right, marks of an obfuscator."""
    far = FAR_RIGHT.search(content)
    if far is not None and b"#" not in content[far.start() : far.end()]:
        line = content.count(b"\n", 0, far.start()) + 1
        _add(ledger, Behaviour("far-right", "code out of sight to the right", surface.path, line, surface.when))
    for word in OBFUSCATORS:
        if word in content and prefilter.has_long_line(content):
            _add(ledger, Behaviour("obfuscator", word.decode(), surface.path, 1, surface.when))
    if prefilter.has_long_line(content):
        _add(ledger, Behaviour("long-line", "a line that nobody wrote by hand", surface.path, 1, surface.when))


def _add(ledger: Ledger, behaviour: Behaviour) -> None:
    key = (behaviour.kind, behaviour.detail, behaviour.file, behaviour.line, behaviour.when)
    ledger.behaviours.setdefault(key, behaviour)


def _read_pth(reader: Reader, surface: Surface) -> None:
    """Read the lines of a .pth file that Python runs when it starts."""
    content = reader.read(surface.path)
    if content is None:
        return
    lines = content.decode("utf-8-sig", "replace").splitlines()
    code = [(number, line) for number, line in enumerate(lines, 1) if PTH_IMPORT.match(line)]
    if not code:
        return
    reader.ledger.surfaces[surface.path] = surface
    source = Source(surface.path, "", lines)
    reader.sources[surface.path] = source
    for number, line in code:
        reader.run_line(source, line, number)


def _read_entry(reader: Reader, entry: BuildEntry) -> None:
    """Read the module of an entry with the packages around it, which are imported first."""
    parts = entry.module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        for path in _files_of(reader, name, loose=entry.loose and end == len(parts)):
            source = reader.read_file(path, When.INSTALL, entry.why)
            if source is not None and end == len(parts):
                reader.run_entry(source, entry.name, HOOKS.split())


def _files_of(reader: Reader, name: str, *, loose: bool) -> list[str]:
    path = reader.layout.resolve(name, 0, "", "")
    if path is None:
        reader.left_out(name.replace(".", "/"), *reader.layout.roots)
    found = [] if path is None else [path]
    return list(dict.fromkeys([*found, *(reader.layout.anywhere(name) if loose else ())]))
