"""Reading expressions: what each may be worth, with names resolved and constants folded."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence import _fold as fold
from gatekeeper.evidence._apis import WEAK_FINGERPRINTS, canonical, words
from gatekeeper.evidence._assigning import Assigning
from gatekeeper.evidence._environment import environment_variable
from gatekeeper.evidence._scopes import Bound, Class, Function, Instance, Source
from gatekeeper.evidence._signatures import WALLET_PATTERN
from gatekeeper.evidence._values import (
    HOLE,
    MISSING,
    Value,
    all_taints,
    exactly,
    joined,
    listed,
    opaque,
    roughly,
)

WHOLE_ENVIRONMENT = frozenset({"environment-all"})
BUILTINS = words(
    """
    exec eval compile open getattr setattr __import__ print str bytes bytearray chr ord int hex list tuple
    dict set map filter sorted reversed zip range globals locals vars len type repr input execfile format
    enumerate iter next any all delattr hasattr isinstance super object property staticmethod classmethod
    memoryview unicode unichr
    """
)
MODULE_TABLES = frozenset({"globals()", "locals()", "vars()", "__builtins__", "__dict__"})
PATHS = "pathlib.Path()"
MOST_PATTERN = 1000  # characters of a text that may be a pattern


class Expressions(Assigning):
    """Reads expressions."""

    def evaluate(self, node: ast.expr) -> Value:
        """Return what an expression may be worth, noting what it does on the way."""
        self.step()
        reader = READERS.get(type(node))
        if reader is not None:
            value = reader(self, node)
            if type(node) in MAKERS:
                self.charge(value)
            return value
        return opaque(all_taints([self.evaluate(child) for child in _children(node)]))

    def constant(self, node: ast.Constant) -> Value:
        """Read a literal."""
        value = node.value
        if isinstance(value, str) and "[" in value and len(value) < MOST_PATTERN and WALLET_PATTERN.search(value):
            self.note("wallet-pattern", value[:80], node)
        return exactly(value)

    def name(self, node: ast.Name) -> Value:
        """Read a name: ours, a builtin's, or nobody's."""
        value = self.scope.look_up(node.id)
        if value is not None:
            return value
        if node.id == "__file__":
            return exactly(self.at.source.path)
        if node.id == "__name__":
            return exactly("__main__" if self.is_main() else self.at.source.package)
        if node.id in BUILTINS or node.id == "__builtins__":
            return Value(ref=node.id)
        return opaque()

    def is_main(self) -> bool:
        """Say whether the present code runs as a program rather than as an imported module."""
        return self.at.main or self.at.source.path == "setup.py"

    def attribute(self, node: ast.Attribute) -> Value:
        """Read `value.name`."""
        return self.attribute_of(self.evaluate(node.value), node.attr)

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return the attribute of a value: of our classes and modules first, then by dotted name."""
        found = self._own_attribute(value, name)
        if found is not None:
            return found
        if value.ref is None:
            return Value(rough=None, taints=value.taints)
        if value.ref == PATHS:
            return self._path_attribute(value, name)
        return self._outside_attribute(value, canonical(f"{value.ref}.{name}"))

    def _outside_attribute(self, value: Value, ref: str) -> Value:
        taints = value.taints
        if ref in {"open(w).name", "open(r).name", "open(rb).name"}:
            return Value(rough=value.rough, taints=taints)
        if ref == "os.environ":
            taints = WHOLE_ENVIRONMENT
        elif ref in WEAK_FINGERPRINTS:
            taints = taints | {"weak-fingerprint"}
        elif ref == "sys.executable":
            return roughly("python", ref=ref)
        elif ref in {"os.sep", "os.path.sep"}:
            return exactly("/")
        return Value(taints=taints, ref=ref)

    def _own_attribute(self, value: Value, name: str) -> Value | None:
        target = value.target
        if isinstance(target, Source):
            found = target.scope.names.get(name)
            return found if found is not None else self.enter_import(f"{target.package}.{name}", 0)
        if isinstance(target, Instance):
            found = target.attributes.get(name) or target.of.find(name)
        elif isinstance(target, Class):
            found = target.find(name)
        else:
            return None
        if found is not None and isinstance(found.target, Function):
            return Value(target=Bound(found.target, value), taints=found.taints)
        return found

    def _path_attribute(self, value: Value, name: str) -> Value:
        text = value.text or HOLE
        if name == "parent":
            head = text.rpartition("/")[0]
            return Value(
                exactly(head).const if value.exact else MISSING, None if value.exact else head, value.taints, PATHS
            )
        if name in {"name", "stem", "suffix"}:
            return roughly(text.rpartition("/")[2], value.taints)
        return Value(taints=value.taints, ref=f"{PATHS}.{name}")

    def subscript(self, node: ast.Subscript) -> Value:
        """Read `value[index]` and slices."""
        return self.item_of(self.evaluate(node.value), node)

    def item_of(self, value: Value, node: ast.Subscript) -> Value:
        """Return an item or a slice of a value."""
        if isinstance(node.slice, ast.Slice):
            return self._slice(value, node.slice)
        index = self.evaluate(node.slice)
        if value.ref == "os.environ":
            return environment_variable(index)
        if value.ref in MODULE_TABLES and isinstance(index.const, str):
            return self.scope.look_up(index.const) or Value(ref=canonical(index.const))
        if value.ref is not None and value.ref.endswith((".__dict__", "sys.modules")) and isinstance(index.const, str):
            root = value.ref.removesuffix(".__dict__").removesuffix("sys.modules")
            return Value(ref=canonical(f"{root}.{index.const}".lstrip(".")), taints=value.taints)
        if value.items is None and not value.exact:
            return Value(taints=all_taints([value]), ref=value.ref and f"{value.ref}[]")
        return fold.subscripted(value, index)

    def _slice(self, value: Value, node: ast.Slice) -> Value:
        bounds: list[Any] = []
        for part in (node.lower, node.upper, node.step):
            bound = exactly(None) if part is None else self.evaluate(part)
            if not (bound.const is None or isinstance(bound.const, int)):
                return opaque(all_taints([value]))
            bounds.append(bound.const)
        return fold.sliced(value, bounds[0], bounds[1], bounds[2])

    def binary(self, node: ast.BinOp) -> Value:
        """Read a chain of binary operators; long chains lean left, so they are walked, not recursed."""
        spine: list[ast.BinOp] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp):
            spine.append(left)
            left = left.left
        value = self.evaluate(left)
        for one in reversed(spine):
            self.step()
            value = self.combined(type(one.op), value, self.evaluate(one.right))
        return value

    def combined(self, op: type[ast.operator], left: Value, right: Value) -> Value:
        """Fold one operator; `/` on paths joins them."""
        if op is ast.Div and PATHS in (left.ref, right.ref):
            whole = fold.path_join([left, right])
            return Value(whole.const, whole.rough, whole.taints, PATHS)
        value = fold.binary(op, left, right)
        if op is ast.BitXor and not value.exact:
            value.taints |= {"xor"}
        return value

    def unary(self, node: ast.UnaryOp) -> Value:
        """Read `-x`, `~x`, `+x`, `not x`."""
        value = self.evaluate(node.operand)
        if isinstance(value.const, int) and isinstance(node.op, (ast.USub, ast.Invert)):
            return exactly(-value.const if isinstance(node.op, ast.USub) else ~value.const, value.taints)
        return opaque(value.taints)

    def compared(self, node: ast.Compare) -> Value:
        """Read `a == b`; of a chain of comparisons only the origins."""
        values = [self.evaluate(one) for one in (node.left, *node.comparators)]
        if len(node.ops) == 1:
            return fold.compared(type(node.ops[0]), values[0], values[1])
        return opaque(all_taints(values))

    def boolean(self, node: ast.BoolOp) -> Value:
        """Read `a or b`: any of them."""
        values = [self.evaluate(value) for value in node.values]
        result = values[0]
        for value in values[1:]:
            result = joined(result, value)
        return result

    def conditional(self, node: ast.IfExp) -> Value:
        """Read `a if test else b`: either."""
        self.evaluate(node.test)
        return joined(self.evaluate(node.orelse), self.evaluate(node.body))

    def sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Value:
        """Read a list, tuple or set."""
        items: list[Value] = []
        for element in node.elts:
            value = self.evaluate(element)
            inner = listed(value) if isinstance(element, ast.Starred) else None
            items.extend([value] if inner is None else inner)
        return Value(items=tuple(items))

    def starred(self, node: ast.Starred) -> Value:
        """Read `*value`."""
        return self.evaluate(node.value)

    def dictionary(self, node: ast.Dict) -> Value:
        """Read a dict; `**other` leaves only its origin."""
        keys, items = [], []
        for key, item in zip(node.keys, node.values, strict=True):
            keys.append(exactly(None) if key is None else self.evaluate(key))
            items.append(self.evaluate(item))
        return Value(items=tuple(items), keys=tuple(keys))

    def fstring(self, node: ast.JoinedStr) -> Value:
        """Read an f-string."""
        return fold.concatenated([self.evaluate(part) for part in node.values])

    def formatted(self, node: ast.FormattedValue) -> Value:
        """Read one `{...}` of an f-string."""
        value = self.evaluate(node.value)
        if node.format_spec is not None or value.text is None:
            return opaque(all_taints([value]))
        text = value.text if node.conversion != ord("r") else repr(value.text)
        return exactly(text, value.taints) if value.exact else roughly(text, value.taints)

    def awaited(self, node: ast.Await | ast.YieldFrom) -> Value:
        """Read `await value`."""
        return self.evaluate(node.value)

    def walrus(self, node: ast.NamedExpr) -> Value:
        """Read `(name := value)`."""
        value = self.evaluate(node.value)
        self.scope.bind(node.target.id, value, maybe=self.branch > 0)
        return value

    def function(self, node: ast.Lambda) -> Value:
        """Read a lambda: nothing runs yet."""
        made = Function(node, self.scope, self.at.source, line=self.at.line, layer=self.at.layer)
        self.at.source.functions.append(made)
        return Value(target=made)


def _children(node: ast.AST) -> Iterable[ast.expr]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


MAKERS = frozenset({ast.BinOp, ast.Call, ast.Subscript, ast.JoinedStr})  # what may be large though its code is short
READERS: dict[type[ast.expr], Callable[[Any, Any], Value]] = {
    ast.Constant: Expressions.constant,
    ast.Name: Expressions.name,
    ast.Attribute: Expressions.attribute,
    ast.Subscript: Expressions.subscript,
    ast.BinOp: Expressions.binary,
    ast.UnaryOp: Expressions.unary,
    ast.Compare: Expressions.compared,
    ast.BoolOp: Expressions.boolean,
    ast.IfExp: Expressions.conditional,
    ast.Tuple: Expressions.sequence,
    ast.List: Expressions.sequence,
    ast.Set: Expressions.sequence,
    ast.Starred: Expressions.starred,
    ast.Dict: Expressions.dictionary,
    ast.JoinedStr: Expressions.fstring,
    ast.FormattedValue: Expressions.formatted,
    ast.Await: Expressions.awaited,
    ast.YieldFrom: Expressions.awaited,
    ast.NamedExpr: Expressions.walrus,
    ast.Lambda: Expressions.function,
    ast.ListComp: Expressions.comprehension,
    ast.SetComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
    ast.DictComp: Expressions.comprehension,
}
