"""What names stand for while code is read: scopes, and the functions, classes and modules of the artifact."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from gatekeeper.evidence._values import Value, joined

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, class or function, and the scope around it."""

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None
    is_class: bool = False
    outer: set[str] = field(default_factory=set)  # declared global or nonlocal

    def look_up(self, name: str) -> Value | None:
        """Return what a name stands for here, or None; class scopes are not seen from inside methods."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.parent
        return None

    def bind(self, name: str, value: Value, *, maybe: bool = False) -> None:
        """Let a name stand for a value; `maybe` keeps what it stood for as an alternative."""
        scope = self
        if name in self.outer:
            while scope.parent is not None and (scope is self or name not in scope.names):
                scope = scope.parent
        scope.names[name] = joined(scope.names.get(name), value) if maybe else value


@dataclass(slots=True, eq=False)
class Source:
    """One parsed file: where it lies, its lines, and the names it defines."""

    path: str
    package: str  # dotted name of the package it lies in, for relative imports
    lines: list[str]
    scope: Scope = field(default_factory=Scope)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Function:
    """A function or lambda of the artifact."""

    node: FunctionNode
    scope: Scope
    source: Source
    owner: Class | None = None
    is_property: bool = False
    entered: int = 0  # how often it was followed
    line: int = 0  # where the text was run that defined it; 0 in plain code
    layer: int = 0

    @property
    def name(self) -> str:
        """The name, or "lambda"."""
        return getattr(self.node, "name", "lambda")


@dataclass(slots=True, eq=False)
class Bound:
    """A method together with its instance or class."""

    function: Function
    receiver: Value


@dataclass(slots=True, eq=False)
class Partial:
    """Something that can be called, with arguments that are already given."""

    of: Value
    args: list[Value]
    named: dict[str, Value]


@dataclass(slots=True, eq=False)
class Class:
    """A class of the artifact."""

    name: str
    scope: Scope
    bases: tuple[Value, ...] = ()
    made: bool = False  # somebody called its constructor

    def find(self, name: str, depth: int = 0) -> Value | None:
        """Return an attribute of the class or of the bases that lie in the artifact."""
        if name in self.scope.names:
            return self.scope.names[name]
        for base in self.bases:
            if isinstance(base.target, Class) and depth < 8:  # noqa: PLR2004 - hostile cycles end
                found = base.target.find(name, depth + 1)
                if found is not None:
                    return found
        return None

    def outside_bases(self, depth: int = 0) -> list[str]:
        """Return the dotted names of the bases outside the artifact."""
        found = [base.ref for base in self.bases if base.ref is not None]
        for base in self.bases:
            if isinstance(base.target, Class) and depth < 8:  # noqa: PLR2004 - hostile cycles end
                found += base.target.outside_bases(depth + 1)
        return found


@dataclass(slots=True, eq=False)
class Instance:
    """An instance of a class of the artifact."""

    of: Class
    attributes: dict[str, Value] = field(default_factory=dict)
