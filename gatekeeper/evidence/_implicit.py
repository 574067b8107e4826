"""Reading calls that nobody writes: special methods, bound arguments, and functions handed to what calls them."""

from __future__ import annotations

import ast

from gatekeeper.evidence._apis import CALLERS, EXECS, HTTP, OTHER_NETWORK, SPAWNS
from gatekeeper.evidence._calling import Call, Calling
from gatekeeper.evidence._scopes import Bound, Function, Instance, Partial
from gatekeeper.evidence._values import Value, exactly, listed

OPERATORS = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.BitOr: "or", ast.BitAnd: "and", ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
    ast.MatMult: "matmul", ast.Pow: "pow",
}  # fmt: skip
# What builtins ask of an instance that they are given.
ASKED = {
    "print": ("__str__", "__repr__"), "str": ("__str__", "__repr__"), "repr": ("__repr__",), "format": ("__format__",),
    "len": ("__len__",), "bool": ("__bool__",), "iter": ("__iter__",), "list": ("__iter__",), "tuple": ("__iter__",),
    "next": ("__next__",), "sorted": ("__iter__",), "hash": ("__hash__",), "int": ("__int__",), "bytes": ("__bytes__",),
    "sum": ("__iter__",), "any": ("__iter__",), "all": ("__iter__",), "set": ("__iter__",), "dict": ("keys",),
}  # fmt: skip
# What importers, schedulers and the like call on an instance that they are handed.
HOOKS = ("find_spec", "find_module", "load_module", "exec_module", "run", "__call__")


class Implicit(Calling):
    """Follows calls that nobody writes."""

    def special(self, value: Value, name: str, args: list[Value]) -> Value | None:
        """Follow a special method of an instance of ours; None when it has none."""
        if not isinstance(value.target, Instance):
            return None
        method = value.target.of.find(name)
        if method is None or not isinstance(method.target, Function):
            return None
        return self.follow(method.target, [value, *args], {})

    def combined(self, op: type[ast.operator], left: Value, right: Value) -> Value:
        """Fold one operator, which our instances may define."""
        name = OPERATORS.get(op, "")
        made = self.special(left, f"__{name}__", [right])
        if made is None:
            made = self.special(right, f"__r{name}__", [left])
        return super().combined(op, left, right) if made is None else made

    def item_of(self, value: Value, node: ast.Subscript) -> Value:
        """Return an item, which our instances may make up."""
        if isinstance(value.target, Instance) and not isinstance(node.slice, ast.Slice):
            made = self.special(value, "__getitem__", [self.evaluate(node.slice)])
            if made is not None:
                return made
        return super().item_of(value, node)

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return an attribute; properties run, and so does what makes attributes up."""
        target = value.target
        if isinstance(target, Function) and name == "__globals__":
            return Value(ref="globals()")
        if isinstance(target, Instance) and name not in target.attributes and target.of.find(name) is None:
            made = self.special(value, "__getattr__", [exactly(name)])
            if made is not None:
                return made
        found = super().attribute_of(value, name)
        if isinstance(found.target, Bound) and found.target.function.is_property and isinstance(target, Instance):
            return self.follow(found.target.function, [value], {})
        return found

    def called(self, call: Call) -> Value:
        """Follow a call of an instance or of something with bound arguments too."""
        target = call.callee.target
        if isinstance(target, Partial):
            return self.called(
                Call(call.node, target.of, None, [*target.args, *call.args], {**target.named, **call.named})
            )
        if isinstance(target, Instance):
            made = self.special(call.callee, "__call__", call.args)
            if made is not None:
                return made
        for name in ASKED.get(call.ref, ()):
            for value in call.args:
                self.special(value, name, [])
        return super().called(call)

    def construct(self, target: object, args: list[Value], named: dict[str, Value]) -> Value:
        """Make an instance; what makes and unmakes it runs."""
        made = super().construct(target, args, named)  # type: ignore[arg-type] # a class
        if isinstance(made.target, Instance):
            self.special(made, "__new__", args)
            self.special(made, "__del__", [])
        return made

    def call_back(self, call: Call) -> None:
        """Follow what is handed to something that calls it, functions of the outside included."""
        super().call_back(call)
        if not CALLERS.match(call.ref):
            return
        for at, value in enumerate(call.args):
            self._handed(call, value, call.args[at + 1 :])
        for name, value in call.named.items():
            if name != "args":
                self._handed(call, value, call.args)

    def _handed(self, call: Call, value: Value, following: list[Value]) -> None:
        for name in HOOKS if isinstance(value.target, Instance) else ():
            self.special(value, name, following)
        is_ours = isinstance(value.target, Partial)
        if is_ours or (value.ref is not None and acts(value.ref)):
            given = call.named.get("args")
            spread = listed(given) if given is not None else self._spread(following)
            if spread or is_ours:
                self.called(Call(call.node, value, None, list(spread or ()), {}))

    def _spread(self, following: list[Value]) -> list[Value]:
        """Return the arguments that follow a function; those in one list are taken out of it."""
        if len(following) == 1 and following[0].items is not None:
            return list(following[0].items)
        return following


def acts(ref: str) -> bool:
    """Say whether a dotted name does something that is asked about."""
    return ref in SPAWNS or ref in EXECS or ref in OTHER_NETWORK or HTTP.search(ref) is not None
