"""Following imports: to the file that Python finds, and to all that it may find once a build changes `sys.path`."""

from __future__ import annotations

import sys
from collections.abc import Callable  # noqa: TC003 - annotations
from posixpath import normpath

from gatekeeper.evidence._base import MOST_STEPS_OF_MANY, STEPS_A_FILE, Ledger
from gatekeeper.evidence._calling import Call  # noqa: TC001 - annotation
from gatekeeper.evidence._layout import Layout  # noqa: TC001 - annotation
from gatekeeper.evidence._scopes import Source
from gatekeeper.evidence._statements import Statements
from gatekeeper.evidence._values import MOST_ALTERNATIVES, Value, joined, opaque
from gatekeeper.model import Surface, Unread, When

MOST_NESTED_FILES = 5  # files that import one another, read inside one another
BUILDING = frozenset({When.INSTALL, When.BUILD})
UNFOLLOWED = frozenset({When.CALL, When.COMMAND, When.NEVER})
IMPORT_PATHS = ("sys.path", "site.addsitedir")
# Loaded before any code of a package runs, so that no file of the same name is ever imported instead.
LOADED = frozenset({*sys.builtin_module_names, "os", "io", "abc", "codecs", "site", "stat", "posixpath", "ntpath"})
LEFT_OUT = "runs in a build, and lies in a folder that is not read"


class Importing(Statements):
    """Follows imports."""

    def __init__(
        self, ledger: Ledger, layout: Layout, read: Callable[[str], bytes | None], wanted: Callable[[str, bytes], bool]
    ) -> None:
        """Read through `read` (None: not there or not readable); `wanted` says which imported files are worth it."""
        super().__init__(ledger)
        files = sum(path.endswith(".py") for path in layout.members)
        self.most_steps = min(self.most_steps + STEPS_A_FILE * files, MOST_STEPS_OF_MANY)
        self.layout = layout
        self.read = read
        self.wanted = wanted
        self.sources: dict[str, Source | None] = {}
        self.unwanted: set[str] = set()  # modules that are not worth following
        self.nested = 0
        self.paths_changed = False
        self.guessing = False  # whether it is only possible that a build imports the present file

    read_file: Callable[[str, When, str], Source | None]

    def enter_import(self, name: str, level: int) -> Value | None:
        """Read a module of the artifact that code imports; None when it lies outside or is not followed."""
        path = self.layout.resolve(name, level, self.at.source.path, self.at.source.package)
        found = None if path is None else self._enter_module(path, level)
        if level or self.at.when not in BUILDING:
            return found
        if path is None:
            self.left_out(name.replace(".", "/"), *self.layout.roots)
        return self._elsewhere(name, path, found) if self.paths_changed else found

    def _enter_module(self, path: str, level: int) -> Value | None:
        if path in self.sources:
            source = self.sources[path]
            return opaque() if source is None else Value(target=source)
        if self.at.when in UNFOLLOWED or self.nested > MOST_NESTED_FILES:
            return None if level == 0 else opaque()
        installing = self.at.when in BUILDING or self.at.when is When.STARTUP
        if not installing and not self._is_wanted(path):
            return None if level == 0 else opaque()
        source = self.read_file(path, self.at.when, f"imported by {self.at.source.path}")
        return opaque() if source is None else Value(target=source)

    def _is_wanted(self, path: str) -> bool:
        """Say whether a module that is imported is worth reading, and ask of each only once."""
        if path in self.unwanted:
            return False
        content = self.read(path)
        if content is None or not self.wanted(path, content):
            self.unwanted.add(path)
        return path not in self.unwanted

    def _elsewhere(self, name: str, first: str | None, found: Value | None) -> Value | None:
        """Read every file that an import may mean when a build has changed where modules come from."""
        if name.partition(".")[0] in LOADED:
            return found
        others = [path for path in self.layout.anywhere(name) if path != first]
        if len(others) > MOST_ALTERNATIVES:
            self.not_read(others[MOST_ALTERNATIVES], f"one of many files that the import of {name} may mean")
        before, self.guessing = self.guessing, True
        for path in reversed(others[:MOST_ALTERNATIVES]):
            value = self._enter_module(path, 0)
            if value is not None:
                found = value if found is None else joined(value, found)
        self.guessing = before
        return found

    def left_out(self, path: str, *folders: str) -> None:
        """Write down that a build runs code of a folder that was left out, where a path leads into one."""
        for folder in folders or ("",):
            skipped = self.layout.skipped_of(normpath(f"{folder}/{path}".lstrip("/")))
            if skipped is not None:
                self.not_read(skipped, LEFT_OUT)

    def not_read(self, path: str, reason: str) -> None:
        """Write down that something runs in a build and was not read."""
        self.ledger.surfaces[path] = Surface(path, When.INSTALL, "a build imports it")
        self.ledger.unread[path] = Unread(path, reason)

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return the attribute of a value, and of every module that it may be instead."""
        found = super().attribute_of(value, name)
        if found.ref in IMPORT_PATHS and self.at.when in BUILDING:
            self.paths_changed = True
        for other in value.others:
            if isinstance(other.target, Source):
                found = joined(found, super().attribute_of(other, name))
        return found

    def outside(self, call: Call) -> Value:
        """Return what a call of something outside yields; a left-out folder on the import path is one that runs."""
        if self.at.when in BUILDING and call.ref.startswith(IMPORT_PATHS):
            for value in (one for given in call.values() for one in given.every()):
                self._note_folders(value)
        return super().outside(call)

    def _note_folders(self, value: Value) -> None:
        for one in (value, *(value.items or ())):
            parts = (one.text or "").replace("\\", "/").split("/")
            for skipped in self.layout.skipped:
                if skipped.rpartition("/")[2] in parts:
                    self.not_read(skipped, LEFT_OUT)
