"""Reading the Python files of one artifact: parse, run through what runs unasked, follow imports inside it."""

from __future__ import annotations

import ast
import warnings
from dataclasses import replace

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._base import BudgetError, Position
from gatekeeper.evidence._importing import BUILDING, Importing
from gatekeeper.evidence._prefilter import may_act
from gatekeeper.evidence._scopes import Class, Function, Source
from gatekeeper.evidence._values import Value, opaque
from gatekeeper.model import Surface, Unread, When

MOST_SOURCE = 2 << 20  # bytes of one file that are parsed
NOT_CALLED = "functions that nothing calls"  # a reason that starts so is about no code that runs unasked
FEW_LINES = 400  # in a longer file, functions that nothing calls are read only when a word in them can act
SHORTEST_LAYER = 64  # characters
MOST_LAYERS = 5  # of code inside decoded code
CMDCLASS_BASES = ("setuptools", "distutils", "wheel", "numpy.distutils", "pybind11", "Cython", "skbuild", "torch.utils")
CODING_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)
RUN_BY_BUILDS = words(
    """
    run initialize_options finalize_options finalize_package_data build_extension build_extensions get_tag
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
            return None
        source = Source(path, self.layout.module_of(path), _lines(content))
        self.sources[path] = source
        self._enter(source, tree, when, calls)
        return source

    def _parsed(self, path: str, content: bytes) -> ast.Module | None:
        if len(content) > MOST_SOURCE:
            self.unread(path, f"too large to parse: {len(content):,} bytes")
            return None
        try:
            return parse(content)
        except CODING_ERRORS as error:
            self.unread(path, f"does not parse as Python: {type(error).__name__}")
            if self.guessing:  # often Python 2 beside Python 3, and whoever imports it stops
                self.ledger.surfaces[path] = replace(self.ledger.surfaces[path], when=When.IMPORT)
            return None

    def unread(self, path: str, reason: str) -> None:
        """Write down that a file was not read to the end."""
        self.ledger.unread.setdefault(path, Unread(path, reason))

    def _enter(self, source: Source, tree: ast.Module, when: When, calls: bool) -> None:
        before = self.at, self.scope, self.steps_in_file, self.branch, self.rounds
        self.at, self.scope, self.branch, self.rounds = Position(source, when), source.scope, 0, 1
        self.steps_in_file = 0
        self.nested += 1
        try:
            self.run(tree.body)
            self._commands(source, when)
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

    def _commands(self, source: Source, when: When) -> None:
        """Read the methods of build commands, which setuptools calls during an install."""
        for made in source.classes:
            is_command = made.made or any(base.startswith(CMDCLASS_BASES) for base in made.outside_bases())
            if when in {When.INSTALL, When.BUILD} and is_command:
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


def parse(content: bytes) -> ast.Module:
    """Parse Python source in whatever encoding it declares; SyntaxError, ValueError, RecursionError, MemoryError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content.lstrip(b"\0") if content.startswith(b"\0") else content)


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()
