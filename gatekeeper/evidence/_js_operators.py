"""Reading operators: long chains are walked, and what is known decides which side runs."""

from __future__ import annotations

from gatekeeper.evidence import _js_fold as fold
from gatekeeper.evidence._js_assigning import Assigning
from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_syntax import Syntax  # noqa: TC001 - annotations, as everywhere here
from gatekeeper.evidence._js_values import UNDEFINED, Function, Object, either
from gatekeeper.evidence._values import MISSING, MOST_TEXT, Value, exactly, opaque

LOGICAL = frozenset({"&&", "||", "??"})
FEW_PARTS = 8  # of a sum


class Operators(Assigning):
    """Reads operators."""

    def binary(self, node: Syntax) -> Value:
        """Read a chain of binary operators; long chains lean left, so they are walked, not recursed."""
        spine: list[Syntax] = []
        left = node
        while left.type == "binary_expression":
            spine.append(left)
            left = left.need("left")
        value = self.evaluate(left)
        while spine:
            one = spine.pop()
            self.step()
            op = _operator(one)
            if op in LOGICAL:
                value = self._logical(op, value, one.need("right"))
                continue
            right = self.evaluate(one.need("right"))
            if op == "+" and len(spine) > FEW_PARTS and _is_text(value) and _is_text(right):
                value = self._joined(value, right, spine)
            else:
                value = fold.binary(op, value, right)
            self.charge(len(value.const) if isinstance(value.const, str) else 0)
        return value

    def _joined(self, first: Value, second: Value, spine: list[Syntax]) -> Value:
        """Join as many texts of a long sum as are known: one after the other would take the square of their number."""
        texts, taints = [first.const, second.const], first.taints | second.taints
        while spine and _operator(spine[-1]) == "+":
            self.step()
            value = self.evaluate(spine.pop().need("right"))
            if not _is_text(value):
                return fold.binary("+", exactly("".join(texts)[:MOST_TEXT], taints), value)
            texts.append(value.const)
            taints |= value.taints
        return exactly("".join(texts)[:MOST_TEXT], taints)

    def _logical(self, op: str, left: Value, right: Syntax) -> Value:
        known = truth(left)
        if op == "??" and known is not None:
            known = left.const is not None and left.const is not UNDEFINED
        if known is None:
            with self.perhaps():
                other = self.evaluate(right)
            return either(other, left) if op == "&&" else either(left, other)
        if known == (op == "&&"):
            right.ran = True
            return self.evaluate(right)
        self.run_dead(right)
        return left

    def run_dead(self, node: Syntax) -> None:
        """Read once what would not run as far as we know: what we know may be wrong."""
        if node.ran:
            return
        node.ran = True
        self.state.dead += 1
        try:
            with self.perhaps():
                self.evaluate(node)
        finally:
            self.state.dead -= 1

    def unary(self, node: Syntax) -> Value:
        """Read `-x`, `!x`, `typeof x`, `delete x`."""
        value = self.evaluate(node.need("argument"))
        op = node.operator
        if op == "!":
            known = truth(value)
            return opaque(value.taints) if known is None else exactly(not known, value.taints)
        if op == "typeof":
            return self._kind_of(value)
        return fold.unary(op, value)

    def _kind_of(self, value: Value) -> Value:
        if value.others or value.ref is not None:
            return opaque()
        if value.const is not MISSING:
            names = {str: "string", bool: "boolean", int: "number", float: "number", bytes: "object"}
            return exactly("object" if value.const is None else names.get(type(value.const), "undefined"))
        if isinstance(value.target, Function):
            return exactly("function")
        return exactly("object") if value.items is not None or isinstance(value.target, Object) else opaque()

    def update(self, node: Syntax) -> Value:
        """Read `x++` and `--x`."""
        target = node.need("argument")
        old = self.evaluate(target)
        new = fold.binary("-" if node.operator == "--" else "+", fold.unary("+", old), exactly(1))
        self.assign(target, new)
        first = node.ts.children[0] if node.ts.children else None
        return new if first is not None and first.type in {"++", "--"} else old

    def ternary(self, node: Syntax) -> Value:
        """Read `test ? a : b`: either, unless the test is known."""
        known = truth(self.evaluate(node.need("condition")))
        yes, no = node.need("consequence"), node.need("alternative")
        if known is not None:
            taken, other = (yes, no) if known else (no, yes)
            taken.ran = True
            value = self.evaluate(taken)
            self.run_dead(other)
            return value
        with self.perhaps():
            first, second = self.evaluate(yes), self.evaluate(no)
        return either(first, second)


def _operator(node: Syntax) -> str:
    if node.const is None:
        node.const = node.operator
    return str(node.const)


def _is_text(value: Value) -> bool:
    return isinstance(value.const, str) and not value.others
