"""Reading the Python files of one artifact: parse, run through what runs unasked, follow imports inside it."""

from __future__ import annotations

import ast
import warnings
from dataclasses import replace

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._base import NOT_CALLED, BudgetError, Position
from gatekeeper.evidence._build_commands import typed_classes
from gatekeeper.evidence._calling import MOST_DEPTH
from gatekeeper.evidence._importing import BUILDING, UNFOLLOWED, Importing
from gatekeeper.evidence._mending import PIECES, mended
from gatekeeper.evidence._packaging import ini_of
from gatekeeper.evidence._prefilter import is_able, may_act
from gatekeeper.evidence._scopes import Class, Function, Scope, Source
from gatekeeper.evidence._values import HOLE, Value, opaque
from gatekeeper.model import Surface, Unread, When

MOST_SOURCE = 2 << 20  # bytes of one file that are parsed
MOST_SPARSE, MOST_MARKS = 16 << 20, 100_000  # bytes of a file of long texts, and signs in it that make a syntax tree
BYTES_A_STEP = 3  # as a power of two: a long file may take more steps than a short one
MOST_CREDIT = 200_000  # steps
FEW_LINES = 400  # in a longer file, functions that nothing calls are read only when a word in them can act
SHORTEST_LAYER = 64  # characters
MOST_LAYERS = 5  # of code inside decoded code
CMDCLASS_BASES = (
    "setuptools", "distutils", "wheel", "numpy.distutils", "pybind11", "Cython", "skbuild", "torch.utils", "hatchling",
)  # fmt: skip
CODING_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)
RUN_BY_BUILDS = words(
    """
    run initialize_options finalize_options finalize_package_data build_extension build_extensions get_tag
    initialize finalize clean update dependencies
    """
)


class Reader(Importing):
    """Reads one artifact's Python files."""

    def read_file(self, path: str, when: When, why: str, *, calls: bool = True) -> Source | None:
        """Read a file as it runs at a moment; `calls` reads also the functions that nothing calls."""
        if path in self.sources:
            return self.sources[path]
        self.sources[path] = None
        self.ledger.surfaces[path] = Surface(path, when, why)
        content = self.read(path)
        if content is None:
            return None
        tree = self._parsed(path, content)
        if tree is None:
            tree = self._mended(path, content)
            when = When.CALL if self.ledger.unread[path].reason.endswith(PIECES) else when
        if tree is None:
            return None
        source = Source(path, self.layout.module_of(path), _lines(content))
        self.sources[path] = source
        self._enter(source, tree, when, calls)
        return source

    def _parsed(self, path: str, content: bytes) -> ast.Module | None:
        if len(content) > MOST_SOURCE and not is_sparse(content):
            if not self._is_first(path) and not is_able(content):
                return ast.Module([], [])  # a table that names nothing which acts
            self.unread(path, f"too large to parse: {len(content):,} bytes")
            return None
        try:
            return parse(content)
        except CODING_ERRORS as error:
            self.unread(path, f"does not parse as Python: {type(error).__name__}")
            if self.guessing:  # often Python 2 beside Python 3, and whoever imports it stops
                self.ledger.surfaces[path] = replace(self.ledger.surfaces[path], when=When.IMPORT)
            return None

    def _is_first(self, path: str) -> bool:
        """Say whether a file runs unasked as soon as the artifact is installed or imported."""
        return self.ledger.surfaces[path].when is not When.IMPORT or self.layout.is_top(path)

    def _mended(self, path: str, content: bytes) -> ast.Module | None:
        """Return what can be read of a file that does not parse; it runs at most under another Python."""
        found = mended(content) if len(content) <= MOST_SOURCE else None
        if found is None:
            return None
        reason = self.ledger.unread[path].reason
        self.ledger.unread[path] = Unread(path, f"{reason}, {found[1]}")
        return found[0]

    def unread(self, path: str, reason: str) -> None:
        """Write down that a file was not read to the end."""
        self.ledger.unread.setdefault(path, Unread(path, reason))

    def _enter(self, source: Source, tree: ast.Module, when: When, calls: bool) -> None:
        before = self.at, self.scope, self.steps_in_file, self.branch, self.rounds
        main = source.path in self.mains
        self.at, self.scope, self.branch, self.rounds = Position(source, when, main=main), source.scope, 0, 1
        self.steps_in_file = -min(sum(map(len, source.lines)) >> BYTES_A_STEP, MOST_CREDIT)
        self.nested += 1
        try:
            self.run(tree.body)
            self._commands(source, tree, when)
            if calls:
                self._uncalled(source)
        except RecursionError:
            self.unread(source.path, self._late("nested too deeply to follow"))
        except BudgetError:
            self.unread(source.path, self._late("takes too long to follow"))
        finally:
            self.nested -= 1
            self.at, self.scope, self.steps_in_file, self.branch, self.rounds = before

    def _late(self, reason: str) -> str:
        """Say of a reason whether it concerns only functions that nothing calls unasked."""
        return f"{NOT_CALLED}: {reason}" if self.at.when is When.CALL else reason

    def _commands(self, source: Source, tree: ast.Module, when: When) -> None:
        """Read the methods of build commands, which setuptools calls during an install."""
        typed: frozenset[str] = frozenset()
        if source.path == "setup.py":
            typed = typed_classes(tree, ini_of(self.read("setup.cfg") if "setup.cfg" in self.layout.members else None))
        for made in source.classes:
            is_command = made.made or any(base.startswith(CMDCLASS_BASES) for base in made.outside_bases())
            if when in BUILDING and is_command and made.name not in typed:
                self.run_command_class(made)

    def run_command_class(self, made: Class) -> None:
        """Read the methods that a build calls on a command class."""
        instance = self.construct(made, [], {})
        for name, value in list(made.scope.names.items()):
            if value.target is not None and (name in RUN_BY_BUILDS or name.startswith(("run", "build_", "get_"))):
                self.follow_method(instance, name)

    def _uncalled(self, source: Source) -> None:
        self.at = self.moved(When.CALL)
        self.rounds, self.branch, self.steps_in_file = 1, 0, 0
        at = 0
        small = len(source.lines) <= FEW_LINES
        while at < len(source.functions):
            function = source.functions[at]
            at += 1
            if function.entered or isinstance(function.node, ast.Lambda):
                continue
            if small or may_act("\n".join(source.lines[function.node.lineno - 1 : function.node.end_lineno])):
                receiver = [self.construct(function.owner, [], {})] if function.owner is not None else []
                if not function.entered:
                    self.follow(function, receiver, {})

    def run_line(self, source: Source, line: str, number: int) -> None:
        """Read one line of a .pth file as the start-up code it is."""
        before = self.at, self.scope
        self.at, self.scope = Position(source, When.STARTUP, line=number), source.scope
        try:
            self.run(parse(line.encode()).body)
        except CODING_ERRORS as error:
            self.unread(source.path, f"does not parse as Python: {type(error).__name__}")
        except BudgetError:
            self.unread(source.path, "takes too long to follow")
        finally:
            self.at, self.scope = before

    def run_entry(self, source: Source, name: str, hooks: list[str]) -> None:
        """Read what a build calls in a module: a command class by its name, or a backend's hooks."""
        before = self.at, self.scope
        self.at, self.scope = Position(source, When.INSTALL), source.scope
        holder = Value(target=source)
        try:
            wanted = holder
            for part in name.split(".") if name else ():
                wanted = self.attribute_of(wanted, part)
            if isinstance(wanted.target, Function):
                self.follow(wanted.target, [], {})
            if isinstance(wanted.target, Class):
                self.run_command_class(wanted.target)
            for hook in hooks:
                value = self.attribute_of(wanted, hook)
                if isinstance(value.target, Function):
                    self.follow(value.target, [], {})
        except (RecursionError, BudgetError) as error:
            self.unread(source.path, f"not followed to the end: {type(error).__name__}")
        finally:
            self.at, self.scope = before

    # What expressions and calls need of the artifact.

    def local_file(self, path: str) -> bytes | None:
        """Return the content of a packaged file named by a path relative to the package's root, or None."""
        plain = path.replace("\\", "/").removeprefix("./")
        for candidate in (plain, self.layout.beside(self.at.source.path, plain)):
            if candidate and candidate in self.layout.members:
                return self.read(candidate)
        return None

    def find_module(self, name: str) -> str | None:
        """Return the file of a module of the artifact."""
        return self.layout.resolve(name, 0, self.at.source.path, self.at.source.package) if name else None

    def find_file(self, path: str) -> str | None:
        """Return the packaged file that a path means; in a build the path starts at the root, or nobody knows where."""
        plain = path.replace("\\", "/").removeprefix("./")
        known = plain.rpartition(HOLE)[2].lstrip("/")
        for candidate in (plain, self.layout.beside(self.at.source.path, plain), known):
            if candidate in self.layout.members:
                return candidate
            if self.at.when in BUILDING and candidate:
                self.left_out(candidate)
        return None

    def find_command(self, name: str) -> str | None:
        """Return the script that the artifact installs under a name, or the call that its entry point makes."""
        return self.layout.command(name, self.read)

    def enter_file(self, path: str, why: str) -> Value | None:
        """Read a packaged file that code runs by its path."""
        plain = path.replace("\\", "/").removeprefix("./")
        for candidate in (plain, self.layout.beside(self.at.source.path, plain)):
            if candidate in self.layout.members:
                source = self.read_file(candidate, self.at.when, why)
                return opaque() if source is None else Value(target=source)
            if self.at.when in BUILDING:
                self.left_out(candidate)
        return None

    def run_layer(self, code: str | bytes, node: ast.expr, taints: frozenset[str]) -> bool:
        """Read code that was a text until it ran, noting it at the line of the call; False when it cannot be read."""
        if self.at.layer >= MOST_LAYERS:
            return False
        try:
            tree = parse(code if isinstance(code, bytes) else code.encode("utf-8", "surrogatepass"))
        except CODING_ERRORS:
            return len(code) < SHORTEST_LAYER  # a placeholder that cannot run hides nothing
        before = self.at
        hidden = 1 if "decoded" in taints or self.at.layer else 0
        self.at = replace(self.at, line=self.at.line or getattr(node, "lineno", 1), layer=self.at.layer + hidden)
        try:
            self.run(tree.body)
        finally:
            self.at = before
        return True

    def run_text(self, code: str, node: ast.expr, taints: frozenset[str]) -> bool:
        """Read a text that is started as a program of its own; False when it cannot be read."""
        if self.at.depth >= MOST_DEPTH:
            return False
        before = self.at, self.scope, self.branch
        self.at, self.scope, self.branch = replace(self.at, depth=self.at.depth + 1, main=True), Scope(), 0
        try:
            return self.run_layer(code, node, taints)
        finally:
            self.at, self.scope, self.branch = before

    def run_program(self, path: str, why: str) -> None:
        """Read a file of the artifact that is started as a program, once, even when it was read as a module."""
        if path not in self.mains and self.at.when not in UNFOLLOWED:
            self.mains.add(path)
            self.sources.pop(path, None)
            self.read_file(path, self.at.when, why)


def is_sparse(content: bytes) -> bool:
    """Say whether a large file is mostly long texts, which cost little to parse."""
    return len(content) <= MOST_SPARSE and sum(content.count(mark) for mark in b"\n,(=.[:+") <= MOST_MARKS


def parse(content: bytes) -> ast.Module:
    """Parse Python source in whatever encoding it declares; SyntaxError, ValueError, RecursionError, MemoryError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content.lstrip(b"\0") if content.startswith(b"\0") else content)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()
