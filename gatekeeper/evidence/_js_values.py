"""What JavaScript's values are beyond constants: objects, functions, classes, and the scopes that name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gatekeeper.evidence._values import MOST_PARTS, NOTHING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gatekeeper.evidence._js_base import Position
    from gatekeeper.evidence._js_syntax import Syntax


class Undefined:
    """The type of `undefined`."""

    def __repr__(self) -> str:
        """Spell it as JavaScript does."""
        return "undefined"


UNDEFINED = Undefined()
NOBODY_KNOWS = Value()
UNFINISHED = frozenset({"unfinished"})  # what comes of work that was broken off
MOST_OTHERS = 4  # that a value may be instead
MOST_PROPERTIES = 4096
FUNCTION_KINDS = frozenset({"function_declaration", "generator_function_declaration"})
MOST_PROTOTYPES = 8  # of an object, one behind the other


@dataclass(slots=True, eq=False)
class Object:
    """An object of the artifact: its own properties, and the object that it inherits from."""

    props: dict[str, Value] = field(default_factory=dict)
    proto: Object | None = None
    taints: frozenset[str] = NOTHING  # of what was stored under names that are not known

    def find(self, name: str) -> Value | None:
        """Return a property, its own or inherited."""
        holder: Object | None = self
        for _ in range(MOST_PROTOTYPES):
            if holder is None:
                return None
            if name in holder.props:
                return holder.props[name]
            holder = holder.proto
        return None

    def put(self, name: str, value: Value, *, maybe: bool = False) -> None:
        """Set a property."""
        if len(self.props) < MOST_PROPERTIES or name in self.props:
            self.props[name] = merged(self.props.get(name), value) if maybe else value


@dataclass(slots=True, eq=False)
class JsSource:
    """One parsed file: where it lies, its lines, its names and what it exports."""

    path: str
    lines: list[str]
    scope: Scope
    functions: dict[Syntax, Function] = field(default_factory=dict)
    module: Object = field(default_factory=Object)
    acting: list[int] = field(default_factory=list)  # offsets of words that can act, in order
    tree: Syntax | None = None
    keys: frozenset[str] = NOTHING  # names that stand for signing keys here
    cut: list[Syntax] = field(default_factory=list)  # statements that took too long
    repeated: int = 0  # how often loops and calls ran again in these
    passed: dict[Syntax, tuple[Scope, Position]] = field(
        default_factory=dict
    )  # cases not taken yet, and where they are
    unknown: int = 0  # how often code ran of which nothing is known
    renewed: int = 0  # how often it got fresh steps
    blind: int = 0  # how often something ran that came of work which was broken off
    near_keys: list[int] = field(default_factory=list)  # offsets of words about keys, in order

    def forget(self) -> None:
        """Let go of what was read, but for what others hold."""
        self.scope.names.clear()
        self.functions.clear()
        self.cut.clear()
        self.passed.clear()
        self.module.props.clear()


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a file or function, and the scope around it."""

    names: dict[str, Value] = field(default_factory=dict)
    parent: Scope | None = None

    def look_up(self, name: str) -> Value | None:
        """Return what a name stands for here, or None."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name)
            if value is not None:
                return value
            scope = scope.parent
        return None

    def assign(self, name: str, value: Value, *, maybe: bool = False) -> None:
        """Let a name stand for a value in the scope that declares it; an undeclared name belongs to all."""
        scope = self
        while name not in scope.names and scope.parent is not None:
            scope = scope.parent
        scope.declare(name, value, maybe=maybe)

    def declare(self, name: str, value: Value, *, maybe: bool = False) -> None:
        """Let a name of this scope stand for a value; `maybe` keeps what it stood for as an alternative."""
        self.names[name] = merged(self.names.get(name), value) if maybe else value


@dataclass(slots=True, eq=False)
class Function(Object):
    """A function of the artifact."""

    node: Syntax = None  # type: ignore[assignment]
    scope: Scope = None  # type: ignore[assignment]
    source: JsSource = None  # type: ignore[assignment]
    name: str = ""
    owner: Class | None = None
    getter: bool = False
    arrow: bool = False
    entered: int = 0  # how often it was followed
    spent: int = 0  # steps in its own body, without what it calls
    line: int = 0  # where the text was run that defined it; 0 in plain code
    layer: int = 0

    @property
    def prototype(self) -> Object:
        """The object that instances inherit from."""
        kept = self.props.get("prototype")
        if kept is None or not isinstance(kept.target, Object):
            kept = self.props["prototype"] = Value(target=Object())
        assert isinstance(kept.target, Object)
        return kept.target


@dataclass(slots=True, eq=False)
class Class(Object):
    """A class of the artifact; its own properties are the static ones."""

    name: str = ""
    base: Value | None = None
    instances: Object = field(default_factory=Object)  # what they inherit from
    fields: list[tuple[str, Syntax]] = field(default_factory=list)
    scope: Scope = None  # type: ignore[assignment]


@dataclass(slots=True, eq=False)
class Bound:
    """A function together with its `this` and first arguments."""

    callee: Value
    receiver: Value
    args: tuple[Value, ...] = ()


@dataclass(slots=True, eq=False)
class Native:
    """A function that the reader itself provides, such as a promise's `resolve`."""

    run: Callable[[list[Value]], Value]


@dataclass(slots=True, eq=False)
class Super:
    """The word `super` in a method."""

    owner: Class


CALLABLE = (Function, Bound, Class, Native)


def origins(values: Iterable[Value]) -> frozenset[str]:
    """Return every origin of the values, with their items and properties; alternatives have lent theirs already."""
    found: frozenset[str] = NOTHING
    deep: list[Value] = []
    for value in values:
        if value.taints:
            found = found | value.taints
        if value.items or value.others or (value.target is not None and isinstance(value.target, Object)):
            deep.append(value)
    return found | _deep_origins(deep) if deep else found


def _deep_origins(pending: list[Value]) -> frozenset[str]:
    found: set[str] = set()
    seen: set[int] = set()
    for _ in range(MOST_PARTS):
        if not pending:
            break
        value = pending.pop()
        found |= value.taints
        holder = value.target
        key = id(holder) if holder is not None else id(value)
        if key in seen:
            continue
        seen.add(key)
        for parts in (value.items, value.others):
            if parts:
                pending.extend(one for one in parts[:MOST_PARTS] if one.items or one.target is not None or one.taints)
        if isinstance(holder, Object):
            found |= holder.taints
            if type(holder) is Object:
                pending.extend(list(holder.props.values())[:MOST_PARTS])
    return frozenset(found)


def either(first: Value, second: Value) -> Value:
    """Return a value that is the first or the second, the first being likelier.

    Of what else it may be, only what could act is kept; that there is something else always shows.
    """
    if first is second:
        return first
    others = list(first.others)
    for one in (second, *second.others):
        if (
            len(others) < MOST_OTHERS
            and _could_act(one)
            and not any(_is_same(one, other) for other in (first, *others))
        ):
            others.append(one)
    taints = first.taints | second.taints
    if not others:
        if _is_same(first, second):
            return first
        others = [NOBODY_KNOWS]
    return Value(first.const, first.rough, taints, first.ref, first.target, first.items, others=tuple(others))


def merged(old: Value | None, new: Value) -> Value:
    """Return the new value, which may also be the old one: two branches assigned it."""
    return new if old is None else either(new, old)


def _could_act(value: Value) -> bool:
    if value.ref is not None or value.target is not None or value.items is not None or value.rough is not None:
        return True
    return isinstance(value.const, (str, bytes))


def _is_same(one: Value, other: Value) -> bool:
    if one is other:
        return True
    if one.target is not None or one.items is not None:
        return one.target is other.target and one.items is other.items
    return (
        type(one.const) is type(other.const)
        and one.const == other.const
        and one.ref == other.ref
        and one.rough == other.rough
        and other.target is None
        and other.items is None
    )


def undefined() -> Value:
    """Return `undefined`."""
    return Value(const=UNDEFINED)
