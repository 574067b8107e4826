"""Reading in parts: what takes too long is cut, what there was no room for comes later, and last what nobody called."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._js_base import ENOUGH_STEPS, Allowance, Position, State
from gatekeeper.evidence._js_calling import MOST_DEPTH
from gatekeeper.evidence._js_modules import Modules
from gatekeeper.evidence._js_syntax import Syntax
from gatekeeper.evidence._js_values import Class, Function, Object
from gatekeeper.evidence._values import Value
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from gatekeeper.evidence._js_values import JsSource

FEW_STEPS = 10_000  # left for each statement of a file that has used up its steps
FEWER_STEPS = 1_000  # of one that used them up often and does not run at an install
MOST_RENEWED = 4
STEPS_PER_FUNCTION = 4_000
STEPS_PER_PLACE = 1_500
STEPS_FOR_PLACES = 40_000  # that can act and were not reached
STEPS_FOR_UNCALLED = 12_000
STEPS_FOR_CUT = 24_000  # of a file that took too long: what it would have called is among them
MOST_REPEATED = 3_000  # loops' rounds twice, and known calls: honest bundles take hundreds, at most some 2,300
MOST_PLACES = 300  # that are tried again
STEPS_FOR_KEYS = 12_000  # for functions that cannot act themselves, but hold a key to hand on
FIRST = frozenset({When.INSTALL, When.BUILD, When.STARTUP})
TOO_LONG = "takes too long to follow"
REPEATS = f"{TOO_LONG}: most of its work repeats itself, and what it makes may be run"
NOT_CALLED = "functions that nothing calls"  # a reason that starts so is about no code that runs unasked
TEXTS = frozenset({"'", '"', "string_fragment"})
FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function",
     "generator_function_declaration", "function"}
)  # fmt: skip
WRITING = re.compile(rb"write|append|output|copy|create|unlink|rm|chmod")
WHOLE = re.compile(rb"(?:(?:write|append|output|copy)File|createWriteStream|unlink|rm|chmod)(?:Sync)?$")
PLAIN_METHOD = re.compile(
    rb"[.)\]](?:startsWith|endsWith|includes|indexOf|push|replace|test|match|split|has|add|debuglog\)?)$"
)
NAMES = frozenset({"identifier", "property_identifier", "shorthand_property_identifier"})


class Uncalled(Modules):
    """Reads a file's parts."""

    moment_of: Callable[[str], When]

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
            if state.at.when is When.CALL:
                state.left = Allowance(0, 0, 0)
                return False
            state.at.source.repeated += before - left.rounds * 2 - left.entries + (left.charged >> 3)
            state.at.source.renewed += 1
            steps = FEW_STEPS if state.at.when in FIRST or state.at.source.renewed <= MOST_RENEWED else FEWER_STEPS
            state.left = Allowance(steps, 500, 200, share=steps >> 1)
            return False
        return True

    def _run_postponed(self) -> bool:
        """Follow the calls that there was no room for."""
        complete = True
        while self.state.postponed and (self.state.left.steps > 0 or self.state.at.when is not When.CALL):
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
        if self.steps > ENOUGH_STEPS:
            steps >>= 2
        complete = self._read_those(source, done, self._may_act, steps)
        if source.near_keys:
            complete = self._read_those(source, done, self._is_near_key, STEPS_FOR_KEYS) and complete
        if source.cut:
            self.unread(source.path, self._what_is_left(source))
        elif source.blind:
            self.unread(source.path, REPEATS)
        elif not complete:
            self.unread(source.path, f"{NOT_CALLED}: {TOO_LONG}")

    def _what_is_left(self, source: JsSource) -> str:
        """Say what is not known of a large file that takes too long."""
        if source.blind or (source.repeated > MOST_REPEATED and source.unknown):
            return REPEATS
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

    def _read_alone(self, function: Function, steps: int, depth: int = 0, when: When = When.CALL) -> int:
        """Read a function as somebody may call it; return how many steps that took."""
        source = function.source
        left = Allowance(steps, 200, 50, share=steps >> 1)
        self.state = State(Position(source, when, depth=depth), source.scope, left)
        self.nesting = 0
        self._guarded(self.run_function, function, [], self._receiver(function))
        self._guarded(self.run_passed)
        self._run_postponed()
        return max(steps - max(self.state.left.steps, 0), 1)

    def _tried_again(self, source: JsSource) -> list[int]:
        """Read once more what was broken off before it came to a place that can act; return the places left."""
        left = unread_places(source)
        tried: set[int] = set()
        moment = self.moment_of(source.path)
        total = STEPS_FOR_PLACES
        for one in left[:MOST_PLACES]:
            inmost = _inmost(source, one) if one in left and total > 0 else None
            if inmost is None or inmost.node.ts.id in tried:
                continue
            tried.add(inmost.node.ts.id)
            when = moment if inmost.entered else When.CALL  # what was broken off runs when the file does
            total -= self._read_alone(inmost, STEPS_PER_PLACE, MOST_DEPTH, when)  # what it calls comes after it
            left = [place for place in left if not _stands_in(inmost, [place]) or lies_unread(inmost.node, place)]
        return left

    def _is_near_key(self, function: Function) -> bool:
        return _stands_in(function, function.source.near_keys)

    def _may_act(self, function: Function) -> bool:
        return bool(function.line) or _stands_in(function, function.source.acting)

    def _receiver(self, function: Function) -> Value | None:
        of = function.props.get("#of")
        if of is None or not isinstance(of.target, Class):
            return None
        return Value(target=Object(proto=of.target.instances))


def _inmost(source: JsSource, place: int) -> Function | None:
    """Return the smallest function around a place, among the names of the smallest one around it that is known."""
    around = [one for one in source.functions.values() if _stands_in(one, [place])]
    known = min(around, key=lambda one: one.node.ts.end_byte - one.node.ts.start_byte, default=None)
    root = known.node if known is not None else next((part for part in source.cut if lies_unread(part, place)), None)
    ts = None if root is None else root.ts.descendant_for_byte_range(place, place + 1)
    while ts is not None and ts.type not in FUNCTIONS:
        ts = ts.parent
    if ts is None or (known is not None and ts.id == known.node.ts.id):
        return known
    scope = known.scope if known is not None else source.scope
    return Function(node=Syntax(ts), scope=scope, source=source, arrow=ts.type == "arrow_function")


def _stands_in(function: Function, offsets: list[int]) -> bool:
    """Say whether one of these places lies in a function."""
    ts = function.node.ts
    if ts is None:
        return False
    at = bisect_left(offsets, ts.start_byte)
    return at < len(offsets) and offsets[at] < ts.end_byte


def lies_unread(part: Syntax, offset: int) -> bool:
    """Say whether what stands at a place in a part was never read."""
    return bool(_unread_in(part, [offset]))


def _unread_in(part: Syntax, offsets: list[int]) -> list[int]:
    """Return those of some places in a part that were never read; what nobody asked for was never wrapped."""
    read: set[int] = set()  # in one of the ways in which it was asked for
    unread: set[int] = set()
    pending = [(part, offsets)]
    while pending:
        node, places = pending.pop()
        if node.ts is None:
            continue
        inside = places[bisect_left(places, node.ts.start_byte) : bisect_left(places, node.ts.end_byte)]
        if not inside:
            continue
        parts = sorted(((one.ts.start_byte, one.ts.end_byte, one) for one in node.known_parts if one.ts), key=_start_of)
        for offset in _between(parts, inside):
            (read if node.is_known or not _could_act(node, offset) else unread).add(offset)
        pending += [(one, inside) for from_, to, one in parts if bisect_left(inside, from_) < bisect_left(inside, to)]
    return sorted(unread - read)


def _between(parts: list[tuple[int, int, Syntax]], offsets: list[int]) -> Iterator[int]:
    """Yield the places that lie in none of some parts, which are in order."""
    at = 0
    for offset in offsets:
        while at < len(parts) and parts[at][1] <= offset:
            at += 1
        if at == len(parts) or parts[at][0] > offset:
            yield offset


def _start_of(part: tuple[int, int, Syntax]) -> tuple[int, int]:
    return part[0], -part[1]


def _could_act(known: Syntax, offset: int) -> bool:
    """Say whether what stands at a place inside a part that was asked for only partly is more than a word."""
    at = known.ts.descendant_for_byte_range(offset, offset + 1)
    if at is None:
        return True
    while at.type in TEXTS and at.parent is not None:
        at = at.parent
    if at.type in {"string", "template_string"}:
        return _may_name_module(at)
    if at.parent == known.ts and not at.is_named:  # `new`, `=`: what follows was asked for
        return not known.known_parts
    if at.type == "comment":
        return False
    return _may_be_called(at, offset) if at.type in NAMES else True


def _may_name_module(text: Node) -> bool:
    """Say whether "http" may ask for a module: as an argument, but not in url.startsWith("http")."""
    around = text.parent
    if around is None or around.type != "arguments":
        return around is not None and around.type == "subscript_expression"
    called = around.parent.child_by_field_name("function") if around.parent is not None else None
    return called is None or not PLAIN_METHOD.search((called.text or b"")[-40:])


def _may_be_called(name: Node, offset: int) -> bool:
    """Say whether a name is the word that was found: my_eval() is not eval(), writeFile2 is not writeFile."""
    word, around = name.text or b"", name.parent
    if (
        name.start_byte < offset
        or around is None
        or (around.type == "pair" and around.child_by_field_name("key") == name)
    ):
        return False
    if WRITING.match(word):
        called = around.type == "call_expression" and around.child_by_field_name("function") == name
        return WHOLE.match(word) is not None and (called or name.type == "property_identifier")
    if around.type != "subscript_expression":
        return True
    above = around.parent
    while above is not None and above.type in {"subscript_expression", "member_expression"}:
        around, above = above, above.parent
    return above is not None and above.type == "call_expression" and above.child_by_field_name("function") == around


def unread_places(source: JsSource) -> list[int]:
    """Return where a file that took too long can act as far as its words tell, and was not read."""
    return sorted({one for part in source.cut for one in _unread_in(part, source.acting)})
