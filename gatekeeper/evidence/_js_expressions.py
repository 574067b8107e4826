"""Reading JavaScript's expressions: what each may be worth, with names resolved and constants folded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatekeeper.evidence import _js_fold as fold
from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._js_apis import GLOBALS, is_hidden
from gatekeeper.evidence._js_assigning import Assigning
from gatekeeper.evidence._js_base import MOST_NESTING, MOST_STEPS
from gatekeeper.evidence._js_operators import Operators
from gatekeeper.evidence._js_syntax import EMPTY, Syntax, unescaped
from gatekeeper.evidence._js_values import UNDEFINED, Object, Super, origins, undefined
from gatekeeper.evidence._signatures import WALLET_PATTERN
from gatekeeper.evidence._values import Value, exactly, listed, opaque

DECODED = frozenset({"decoded"})
CHAIN = frozenset({"call_expression", "member_expression", "subscript_expression"})
LONG_TEXT = 1000
MOST_ITEMS = 1 << 14


class Expressions(Operators):
    """Reads expressions."""

    def evaluate(self, node: Syntax) -> Value:
        """Return what an expression may be worth, noting what it does on the way."""
        self.steps += 1
        left = self.state.left
        left.steps -= 1
        if left.steps < 0 or self.steps > MOST_STEPS:
            raise BudgetError
        leaf = LEAVES.get(node.type)
        if leaf is not None:
            return leaf(self, node)
        self.nesting += 1
        try:
            if self.nesting > MOST_NESTING:
                self.too_deep(node)
                return opaque()
            return READERS.get(node.type, Expressions.anything)(self, node)
        finally:
            self.nesting -= 1

    def anything(self, node: Syntax) -> Value:
        """Read an expression of no special meaning: its parts are read."""
        return opaque(origins([self.evaluate(child) for child in node.inner]))

    def text(self, node: Syntax) -> Value:
        """Read a text literal."""
        if node.const is None:
            inside = unescaped(node.text[1:-1])
            taints: frozenset[str] = frozenset()
            if is_hidden(inside):
                taints = DECODED
            node.const = exactly(inside, taints)
        assert isinstance(node.const, Value)
        if len(node.text) < LONG_TEXT and WALLET_PATTERN.search(node.text):
            self.note("wallet-pattern", node.text[:80], node)
        return node.const

    def numeral(self, node: Syntax) -> Value:
        """Read a number."""
        if node.const is None:
            spelled = node.text.replace("_", "").rstrip("n")
            octal = len(spelled) > 1 and spelled.isdigit() and spelled.startswith("0") and not set(spelled) & set("89")
            node.const = exactly(int(spelled[:400], 8) if octal else fold.number(spelled))
        assert isinstance(node.const, Value)
        return node.const

    def regular(self, node: Syntax) -> Value:
        """Read a regular expression."""
        pattern, flags = node.get("pattern") or EMPTY, node.get("flags") or EMPTY
        if len(pattern.text) < LONG_TEXT and WALLET_PATTERN.search(pattern.text):
            self.note("wallet-pattern", pattern.text[:80], node)
        return Value(items=(exactly(pattern.text), exactly(flags.text)), ref="RegExp")

    def word(self, node: Syntax) -> Value:
        """Read true, false, null."""
        return exactly({"true": True, "false": False, "null": None}.get(node.type, UNDEFINED))

    def name(self, node: Syntax) -> Value:
        """Read a name: ours, a global one, or nobody's."""
        return self.named(unescaped(node.text))

    def named(self, name: str) -> Value:
        """Return what a name stands for here."""
        value = self.scope.look_up(name)
        if value is not None:
            return value
        value = self.globals.names.get(name)
        if value is not None:
            return value
        if name == "undefined":
            return undefined()
        if name in {"NaN", "Infinity"}:
            return exactly(float(name.lower().replace("infinity", "inf")))
        return Value(ref=GLOBALS[name]) if name in GLOBALS else opaque()

    def this(self, _: Syntax) -> Value:
        """Read `this`."""
        return self.scope.look_up("this") or Value(ref="globalThis")

    def parent(self, _: Syntax) -> Value:
        """Read `super`."""
        owner = self.scope.look_up("super")
        return owner if owner is not None and isinstance(owner.target, Super) else opaque()

    def within(self, node: Syntax) -> Value:
        """Read what stands in parentheses, after await, and before a type."""
        return self.evaluate(node.inner[0]) if node.inner else undefined()

    def sequence(self, node: Syntax) -> Value:
        """Read `a, b`: the last."""
        value = undefined()
        for child in node.inner:
            value = self.evaluate(child)
        return value

    def template(self, node: Syntax) -> Value:
        """Read a template string."""
        parts: list[Value] = []
        for child in node.inner:
            if child.type == "template_substitution":
                parts.append(self._spelled(self.evaluate(child.inner[0])) if child.inner else undefined())
            elif child.type in {"string_fragment", "escape_sequence"}:
                parts.append(exactly(unescaped(child.text)))
        made = fold.template(parts)
        self.charge(len(made.text or ""))
        return made

    def _spelled(self, value: Value) -> Value:
        """Return what an object's own toString() makes of it."""
        own = value.target.props.get("toString") if type(value.target) is Object else None
        return value if own is None else self.run_callback(own, [], value)

    def array(self, node: Syntax) -> Value:
        """Read an array."""
        items: list[Value] = []
        for child in node.inner:
            value = self.evaluate(child)
            inner = listed(value) if child.type == "spread_element" else None
            if len(items) <= MOST_ITEMS:
                items.extend([value] if inner is None else inner)
                self.charge(len(inner or ()) << 4)
        return Value(items=tuple(items[:MOST_ITEMS]))

    def meta(self, _: Syntax) -> Value:
        """Read `import.meta` and `new.target`."""
        return Value(ref="import.meta")

    def tag(self, node: Syntax) -> Value:
        """Read the word `import` where it is called."""
        return Value(ref=node.type)

    def chain(self, node: Syntax) -> Value:
        """Read `a.b[c](d).e`; long chains lean left, so they are walked, not recursed."""
        spine: list[Syntax] = []
        left = node
        while left.type in CHAIN:
            spine.append(left)
            left = left.need("function" if left.type == "call_expression" else "object")
        value, receiver, name = self.evaluate(left), None, left.text if left.type == "identifier" else ""
        for one in reversed(spine):
            self.step()
            if one.type == "call_expression":
                value, receiver, name = self.call(one, value, receiver, name), None, ""
            elif one.type == "member_expression":
                receiver, name = value, unescaped(one.need("property").text)
                value = self.attribute_of(value, name)
            else:
                receiver, index = value, self.evaluate(one.need("index"))
                name = index.const if isinstance(index.const, str) else ""
                value = self.item_of(value, index)
        return value

    call: Callable[[Syntax, Value, Value | None, str], Value]


Reading = Callable[[Any, Syntax], Value]
LEAVES: dict[str, Reading] = {
    "identifier": Expressions.name,
    "shorthand_property_identifier": Expressions.name,
    "string": Expressions.text,
    "number": Expressions.numeral,
    "regex": Expressions.regular,
    "true": Expressions.word,
    "false": Expressions.word,
    "null": Expressions.word,
    "undefined": Expressions.word,
    "this": Expressions.this,
    "super": Expressions.parent,
    "meta_property": Expressions.meta,
    "import": Expressions.tag,
}
READERS: dict[str, Reading] = {
    "parenthesized_expression": Expressions.sequence,
    "await_expression": Expressions.within,
    "yield_expression": Expressions.within,
    "spread_element": Expressions.within,
    "as_expression": Expressions.within,
    "satisfies_expression": Expressions.within,
    "non_null_expression": Expressions.within,
    "sequence_expression": Expressions.sequence,
    "template_string": Expressions.template,
    "binary_expression": Expressions.binary,
    "unary_expression": Expressions.unary,
    "update_expression": Expressions.update,
    "ternary_expression": Expressions.ternary,
    "array": Expressions.array,
    "call_expression": Expressions.chain,
    "member_expression": Expressions.chain,
    "subscript_expression": Expressions.chain,
    "assignment_expression": Assigning.assignment,
    "augmented_assignment_expression": Assigning.augmented,
}
