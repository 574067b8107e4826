"""Reading in parts: what takes too long is cut, what there was no room for comes later, and last what nobody called."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._js_base import Allowance, Position, State
from gatekeeper.evidence._js_calling import MOST_DEPTH
from gatekeeper.evidence._js_modules import Modules
from gatekeeper.evidence._js_values import Class, Object
from gatekeeper.evidence._values import Value
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._js_syntax import Syntax
    from gatekeeper.evidence._js_values import Function, JsSource

FEW_STEPS = 10_000  # left for each statement of a file that has used up its steps
STEPS_PER_FUNCTION = 6_000
STEPS_FOR_UNCALLED = 24_000
STEPS_FOR_CUT = 60_000  # of a file that took too long: what it would have called is among them
MOST_RETRIED = 12  # functions that were broken off
MOST_REPEATED = 3_000  # loops' rounds twice, and known calls: honest bundles take hundreds, at most some 2,300
STEPS_FOR_KEYS = 12_000  # for functions that cannot act themselves, but hold a key to hand on
TOO_LONG = "takes too long to follow"
NOT_CALLED = "functions that nothing calls"  # a reason that starts so is about no code that runs unasked
TEXTS = frozenset({"'", '"', "string_fragment"})
NAMES = frozenset({"identifier", "property_identifier", "shorthand_property_identifier"})


class Uncalled(Modules):
    """Reads a file's parts."""

    def _guarded(self, reading: Callable[..., object], *given: object) -> bool:
        """Read on with fresh steps when one part used up what there was; say whether all of it was read."""
        state, nesting = self.state, self.nesting
        kept = state.at, state.scope
        before = state.left.rounds * 2 + state.left.entries
        try:
            reading(*given)
        except (BudgetError, RecursionError):
            state.at, state.scope = kept
            state.branch, state.dead, state.waiting = 0, 0, None
            self.nesting = nesting
            left = state.left
            if state.at.when is not When.CALL:
                state.at.source.repeated += before - left.rounds * 2 - left.entries + (left.charged >> 3)
            state.left = Allowance(FEW_STEPS, 500, 200)
            return False
        return True

    def _run_postponed(self) -> bool:
        """Follow the calls that there was no room for."""
        complete = True
        while self.state.postponed:
            one = self.state.postponed.pop(0)
            before = self.state.at
            self.state.at = replace(one.at, depth=0)
            complete = self._guarded(self.run_function, one.function, one.args, one.this) and complete
            self.state.at = before
        return complete

    def _read_uncalled(self, source: JsSource) -> None:
        """Read the functions that nothing called, as somebody may call them."""
        done: set[Syntax] = set()
        steps = STEPS_FOR_CUT if source.cut else STEPS_FOR_UNCALLED
        complete = self._read_those(source, done, self._may_act, steps)
        if source.near_keys:
            complete = self._read_those(source, done, self._is_near_key, STEPS_FOR_KEYS) and complete
        if source.cut:
            self.unread(source.path, self._what_is_left(source))
        elif not complete:
            self.unread(source.path, f"{NOT_CALLED}: {TOO_LONG}")

    def _what_is_left(self, source: JsSource) -> str:
        """Say what is not known of a large file that takes too long."""
        if source.repeated > MOST_REPEATED:
            return f"{TOO_LONG}: most of its work repeats itself"
        left = self._tried_again(source)
        if left:
            return f"{TOO_LONG}: {len(left)} places that can act were not reached"
        return f"{TOO_LONG} as a whole: read function by function, and nothing that can act is left"

    def _read_those(self, source: JsSource, done: set[Syntax], wanted: Callable[[Function], bool], total: int) -> bool:
        """Read those of the functions that nothing called which are wanted; say whether there was time for all."""
        seen: set[Syntax] = set()
        while True:
            waiting = [one for node, one in source.functions.items() if node not in seen and node.const is None]
            if not waiting:
                return True
            for function in waiting:
                seen.add(function.node)
                if function.node in done or not wanted(function):
                    continue
                if total <= 0:
                    return False
                done.add(function.node)
                left = min(total, STEPS_PER_FUNCTION)
                total -= self._read_alone(function, left)

    def _read_alone(self, function: Function, steps: int, depth: int = 0) -> int:
        """Read a function as somebody may call it; return how many steps that took."""
        source = function.source
        self.state = State(Position(source, When.CALL, depth=depth), source.scope, Allowance(steps, 200, 50))
        self.nesting = 0
        self._guarded(self.run_function, function, [], self._receiver(function))
        self._run_postponed()
        return max(steps - max(self.state.left.steps, 0), 1)

    def _tried_again(self, source: JsSource) -> list[int]:
        """Read once more what was broken off before it came to a place that can act; return the places left."""
        tried: set[Syntax] = set()
        for _ in range(MOST_RETRIED):
            left = unread_places(source)
            around = [one for node, one in source.functions.items() if node not in tried and _stands_in(one, left)]
            if not around:
                return left
            inmost = min(around, key=lambda one: one.node.ts.end_byte - one.node.ts.start_byte)
            tried.add(inmost.node)
            self._read_alone(inmost, STEPS_PER_FUNCTION, MOST_DEPTH)  # what it calls comes after it
        return unread_places(source)

    def _is_near_key(self, function: Function) -> bool:
        return _stands_in(function, function.source.near_keys)

    def _may_act(self, function: Function) -> bool:
        return bool(function.line) or _stands_in(function, function.source.acting)

    def _receiver(self, function: Function) -> Value | None:
        of = function.props.get("#of")
        if of is None or not isinstance(of.target, Class):
            return None
        return Value(target=Object(proto=of.target.instances))


def _stands_in(function: Function, offsets: list[int]) -> bool:
    """Say whether one of these places lies in a function."""
    ts = function.node.ts
    if ts is None:
        return False
    at = bisect_left(offsets, ts.start_byte)
    return at < len(offsets) and offsets[at] < ts.end_byte


def lies_unread(part: Syntax, offset: int) -> bool:
    """Say whether what stands at a place in a part was never read; what nobody asked for was never wrapped."""
    if part.ts is None or not part.ts.start_byte <= offset < part.ts.end_byte:
        return False
    node: Syntax | None = part
    while node is not None:
        known = node
        node = next((one for one in known.known_parts if one.ts.start_byte <= offset < one.ts.end_byte), None)
    if known.is_known:
        return False
    return _could_act(known, offset)


def _could_act(known: Syntax, offset: int) -> bool:
    """Say whether what stands at a place inside a part that was asked for only partly is more than a word."""
    at = known.ts.descendant_for_byte_range(offset, offset + 1)
    if at is None:
        return True
    while at.type in TEXTS and at.parent is not None:
        at = at.parent
    if at.type == "string":  # "http" asks for a module only where it is an argument
        return at.parent is not None and at.parent.type == "arguments"
    if at.parent == known.ts and not at.is_named:  # `new`, `=`: what follows was asked for
        return not known.known_parts
    return at.type != "comment" and not (at.type in NAMES and at.start_byte < offset)  # my_eval() is not eval()


def unread_places(source: JsSource) -> list[int]:
    """Return where a file that took too long can act as far as its words tell, and was not read."""
    return [
        one
        for one in source.acting
        if any(lies_unread(part, one) and lies_unread(part, one + 1) for part in source.cut)  # " Function(", "=eval;"
    ]
