"""Reading calls: our own functions are followed, the outside's are folded or noted."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._apis import CALLERS, canonical
from gatekeeper.evidence._expressions import READERS, Expressions
from gatekeeper.evidence._scopes import Bound, Class, Function, Instance, Scope
from gatekeeper.evidence._values import MISSING, Value, all_taints, exactly, joined, listed, opaque

if TYPE_CHECKING:
    from gatekeeper.model import When

MOST_DEPTH = 7  # followed calls inside one another
MOST_ENTRIES = 6  # times one function is followed
GIVEN = frozenset({"given"})  # the origin of what a function gets from callers that nobody knows


@dataclass(slots=True)
class Call:
    """One call: what is called, on what, with which values."""

    node: ast.Call
    callee: Value
    receiver: Value | None
    args: list[Value]
    named: dict[str, Value]

    @property
    def ref(self) -> str:
        """The dotted name of what is called, or an empty text."""
        return self.callee.ref or ""

    @property
    def method(self) -> str:
        """The last word of what is called."""
        return self.node.func.attr if isinstance(self.node.func, ast.Attribute) else self.ref.rpartition(".")[2]

    def values(self) -> list[Value]:
        """Every value that goes in."""
        return [*self.args, *self.named.values()]

    def argument(self, at: int, *names: str) -> Value | None:
        """Return one argument by position or by any of its names."""
        for name in names:
            if name in self.named:
                return self.named[name]
        return self.args[at] if at < len(self.args) else None


class Calling(Expressions):
    """Reads calls."""

    def call(self, node: ast.Call) -> Value:
        """Read a call."""
        receiver = self.evaluate(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if receiver is not None and isinstance(node.func, ast.Attribute):
            callee = self.attribute_of(receiver, node.func.attr)
        else:
            callee = self.evaluate(node.func)
        args = self._arguments(node)
        named: dict[str, Value] = {}
        for word in node.keywords:
            value = self.evaluate(word.value)
            named[word.arg or "**"] = value
            if word.arg is None and value.keys is not None and value.items is not None:
                pairs = zip(value.keys, value.items, strict=False)
                named |= {key.const: item for key, item in pairs if isinstance(key.const, str)}
        result: Value | None = None
        for one in callee.every():
            made = self.called(Call(node, one, receiver, args, named))
            result = made if result is None else joined(made, result)
        return result if result is not None else opaque()

    def _arguments(self, node: ast.Call) -> list[Value]:
        args: list[Value] = []
        for argument in node.args:
            value = self.evaluate(argument)
            inner = listed(value) if isinstance(argument, ast.Starred) else None
            args.extend([value] if inner is None else inner[:64])
        return args

    def called(self, call: Call) -> Value:
        """Follow a call into the artifact, or ask the tables what the outside does."""
        target = call.callee.target
        if isinstance(target, Function):
            return self.follow(target, call.args, call.named)
        if isinstance(target, Bound):
            return self.follow(target.function, [target.receiver, *call.args], call.named)
        if isinstance(target, Class):
            return self.construct(target, call.args, call.named)
        self.call_back(call)
        return self.outside(call)

    def outside(self, call: Call) -> Value:
        """Return what a call of something outside the artifact yields."""
        return Value(taints=all_taints(call.values()) | call.callee.taints, ref=call.ref + "()" if call.ref else None)

    def call_back(self, call: Call) -> None:
        """Follow the functions that are handed to something that calls them: threads, exit hooks, map."""
        if not CALLERS.match(call.ref):
            return
        handed = listed(call.named["args"]) if "args" in call.named else None
        if handed is None:
            plain = [value for value in call.values() if not isinstance(value.target, (Function, Bound, Class))]
            first = listed(plain[0]) if plain and call.method == "reduce" else None
            handed = [self.sample(value) for value in plain] if first is None else first[:2]
        for value in call.values():
            for one in value.every():
                if isinstance(one.target, Function):
                    self.follow(one.target, handed, {})
                elif isinstance(one.target, Bound):
                    self.follow(one.target.function, [one.target.receiver, *handed], {})

    def sample(self, value: Value) -> Value:
        """Return what a function gets that is called for every item of a value."""
        items = listed(value)
        return items[0] if items else value

    def construct(self, target: Class, args: list[Value], named: dict[str, Value]) -> Value:
        """Make an instance: its constructor runs."""
        target.made = True
        made = Value(target=Instance(target))
        constructor = target.find("__init__")
        if constructor is not None and isinstance(constructor.target, Function):
            self.follow(constructor.target, [made, *args], named)
        if any(base.startswith(("threading.", "multiprocessing.")) for base in target.outside_bases()):
            self.follow_method(made, "run")
        return made

    def follow_method(self, instance: Value, name: str) -> None:
        """Follow a method that something outside calls."""
        method = self.attribute_of(instance, name)
        if isinstance(method.target, Bound):
            self.follow(method.target.function, [instance], {})

    def follow(self, function: Function, args: list[Value], named: dict[str, Value]) -> Value:
        """Run through a function's body with these arguments, within bounds, and return what it returns."""
        if self.at.depth >= MOST_DEPTH or function.entered >= MOST_ENTRIES:
            return opaque(all_taints([*args, *named.values()]))
        function.entered += 1
        before, branch, at = self.scope, self.branch, self.at
        self.scope, self.branch = Scope(parent=function.scope), 0
        self.at = replace(at, source=function.source, depth=at.depth + 1, line=function.line, layer=function.layer)
        try:
            self._bind_parameters(function, args, named)
            return self._run_body(function)
        finally:
            self.scope, self.branch, self.at = before, branch, at

    def _run_body(self, function: Function) -> Value:
        if isinstance(function.node, ast.Lambda):
            return self.evaluate(function.node.body)
        self.run(function.node.body)
        return self.scope.names.get("return", exactly(None))

    def _bind_parameters(self, function: Function, args: list[Value], named: dict[str, Value]) -> None:
        node = function.node.args
        parameters = [*node.posonlyargs, *node.args]
        defaults = dict(zip(reversed([one.arg for one in parameters]), reversed(node.defaults), strict=False))
        for at, parameter in enumerate(parameters):
            if at < len(args):
                self.scope.names[parameter.arg] = args[at]
            else:
                self.scope.names[parameter.arg] = named.get(parameter.arg) or self._default(
                    function, defaults.get(parameter.arg)
                )
        for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            self.scope.names[parameter.arg] = named.get(parameter.arg) or self._default(function, default)
        if node.vararg is not None:
            self.scope.names[node.vararg.arg] = Value(items=tuple(args[len(parameters) :]))
        if node.kwarg is not None:
            self.scope.names[node.kwarg.arg] = opaque(all_taints(named.values()))

    def _default(self, function: Function, node: ast.expr | None) -> Value:
        if node is None:
            return opaque(GIVEN)
        inner, self.scope = self.scope, function.scope
        try:
            return self.evaluate(node)
        finally:
            self.scope = inner

    def with_when(self, when: When) -> None:
        """Read on at another moment."""
        self.at = replace(self.at, when=when)

    def named_attribute(self, call: Call) -> Value | None:
        """Read `getattr(value, "name")` and `__import__("name")`; None when the name is not known."""
        if call.ref == "getattr" and len(call.args) >= 2:  # noqa: PLR2004 - object and name
            name = call.args[1].const
            return self.attribute_of(call.args[0], name) if isinstance(name, str) else None
        name = call.args[0].const if call.args else MISSING
        if call.ref in {"__import__", "importlib.import_module"} and isinstance(name, str):
            root = name.partition(".")[0] if call.ref == "__import__" and "fromlist" not in call.named else name
            return self.enter_import(name, 0) or Value(ref=canonical(root), taints=call.args[0].taints)
        return None


READERS[ast.Call] = Calling.call
