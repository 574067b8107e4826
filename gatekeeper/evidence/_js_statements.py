"""Reading JavaScript's statements, in the order in which they would run, and what defines functions and classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatekeeper.evidence._js_base import MOST_NESTING
from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_effects import Effects
from gatekeeper.evidence._js_syntax import EMPTY, Syntax
from gatekeeper.evidence._js_values import FUNCTION_KINDS, either, origins, undefined
from gatekeeper.evidence._values import Value

LOOP_ENDS = frozenset({"break"})


class Statements(Effects):
    """Reads statements. Each returns how it ends: None, or one of break, continue, return, throw."""

    def run(self, body: list[Syntax]) -> str | None:
        """Read statements one after the other."""
        self._hoist(body)
        for at, statement in enumerate(body):
            ending = self.run_one(statement)
            if ending is not None:
                self._run_dead_rest(body[at + 1 :])
                return ending
        return None

    def run_one(self, node: Syntax) -> str | None:
        """Read one statement."""
        self.step()
        if node.type == "expression_statement":
            if node.inner:
                self.last = self.evaluate(node.inner[0])
            return None
        runner = RUNNERS.get(node.type)
        if runner is None:
            return None
        self.nesting += 1
        try:
            if self.nesting > MOST_NESTING:
                self.too_deep(node)
                return None
            return runner(self, node)
        finally:
            self.nesting -= 1

    last: Value = undefined()

    def _hoist(self, body: list[Syntax]) -> None:
        """Bind what is known before the first statement runs: functions and imports."""
        for node in body:
            if node.type in FUNCTION_KINDS:
                self.scope.declare(node.need("name").text, self.function(node))
            elif node.type == "import_statement":
                self.imported(node)
            elif node.type == "export_statement":
                inner = node.get("declaration")
                if inner is not None and inner.type in FUNCTION_KINDS:
                    self.scope.declare(inner.need("name").text, self.function(inner))

    imported: Callable[[Syntax], None]

    def _run_dead_rest(self, rest: list[Syntax]) -> None:
        """Read once what follows an ending: what we know of the way there may be wrong."""
        for node in rest:
            if node.ran or node.type in FUNCTION_KINDS:
                continue
            node.ran = True
            self._unlikely(node)

    def _unlikely(self, node: Syntax) -> None:
        """Read a statement that would not run as far as we know; what it returns does not count."""
        names = self.scope.names
        kept = names.get("return")
        self.state.dead += 1
        try:
            with self.perhaps():
                self.run_one(node)
        finally:
            self.state.dead -= 1
            if kept is None:
                names.pop("return", None)
            else:
                names["return"] = kept

    def block(self, node: Syntax) -> str | None:
        """Read `{ ... }`."""
        return self.run(node.inner)

    def declared(self, node: Syntax) -> str | None:
        """Read `var`, `let` and `const`."""
        for child in node.inner:
            if child.type != "variable_declarator":
                continue
            name, value = child.need("name"), child.get("value")
            if value is not None:
                self.bound_to(value, [name], declare=True)
            elif name.type == "identifier":
                self.scope.names.setdefault(name.text, undefined())
        return None

    def returned(self, node: Syntax) -> str | None:
        """Read `return`; of several returns each is an alternative."""
        value = self.evaluate(node.inner[0]) if node.inner else undefined()
        names = self.scope.names
        kept = names.get("return")
        names["return"] = value if kept is None else either(kept, value) if self.maybe else either(value, kept)
        return "return"

    def thrown(self, node: Syntax) -> str | None:
        """Read `throw`."""
        if node.inner:
            self.evaluate(node.inner[0])
        return "throw"

    def branched(self, node: Syntax) -> str | None:
        """Read `if`, with its `else if`s one after the other rather than nested."""
        branch: Syntax | None = node
        while branch is not None:
            known = truth(self.evaluate(branch.need("condition")))
            taken = branch.need("consequence")
            other = branch.get("alternative")
            inner = other.inner[0] if other is not None and other.inner else None
            nested = inner if inner is not None and inner.type == "if_statement" else None
            if known is None:
                self.run_perhaps(taken)
            elif known:
                return self._taken(taken, inner)
            elif not taken.ran:
                taken.ran = True
                self._unlikely(taken)
            if nested is None and inner is not None:
                inner.ran = True
                return self.run_one(inner) if known is False else self.run_perhaps(inner)
            branch = nested
        return None

    def _taken(self, taken: Syntax, other: Syntax | None) -> str | None:
        taken.ran = True
        ending = self.run_one(taken)
        if other is not None and not other.ran:
            other.ran = True
            self._unlikely(other)
        return ending

    def run_perhaps(self, node: Syntax) -> str | None:
        """Read a statement that runs only perhaps, so that what follows it may run too."""
        node.ran = True
        with self.perhaps():
            ending = self.run_one(node)
        if ending is not None and ending != "continue":
            self.state.may_end = True
        return None

    def attempted(self, node: Syntax) -> str | None:
        """Read try, catch and finally."""
        body, catch, last = node.need("body"), node.get("handler"), node.get("finalizer")
        ending = self.run_one(body)
        if catch is not None:
            parameter = catch.get("parameter")
            if parameter is not None:
                self.assign(parameter, Value(), declare=True)
            handler = catch.get("body") or EMPTY
            if ending == "throw":
                ending = self.run_one(handler)
            elif not handler.ran:
                handler.ran = True
                self._unlikely(handler)
        if last is not None:
            ending = self.run_one(last.get("body") or EMPTY) or ending
        return ending

    def switched(self, node: Syntax) -> str | None:
        """Read `switch`: the case that is known to apply, otherwise every case."""
        value = self.evaluate(node.need("value"))
        cases = (node.get("body") or EMPTY).inner
        at = self._case(value, cases)
        if at is None:
            for case in cases:
                with self.perhaps():
                    self.run(_body_of(case))
            return None
        for case in cases:
            if not case.ran:  # it may be another call's turn: what was async or a generator goes on so
                self.at.source.passed.setdefault(case, (self.scope, self.at))
        for case in cases[at:]:
            case.ran = True
            ending = self.run(_body_of(case))
            if ending is not None:
                return None if ending in LOOP_ENDS else ending
        return None

    def run_passed(self) -> None:
        """Read the cases of a file's switches that were never taken."""
        passed = self.at.source.passed
        while passed:
            case, (scope, at) = passed.popitem()
            if not case.ran:
                case.ran = True
                with self.inside(scope, at), self.perhaps():
                    self.run(_body_of(case))

    def _case(self, value: Value, cases: list[Syntax]) -> int | None:
        default: int | None = None
        if not value.exact or value.others:
            return None
        for at, case in enumerate(cases):
            label = case.get("value")
            if label is None:
                default = at
                continue
            tested = self.evaluate(label)
            if not tested.exact or tested.others:
                return None
            if type(tested.const) is type(value.const) and tested.const == value.const:
                return at
        return default

    def labelled(self, node: Syntax) -> str | None:
        """Read a statement with a label."""
        return self.run_one(node.need("body"))

    def ended(self, node: Syntax) -> str | None:
        """Read `break` and `continue`."""
        return node.type.partition("_")[0]

    def evaluated(self, node: Syntax) -> str | None:
        """Read a part that is an expression."""
        origins([self.evaluate(child) for child in node.inner])
        return None


def _body_of(case: Syntax) -> list[Syntax]:
    label = case.get("value")
    return case.inner[1:] if label is not None else case.inner


Running = Callable[[Any, Syntax], "str | None"]
RUNNERS: dict[str, Running] = {
    "statement_block": Statements.block,
    "lexical_declaration": Statements.declared,
    "variable_declaration": Statements.declared,
    "return_statement": Statements.returned,
    "throw_statement": Statements.thrown,
    "if_statement": Statements.branched,
    "try_statement": Statements.attempted,
    "switch_statement": Statements.switched,
    "labeled_statement": Statements.labelled,
    "break_statement": Statements.ended,
    "continue_statement": Statements.ended,
    "ERROR": Statements.evaluated,
    "with_statement": Statements.labelled,
}
