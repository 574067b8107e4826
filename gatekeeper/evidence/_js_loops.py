"""Reading loops: as they would run as long as what drives them is known, otherwise once."""

from __future__ import annotations

from gatekeeper.evidence._js_base import MOST_ROUNDS
from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_statements import LOOP_ENDS, RUNNERS, Statements
from gatekeeper.evidence._js_syntax import EMPTY, Syntax
from gatekeeper.evidence._js_values import UNFINISHED, Object, origins
from gatekeeper.evidence._values import Value, element_of, exactly, listed, opaque

MOST_ITEMS_WALKED = 64  # of a sequence whose items are walked one by one
SHORT = 400  # bytes of a body, as decoding loops are: all their items are walked
LEAVES_LOOP = frozenset({"return", "throw"})
UNCOUNTED = frozenset({"identifier", "member_expression", "call_expression"})
MOST_UNCOUNTED = 128  # rounds of a loop that ends once something is empty, which mostly is not known
MOST_PARTS = 3000  # of a loop that are asked what they set
FEW_ROUNDS = 48  # of a loop that may have ended before


class Loops(Statements):
    """Reads loops."""

    def walked(self, node: Syntax) -> str | None:
        """Read `for (x of y)` and `for (x in y)`: item by item when they are known, otherwise once."""
        over = self.evaluate(node.need("right"))
        keys = node.get("operator") is not None and node.need("operator").type == "in"
        items = self._keys(over) if keys else listed(over)
        target, body = node.need("left"), node.need("body")
        declare = node.get("kind") is not None
        if items is None or len(items) > self.state.left.rounds:
            self._walk_one(target, element_of(over), declare)
            return self.run_perhaps(body)
        for one in items if len(items) <= MOST_ITEMS_WALKED or self._is_short(body) else items[:MOST_ITEMS_WALKED]:
            self.state.left.rounds -= 1
            self._walk_one(target, one, declare)
            ending = self.run_one(body)
            if ending in LEAVES_LOOP:
                return ending
            if ending in LOOP_ENDS:
                break
        return None

    def _walk_one(self, target: Syntax, value: Value, declare: bool) -> None:
        self.assign(target, value, declare=declare)

    def _is_short(self, body: Syntax) -> bool:
        return body.ts is not None and body.ts.end_byte - body.ts.start_byte < SHORT

    def _keys(self, over: Value) -> list[Value] | None:
        if over.items is not None:
            return [exactly(str(at)) for at in range(len(over.items))]
        if type(over.target) is Object and over.ref is None and not over.target.taints:
            return [exactly(name) for name in over.target.props]
        return None

    def repeated(self, node: Syntax) -> str | None:
        """Read `for`, `while` and `do`: as they would run as long as their test is known, otherwise once."""
        start, test, after = node.get("initializer"), node.get("condition"), node.get("increment")
        body = node.need("body")
        self._start(start)
        most, rounds, before = _most_rounds(test), 0, self.steps
        while True:
            known = True if node.type == "do_statement" and not rounds else self._tested(test)
            if known is False:
                return None
            if known is None:
                ending = self.run_perhaps(body)
                self._step_on(after)
                return ending
            if self.state.left.rounds <= 0 or self.steps - before > self.state.left.share:
                self._broken_off(node)
                return None
            self.state.left.rounds -= 1
            self.state.may_end = False
            ending = self.run_one(body)
            if ending in LEAVES_LOOP or ending in LOOP_ENDS:
                return None if ending in LOOP_ENDS else ending
            rounds += 1
            if rounds >= (FEW_ROUNDS if self.state.may_end else most):
                return None
            self._step_on(after)

    def _step_on(self, after: Syntax | None) -> None:
        if after is not None:
            self.evaluate(after)

    def _broken_off(self, node: Syntax) -> None:
        """Leave a loop before its end: what it makes is not known, and says so where it is run."""
        if node.ran:
            return
        node.ran = True
        pending, count = [node], 0
        while pending and count < MOST_PARTS:
            one = pending.pop()
            count += 1
            pending += one.inner
            if one.type in {"assignment_expression", "augmented_assignment_expression", "update_expression"}:
                self._unfinished(one.need("argument" if one.type == "update_expression" else "left"))
            elif one.type == "call_expression" and one.need("function").type == "member_expression":
                self._unfinished(one.need("function").need("object"))

    def _unfinished(self, target: Syntax) -> None:
        while target.type in {"member_expression", "subscript_expression"}:
            target = target.need("object")
        if target.type == "identifier":
            kept = self.scope.look_up(target.text)
            if kept is None:
                self.globals.declare(target.text, opaque(UNFINISHED))
            elif kept.ref is None:
                self.scope.assign(target.text, opaque(origins([kept]) | UNFINISHED))

    def _start(self, start: Syntax | None) -> None:
        if start is not None and (start.type in RUNNERS or start.type == "expression_statement"):
            self.run_one(start)
        elif start is not None:
            self.evaluate(start)

    def _tested(self, test: Syntax | None) -> bool | None:
        if test is None or test.type == "empty_statement":
            return True
        if test.type == "expression_statement":
            test = test.inner[0] if test.inner else EMPTY
        return truth(self.evaluate(test))


def _most_rounds(test: Syntax | None) -> int:
    """Return how often a loop runs whose test stays true: one that compares or counts is known to come to its end."""
    while test is not None and test.type in {"parenthesized_expression", "expression_statement"} and test.inner:
        test = test.inner[0]
    return MOST_UNCOUNTED if test is not None and test.type in UNCOUNTED else MOST_ROUNDS


RUNNERS["for_in_statement"] = Loops.walked
RUNNERS["for_statement"] = Loops.repeated
RUNNERS["while_statement"] = Loops.repeated
RUNNERS["do_statement"] = Loops.repeated
