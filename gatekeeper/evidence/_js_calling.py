"""Reading calls: our own functions are followed, the outside's are folded or noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._js_apis import INTEROP
from gatekeeper.evidence._js_base import MOST_NESTING, ROOM_TO_FOLLOW, Postponed
from gatekeeper.evidence._js_defining import Defining
from gatekeeper.evidence._js_expressions import READERS
from gatekeeper.evidence._js_keys import KEY, KEYED, SIGNING, as_key, keeps_key, without_key
from gatekeeper.evidence._js_syntax import Syntax  # noqa: TC001 - the tables need it
from gatekeeper.evidence._js_values import (
    CALLABLE,
    UNDEFINED,
    UNFINISHED,
    Bound,
    Class,
    Function,
    Native,
    Object,
    Scope,
    Super,
    either,
    origins,
    undefined,
)
from gatekeeper.evidence._values import MISSING, Value, exactly, listed, opaque
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_DEPTH = 14  # followed calls inside one another
MOST_POSTPONED = 2000
MOST_FOLLOWED = 6  # times one function is followed with values of which not all is known
FEW_FOLLOWED = 2  # times with values of which nothing is known
MOST_BARE = 128  # times without any value
GIVEN = frozenset({"given"})  # by a caller whom nobody knows
BORROWING = frozenset({"call", "apply", "bind"})
METHODS = ("#array.", "#string.", "#buffer.", "Array.prototype.", "String.prototype.", "Object.prototype.")


@dataclass(slots=True)
class Call:
    """One call: what is called, on what, with which values."""

    node: Syntax
    callee: Value
    receiver: Value | None
    args: list[Value]
    name: str = ""  # the method's or function's own name
    made: bool = False  # by `new`

    @property
    def ref(self) -> str:
        """The dotted name of what is called, or an empty text."""
        return self.callee.ref or ""

    def argument(self, at: int) -> Value:
        """Return an argument by position; undefined when there is none."""
        return self.args[at] if at < len(self.args) else undefined()

    @property
    def callbacks(self) -> list[Value]:
        """The functions among the arguments."""
        return [one for one in self.args if isinstance(one.target, (Function, Bound))]


class Calling(Defining):
    """Reads calls."""

    outside: Callable[[Call], Value]
    own_method: Callable[[Call], Value | None]

    def call(self, node: Syntax, callee: Value, receiver: Value | None, name: str) -> Value:
        """Read a call."""
        args = self.arguments(node)
        given = node.get("arguments")
        tagged = given is not None and given.type == "template_string"
        result: Value | None = None
        for one in callee.every():
            taken = [Value(items=tuple(args))] if tagged and isinstance(one.target, CALLABLE) else args
            made = self.called(Call(node, one, receiver, taken, name))
            result = made if result is None else either(result, made)
        return result if result is not None else opaque()

    def arguments(self, node: Syntax) -> list[Value]:
        """Read a call's arguments."""
        given = node.get("arguments")
        if given is None:
            return []
        if given.type == "template_string":
            return [self.evaluate(given)]
        args: list[Value] = []
        for child in given.inner:
            value = self.evaluate(child)
            inner = listed(value) if child.type == "spread_element" else None
            args.extend([value] if inner is None else inner[:256])
        return args

    def new(self, node: Syntax) -> Value:
        """Read `new Name(...)`."""
        callee = self.evaluate(node.need("constructor"))
        args = self.arguments(node)
        result: Value | None = None
        for one in callee.every():
            made = self.made(Call(node, one, None, args, node.need("constructor").text[-40:], made=True))
            result = made if result is None else either(result, made)
        return result if result is not None else opaque()

    def made(self, call: Call) -> Value:
        """Return what `new` makes."""
        target = call.callee.target
        if isinstance(target, Class):
            return self.construct(target, call.args)
        if isinstance(target, Bound):
            return self.made(replace(call, callee=target.callee, args=[*target.args, *call.args]))
        if isinstance(target, Function):
            this = Value(target=Object(proto=target.prototype))
            returned = self.follow(target, call.args, this)
            return returned if isinstance(returned.target, Object) else this
        return self.outside(call)

    def called(self, call: Call) -> Value:
        """Follow a call into the artifact, or ask the tables what the outside does."""
        target = call.callee.target
        if isinstance(target, Function):
            return self._followed(target, call)
        if isinstance(target, Bound):
            inner = replace(call, callee=target.callee, receiver=target.receiver, args=[*target.args, *call.args])
            return self.called(inner)
        if isinstance(target, (Native, Class, Super)):
            return self._special_call(target, call.args)
        borrowed = self._borrowed(call) if call.name in BORROWING and not call.ref.startswith("Reflect.") else None
        if borrowed is not None:
            return borrowed
        own = self.own_method(call) if call.receiver is not None else None
        return self.outside(call) if own is None else own

    def _special_call(self, target: Native | Class | Super, args: list[Value]) -> Value:
        if isinstance(target, Native):
            return target.run(args)
        return self.construct(target, args) if isinstance(target, Class) else self._construct_parent(target, args)

    def _followed(self, target: Function, call: Call) -> Value:
        if INTEROP.match(target.name) and call.args and call.args[0].ref is not None:
            return call.args[0]
        callbacks = [one for one in call.callbacks if isinstance(one.target, Function) and not one.target.entered]
        result = self.follow(target, call.args, call.receiver)
        if self.at.source.keys and KEY in origins(call.args):
            result = as_key(result) if keeps_key(target.name or call.name) else result
            result = without_key(result) if SIGNING.search(target.name or call.name) else result
        for one in callbacks:  # kept somewhere, and called by something that we did not see
            if isinstance(one.target, Function) and not one.target.entered:
                taints = origins([value for value in call.args if value is not one])
                self.run_callback(one, [opaque(taints)])
        return result

    def _borrowed(self, call: Call) -> Value | None:
        """Read `function.call(this, ...)`, `.apply(this, [...])` and `.bind(this, ...)`."""
        callee, ref = call.receiver or opaque(), call.ref.removesuffix("." + call.name)
        if not (isinstance(callee.target, CALLABLE) or callee.ref is not None):
            return None
        this, args = call.argument(0), call.args[1:]
        if call.name == "bind":
            if callee.ref is not None and not args:
                return callee
            return Value(target=Bound(callee, this, tuple(args)))
        if call.name == "apply":
            inner = listed(call.argument(1))
            args = [call.argument(1)] if inner is None else inner[:4096]
        name = ref.rpartition(".")[2]
        result: Value | None = None
        for one in callee.every():
            borrowed = ref.startswith(METHODS)
            inside = Call(call.node, Value(ref=None) if borrowed else one, this, args, name)
            made = self.called(inside)
            result = made if result is None else either(result, made)
        return result

    def follow(self, function: Function, args: list[Value], this: Value | None = None) -> Value:
        """Run through a function's body with these arguments, within bounds, and return what it returns."""
        if not self._may_follow(function, args):
            left = self.state.left
            broken_off = function.spent > left.share or left.entries <= 0
            return opaque(origins(args) - KEYED | (UNFINISHED if broken_off else frozenset()))
        at = self.at
        if at.depth >= MOST_DEPTH or self.nesting > MOST_NESTING - ROOM_TO_FOLLOW:
            if len(self.state.postponed) < MOST_POSTPONED and not function.entered:
                function.entered += 1
                self.state.postponed.append(Postponed(function, args, this, at))
            return opaque(origins(args) - KEYED)
        return self.run_function(function, args, this)

    def run_function(self, function: Function, args: list[Value], this: Value | None) -> Value:
        """Run through a function's body."""
        function.entered += 1
        function.node.const = True
        scope = Scope(parent=function.scope)
        at = replace(self.at, source=function.source, depth=self.at.depth + 1, line=function.line, layer=function.layer)
        self.nesting += 2
        outer, self.nested, before = self.nested, 0, self.steps
        try:
            with self.inside(scope, at):
                return self._run_body(function, args, this)
        finally:
            self.nesting -= 2
            whole = self.steps - before
            function.spent += whole - self.nested
            self.nested = outer + whole

    def _run_body(self, function: Function, args: list[Value], this: Value | None) -> Value:
        names, node = self.scope.names, function.node
        if not function.arrow:
            names["this"] = this if this is not None else Value(ref="globalThis")
            names["arguments"] = Value(items=tuple(args))
        if function.owner is not None:
            names["super"] = Value(target=Super(function.owner))
        self._bind_parameters(node, args)
        body = node.need("body")
        if body.type != "statement_block":
            return self.evaluate(body)
        self.run(body.inner)
        return names.get("return") or undefined()

    def _may_follow(self, function: Function, args: list[Value]) -> bool:
        entered, left = function.entered, self.state.left
        if entered < (1 if self.at.when is When.CALL else FEW_FOLLOWED):
            return True
        if function.spent > left.share:
            return False
        if entered < MOST_FOLLOWED and any(_says_something(one) for one in args[:4]):
            return True
        unknown = any(one.const is MISSING and one.items is None for one in args[:4])
        if left.entries <= 0 or (unknown and not any(KEY in one.taints for one in args[:4])):
            return False
        if not args and entered >= MOST_BARE:
            return False
        left.entries -= 1
        return True

    def _bind_parameters(self, node: Syntax, args: list[Value]) -> None:
        single = node.get("parameter")
        parameters = node.get("parameters")
        patterns = [single] if single is not None else parameters.inner if parameters is not None else []
        for at, pattern in enumerate(patterns):
            if pattern.type == "rest_pattern" or pattern.text.startswith("..."):
                self.assign(pattern, Value(items=tuple(args[at:])), declare=True)
                return
            self.assign(pattern, args[at] if at < len(args) else self._not_given(args), declare=True)

    def _not_given(self, args: list[Value]) -> Value:
        """Return what a parameter is that gets no argument; of a function that nobody called it may be anything."""
        return undefined() if args or self.at.depth > 1 else opaque(GIVEN)

    def construct(self, target: Class, args: list[Value]) -> Value:
        """Make an instance: its fields are set and its constructor runs."""
        base = target.base.ref if target.base is not None else None
        this = Value(target=Object(proto=target.instances), ref=base if base == "module" else None)
        target.props.setdefault("#made", exactly(UNDEFINED))
        self._initialize(target, args, this)
        return this

    def _initialize(self, target: Class, args: list[Value], this: Value) -> None:
        constructor = target.instances.props.get("constructor")
        own = constructor.target if constructor is not None else None
        if not isinstance(own, Function):
            self._construct_parent(Super(target), args, this)
        if isinstance(this.target, Object) and target.fields:
            scope = Scope({"this": this}, target.scope)
            with self.inside(scope, self.at):
                for name, node in target.fields[:256]:
                    this.target.put(name, self.evaluate(node))
        if isinstance(own, Function):
            self.follow(own, args, this)

    def _construct_parent(self, of: Super, args: list[Value], this: Value | None = None) -> Value:
        base = of.owner.base
        this = this or self.scope.look_up("this") or opaque()
        if base is None or self.nesting > MOST_NESTING - ROOM_TO_FOLLOW:
            return undefined()
        self.nesting += 1
        try:
            if isinstance(base.target, Class) and base.target is not of.owner:
                self._initialize(base.target, args, this)
            elif isinstance(base.target, Function):
                self.follow(base.target, args, this)
        finally:
            self.nesting -= 1
        return undefined()


def _says_something(value: Value) -> bool:
    return value.const is not MISSING or value.items is not None or bool(value.taints or value.ref or value.target)


READERS["new_expression"] = Calling.new
