"""Reading what binds names: assignments' targets and comprehensions."""

from __future__ import annotations

import ast
from typing import Any

from gatekeeper.evidence._base import Base
from gatekeeper.evidence._scopes import Class, Function, Instance, Scope
from gatekeeper.evidence._values import Value, all_taints, element_of, joined, listed, opaque

MOST_CHOSEN = 16  # functions of which a filter takes some
MOST_COMPREHENSION = 1 << 16  # items; of nested ones together MOST_NESTED
MOST_NESTED = 1 << 12
HOOKED = frozenset({"sys", "builtins", "threading"})


class Assigning(Base):
    """Reads what binds names."""

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Read a comprehension: item by item when what it walks over is known, otherwise once."""
        outer, self.scope = self.scope, Scope(parent=self.scope)
        try:
            made: list[Value] = []
            complete = self._generate(node, 0, made)
        finally:
            self.scope = outer
        if isinstance(node, ast.DictComp):
            return opaque(all_taints(made))
        # Which functions a filter lets through is not known: any of them may be called.
        chosen = complete or (len(made) <= MOST_CHOSEN and any(one.target is not None for one in made))
        return Value(items=tuple(made)) if chosen else opaque(all_taints(made))

    def _generate(self, node: Any, at: int, made: list[Value]) -> bool:  # noqa: ANN401 - any comprehension
        if at == len(node.generators):
            made.append(self.evaluate(node.value if isinstance(node, ast.DictComp) else node.elt))
            return True
        generator = node.generators[at]
        walked = self.evaluate(generator.iter)
        items = listed(walked)
        most = MOST_COMPREHENSION if self.rounds == 1 and len(node.generators) == 1 else MOST_NESTED
        if items is not None and len(items) * self.rounds > most:
            items = None
        self.steps_in_file += len(items or ()) >> 3
        complete = items is not None
        outer, self.rounds = self.rounds, self.rounds * max(1, len(items or ()))
        for item in items or [element_of(walked)]:
            self.assign(generator.target, item)
            answers = [self.evaluate(test) for test in generator.ifs]
            complete = complete and all(isinstance(one.const, bool) for one in answers)
            if not complete:
                made.append(opaque(all_taints([walked, *answers])))
            if not any(one.const is False for one in answers):
                complete = self._generate(node, at + 1, made) and complete
        self.rounds = outer
        return complete

    def assign(self, target: ast.expr, value: Value) -> None:
        """Let an assignment's target stand for a value."""
        if isinstance(target, ast.Name):
            self.scope.bind(target.id, value, maybe=self.branch > 0)
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = listed(value)
            for at, element in enumerate(target.elts):
                self.assign(element, items[at] if items is not None and at < len(items) else element_of(value))
        elif isinstance(target, ast.Starred):
            self.assign(target.value, opaque(value.taints))
        elif isinstance(target, ast.Attribute):
            self.assign_attribute(self.evaluate(target.value), target.attr, value)
        elif isinstance(target, ast.Subscript):
            self._assign_item(self.evaluate(target.value), self.evaluate_index(target.slice), value)

    def evaluate_index(self, node: ast.expr) -> Value:
        """Read an index; of a slice only the origin."""
        return opaque() if isinstance(node, ast.Slice) else self.evaluate(node)

    def assign_attribute(self, holder: Value, name: str, value: Value) -> None:
        """Let an attribute of an instance or class of ours stand for a value."""
        if isinstance(holder.target, Instance):
            holder.target.attributes[name] = joined(holder.target.attributes.get(name), value) if self.branch else value
        elif isinstance(holder.target, Class):
            holder.target.scope.bind(name, value, maybe=self.branch > 0)
        elif holder.ref in HOOKED and isinstance(value.target, Function):
            self.follow(value.target, [], {})  # an exception hook, an import function: Python calls it by itself

    def _assign_item(self, holder: Value, index: Value, value: Value) -> None:
        holder.taints |= all_taints((index, value))
        if holder.keys is not None and holder.items is not None and len(holder.items) < 256:  # noqa: PLR2004 - a bound
            holder.keys, holder.items = (index, *holder.keys), (value, *holder.items)
