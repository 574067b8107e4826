"""Reading what binds names: assignments and patterns."""

from __future__ import annotations

from gatekeeper.evidence import _js_fold as fold
from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_keys import as_key
from gatekeeper.evidence._js_members import Members
from gatekeeper.evidence._js_syntax import EMPTY, Syntax, unescaped
from gatekeeper.evidence._js_values import UNDEFINED, Function, Object, either, origins
from gatekeeper.evidence._values import Value, element_of, listed, opaque

NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier", "undefined"})
WITH_DEFAULT = frozenset({"assignment_pattern", "object_assignment_pattern"})
MOST_NESTED_PATTERNS = 12


class Assigning(Members):
    """Reads what binds names."""

    def assignment(self, node: Syntax) -> Value:
        """Read `target = value`; a chain of them leans right, so it is walked."""
        targets: list[Syntax] = []
        right = node
        while right.type == "assignment_expression":
            targets.append(right.need("left"))
            right = right.need("right")
        return self.bound_to(right, targets, declare=False)

    def bound_to(self, node: Syntax, targets: list[Syntax], *, declare: bool) -> Value:
        """Let targets stand for an expression; the callbacks that it hands to the outside run when they already do."""
        state = self.state
        before, state.waiting = state.waiting, []
        value = self.evaluate(node)
        waiting, state.waiting = state.waiting or [], before
        self._call_it(value, targets[-1])
        for target in reversed(targets):
            self.assign(target, value, declare=declare)
        for callback, given in waiting:
            self.run_callback(callback, given)
        return value

    def _call_it(self, value: Value, target: Syntax) -> None:
        """Give a function without a name the name of what it is assigned to."""
        if isinstance(value.target, Function) and not value.target.name and target.type == "identifier":
            value.target.name = target.text

    def augmented(self, node: Syntax) -> Value:
        """Read `target += value` and its kin."""
        target, op = node.need("left"), node.operator.removesuffix("=")
        old = self.evaluate(target)
        if op in {"&&", "||", "??"}:
            with self.perhaps():
                value = either(self.evaluate(node.need("right")), old)
        else:
            value = fold.binary(op, old, self.evaluate(node.need("right")))
            self.charge(len(value.text or "") if op == "+" else 0)
        if self.state.dead and old.exact and not old.others:  # decoders build their texts so
            return value
        self.assign(target, value)
        return value

    def assign(self, target: Syntax, value: Value, *, declare: bool = False, depth: int = 0) -> None:
        """Let an assignment's target stand for a value."""
        kind = target.type
        if kind in NAMES:
            self.bind(target.text, value, declare=declare)
        elif kind == "member_expression":
            self.set_member(self.evaluate(target.need("object")), target.need("property").text, value, target)
        elif kind == "subscript_expression":
            holder = self.evaluate(target.need("object"))
            self.set_item(holder, self.evaluate(target.need("index")), value, target)
        elif depth < MOST_NESTED_PATTERNS:
            self._pattern(target, value, declare, depth + 1)

    def bind(self, name: str, value: Value, *, declare: bool) -> None:
        """Let a name stand for a value; code that would not run only adds an alternative."""
        scope, maybe = self.scope, self.maybe
        if name in self.state.at.source.keys:
            value = as_key(value)
        old = scope.names.get(name) if declare else scope.look_up(name)
        if maybe and self.state.dead and old is not None and old is not value:
            value, maybe = either(old, value), False
        if declare:
            scope.declare(name, value, maybe=maybe and old is not None and old.const is not UNDEFINED)
        elif old is None and name not in scope.names:
            self.globals.declare(name, value, maybe=maybe)
        else:
            scope.assign(name, value, maybe=maybe)

    def _pattern(self, target: Syntax, value: Value, declare: bool, depth: int) -> None:
        kind = target.type
        if kind in {"array_pattern", "array"}:
            self._array(target, value, declare, depth)
        elif kind in {"object_pattern", "object"}:
            self._object(target, value, declare, depth)
        elif kind in WITH_DEFAULT:
            self._default(target, value, declare, depth)
        elif kind in {"rest_pattern", "spread_element", "parenthesized_expression", "required_parameter"}:
            inner = target.get("pattern") or (target.inner[0] if target.inner else EMPTY)
            self.assign(inner, value, declare=declare, depth=depth)
        elif kind == "optional_parameter":
            self.assign(target.need("pattern"), value, declare=declare, depth=depth)

    def _default(self, target: Syntax, value: Value, declare: bool, depth: int) -> None:
        missing = value.const is UNDEFINED and not value.others
        if missing or (value.ref is None and truth(value) is None):
            with self.perhaps():
                default = self.evaluate(target.need("right"))
            value = default if missing else either(value, default)
        self.assign(target.need("left"), value, declare=declare, depth=depth)

    def _array(self, target: Syntax, value: Value, declare: bool, depth: int) -> None:
        items = listed(value)
        at = 0
        for child in target.ts.children:
            if child.type == ",":
                at += 1
            elif child.is_named and child.type != "comment":
                element = Syntax(child)
                if element.type in {"rest_pattern", "spread_element"}:
                    rest = opaque(origins([value])) if items is None else Value(items=tuple(items[at:]))
                    self.assign(element, rest, declare=declare, depth=depth)
                else:
                    one = element_of(value) if items is None else items[at] if at < len(items) else opaque(value.taints)
                    self.assign(element, one, declare=declare, depth=depth)

    def _object(self, target: Syntax, value: Value, declare: bool, depth: int) -> None:
        for child in target.inner:
            if child.type in {"pair_pattern", "pair"}:
                one = self._picked(value, child.need("key"))
                self.assign(child.need("value"), one, declare=declare, depth=depth)
            elif child.type == "object_assignment_pattern":
                one = self.attribute_of(value, child.need("left").text)
                self.assign(child, one, declare=declare, depth=depth)
            elif child.type == "rest_pattern":
                holder = Object(proto=value.target) if isinstance(value.target, Object) else None
                rest = Value(taints=origins([value]), ref=value.ref, target=holder)
                self.assign(child, rest, declare=declare, depth=depth)
            else:
                self.assign(child, self.attribute_of(value, child.text), declare=declare, depth=depth)

    def _picked(self, value: Value, key: Syntax) -> Value:
        if key.type == "computed_property_name":
            return self.item_of(value, self.evaluate(key.inner[0])) if key.inner else opaque()
        return self.attribute_of(value, key_text(key))


def key_text(key: Syntax) -> str:
    """Return the name that a key spells."""
    return unescaped(key.text[1:-1]) if key.type == "string" else unescaped(key.text)
