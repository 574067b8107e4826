"""What the methods of arrays yield, and what they do to known arrays."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence._js_calling import Call
from gatekeeper.evidence._js_constants import plain, spelled, truth
from gatekeeper.evidence._js_fold import added, number
from gatekeeper.evidence._js_promises import Promises
from gatekeeper.evidence._js_texts import index
from gatekeeper.evidence._js_values import CALLABLE, UNDEFINED, UNFINISHED, either, origins, undefined
from gatekeeper.evidence._values import MISSING, Value, element_of, exactly, listed, opaque

MOST_ITEMS = 1 << 14
MOST_WALKED = 4096  # items handed to a callback one by one; with the rounds that are left
WALKERS = frozenset(
    [
        "forEach",
        "map",
        "filter",
        "some",
        "every",
        "find",
        "findIndex",
        "flatMap",
        "findLast",
        "reduce",
        "reduceRight",
        "sort",
        "toSorted",
    ]
)


class Arrays(Promises):
    """Reads methods of arrays."""

    def array_method(self, call: Call, receiver: Value) -> Value | None:
        """Read a method of a known array; None when it is not one of ours."""
        if call.name in WALKERS and receiver.ref is None:
            return self._walker(call, receiver)
        method = METHODS.get(call.name)
        if method is None:
            return None
        self.charge(len(receiver.items or ()))
        return method(self, call, receiver)

    def _walker(self, call: Call, receiver: Value) -> Value | None:
        callee = call.argument(0)
        if not isinstance(callee.target, CALLABLE) and callee.ref is None:
            return receiver
        items = list(receiver.items or ())
        if len(items) > min(MOST_WALKED, self.state.left.rounds):
            self.apply(call, callee, [element_of(receiver)])
            return opaque(origins([receiver]) | UNFINISHED)
        if call.name in {"sort", "toSorted"}:
            if len(items) > 1:
                self.apply(call, callee, items[:2])
            return receiver
        if call.name in {"reduce", "reduceRight"}:
            return self._reduced(call, callee, items[::-1] if call.name == "reduceRight" else items)
        made = []
        for at, item in enumerate(items):
            self.state.left.rounds -= 1
            made.append(self.apply(call, callee, [item, exactly(at), receiver]))
        return _walked(call.name, items, made)

    def _reduced(self, call: Call, callee: Value, items: list[Value]) -> Value:
        if len(call.args) > 1:
            kept = call.args[1]
        elif items:
            kept, items = items[0], items[1:]
        else:
            return undefined()
        for at, item in enumerate(items):
            self.state.left.rounds -= 1
            kept = self.apply(call, callee, [kept, item, exactly(at)])
        return kept

    def apply(self, call: Call, callee: Value, args: list[Value]) -> Value:
        """Call a function that was handed over."""
        name = (callee.ref or "").rpartition(".")[2]
        result: Value | None = None
        for one in callee.every():
            made = self.called(Call(call.node, one, None, args if one.ref is None else args[:1], name))
            result = made if result is None else either(result, made)
        return result or opaque()


def _walked(name: str, items: list[Value], made: list[Value]) -> Value:
    if name == "map":
        return Value(items=tuple(made))
    if name == "flatMap":
        return _flat(made)
    known = [truth(one) for one in made]
    if name == "filter":
        return Value(items=tuple(item for item, keep in zip(items, known, strict=True) if keep is not False))
    if name in {"find", "findLast"}:
        chosen = [item for item, keep in zip(items, known, strict=True) if keep is not False]
        return chosen[0] if chosen else undefined()
    if name in {"some", "every"} and None not in known:
        return exactly(any(known) if name == "some" else all(known))
    return undefined() if name == "forEach" else opaque(origins(made))


def _flat(values: list[Value]) -> Value:
    items: list[Value] = []
    for one in values:
        items.extend(one.items if one.items is not None else [one])
    return Value(items=tuple(items[:MOST_ITEMS]))


def _push(self: Arrays, call: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if self.state.dead:
        receiver.taints |= origins(call.args)
    elif len(items) + len(call.args) <= MOST_ITEMS:
        receiver.items = (*items, *call.args)
        self.charge(len(items) << 2)
    else:
        receiver.taints |= origins(call.args)
    return exactly(len(receiver.items or ()))


def _unshift(self: Arrays, call: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if len(items) + len(call.args) <= MOST_ITEMS:
        receiver.items = (*call.args, *items)
        self.charge(len(items) << 2)
    return exactly(len(receiver.items or ()))


def _shift(self: Arrays, _: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if not self.maybe and items:
        receiver.items = items[1:]
    return items[0] if items else undefined()


def _pop(self: Arrays, _: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if not self.maybe and items:
        receiver.items = items[:-1]
    return items[-1] if items else undefined()


def _splice(self: Arrays, call: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if not all(one.exact for one in call.args[:2]):
        return Value(items=items, taints=receiver.taints)
    start = index(call.argument(0).const, len(items), 0)
    count = call.argument(1).const
    end = len(items) if count is UNDEFINED else min(len(items), start + max(0, int(number(count) or 0)))
    if not self.maybe:
        receiver.items = (*items[:start], *call.args[2:], *items[end:])
    return Value(items=items[start:end])


def _slice(_: Arrays, call: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    bounds = [call.argument(0), call.argument(1)]
    if not all(one.exact for one in bounds):
        return Value(items=items, taints=receiver.taints)
    start, end = (index(one.const, len(items), default) for one, default in zip(bounds, (0, len(items)), strict=True))
    return Value(items=items[start:end], taints=receiver.taints)


def _concat(_: Arrays, call: Call, receiver: Value) -> Value:
    items = [*(receiver.items or ())]
    for one in call.args:
        items.extend(one.items if one.items is not None else [one])
    return Value(items=tuple(items[:MOST_ITEMS]), taints=receiver.taints)


def _join(self: Arrays, call: Call, receiver: Value) -> Value:
    between = plain(call.argument(0)) if call.args else ","
    separator = spelled("," if between is UNDEFINED or between is MISSING else between)
    whole = plain(receiver)
    items = receiver.items or ()
    if whole is not MISSING and not any(one.others for one in items):
        texts = (plain(one) for one in items)
        text = separator.join("" if one is None or one is UNDEFINED else spelled(one) for one in texts)
        self.charge(len(text))
        return exactly(text, origins([receiver]))
    made = items[0] if items else exactly("")
    for one in items[1:200]:
        made = added(added(made, exactly(separator)), one)
    return Value(rough=made.text, taints=origins([receiver]))


def _reverse(self: Arrays, call: Call, receiver: Value) -> Value:
    items = (receiver.items or ())[::-1]
    if call.name == "reverse" and not self.maybe:
        receiver.items = items
        return receiver
    return Value(items=items, taints=receiver.taints)


def _position(_: Arrays, call: Call, receiver: Value) -> Value:
    wanted = call.argument(0)
    consts = [one.const for one in receiver.items or ()]
    if not wanted.exact or MISSING in consts:
        return opaque(origins([receiver]))
    found = next((at for at, one in enumerate(consts) if type(one) is type(wanted.const) and one == wanted.const), -1)
    return exactly(found >= 0) if call.name == "includes" else exactly(found)


def _at(_: Arrays, call: Call, receiver: Value) -> Value:
    items, const = receiver.items or (), call.argument(0).const
    if not isinstance(const, int) or not -len(items) <= const < len(items):
        return opaque(origins([receiver]))
    return items[const]


def _flattened(_: Arrays, __: Call, receiver: Value) -> Value:
    return _flat(list(receiver.items or ()))


def _keys(_: Arrays, call: Call, receiver: Value) -> Value:
    items = receiver.items or ()
    if call.name == "entries":
        return Value(items=tuple(Value(items=(exactly(at), one)) for at, one in enumerate(items)))
    return Value(items=tuple(exactly(at) for at in range(len(items)))) if call.name == "keys" else receiver


def _fill(_: Arrays, call: Call, receiver: Value) -> Value:
    receiver.items = tuple(call.argument(0) for _ in receiver.items or ())
    return receiver


def _text(self: Arrays, call: Call, receiver: Value) -> Value:
    return _join(self, Call(call.node, call.callee, receiver, []), receiver)


METHODS: dict[str, Callable[[Any, Call, Value], Value]] = {
    "push": _push,
    "unshift": _unshift,
    "shift": _shift,
    "pop": _pop,
    "splice": _splice,
    "slice": _slice,
    "concat": _concat,
    "join": _join,
    "reverse": _reverse,
    "toReversed": _reverse,
    "indexOf": _position,
    "includes": _position,
    "at": _at,
    "flat": _flattened,
    "keys": _keys,
    "values": _keys,
    "entries": _keys,
    "fill": _fill,
    "toString": _text,
}


def items_of(value: Value) -> list[Value] | None:
    """Return the items of something that can be walked over, or None when they are not known."""
    return None if value.ref is not None and value.items is None else listed(value)
