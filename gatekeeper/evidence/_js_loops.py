"""Reading loops: as they would run as long as what drives them is known, otherwise once."""

from __future__ import annotations

from gatekeeper.evidence._js_constants import truth
from gatekeeper.evidence._js_statements import LOOP_ENDS, RUNNERS, Statements
from gatekeeper.evidence._js_syntax import EMPTY, Syntax
from gatekeeper.evidence._js_values import Object
from gatekeeper.evidence._values import Value, element_of, exactly, listed

MOST_ITEMS_WALKED = 64  # of a sequence whose items are walked one by one
SHORT = 400  # bytes of a body, as decoding loops are: all their items are walked
LEAVES_LOOP = frozenset({"return", "throw"})


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
        first = node.type == "do_statement"
        while True:
            known = True if first else self._tested(test)
            first = False
            if known is False:
                return None
            if known is None or self.state.left.rounds <= 0:
                ending = self.run_perhaps(body)
                if after is not None:
                    self.evaluate(after)
                return ending
            self.state.left.rounds -= 1
            ending = self.run_one(body)
            if ending in LEAVES_LOOP or ending in LOOP_ENDS:
                return None if ending in LOOP_ENDS else ending
            if after is not None:
                self.evaluate(after)

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


RUNNERS["for_in_statement"] = Loops.walked
RUNNERS["for_statement"] = Loops.repeated
RUNNERS["while_statement"] = Loops.repeated
RUNNERS["do_statement"] = Loops.repeated
