"""What the harmless part of JavaScript's and Node's libraries yields: texts, buffers, objects, paths."""

from __future__ import annotations

from typing import Any

from gatekeeper.evidence import _js_texts as texts
from gatekeeper.evidence._js_arrays import Arrays
from gatekeeper.evidence._js_calling import Call  # noqa: TC001 - the tables need it
from gatekeeper.evidence._js_constants import plain, spelled
from gatekeeper.evidence._js_library import FUNCTIONS
from gatekeeper.evidence._js_values import CALLABLE, UNDEFINED, Object, origins, undefined
from gatekeeper.evidence._values import HOLE, MISSING, Value, exactly, opaque, roughly

MOST_CHARACTERS = 1 << 16


class Builtins(Arrays):
    """Reads methods of known values and functions that only make values."""

    def own_method(self, call: Call) -> Value | None:
        """Read a method of a known value; None when it is not one of ours."""
        receiver = call.receiver
        if receiver is None or receiver.others:
            return None
        found: Value | None = None
        if receiver.items is not None and receiver.ref != "RegExp":
            found = self.array_method(call, receiver)
        elif isinstance(receiver.const, bytes):
            found = texts.buffer_method(receiver, call.name, call.args)
        elif isinstance(receiver.const, str) or receiver.rough is not None:
            found = self._replaced_by_function(call, receiver) or texts.text_method(receiver, call.name, call.args)
        elif receiver.const is not MISSING:
            found = texts.number_method(receiver, call.name, call.args)
        elif receiver.ref == "Map()" and isinstance(receiver.target, Object):
            found = self._map_method(call, receiver, receiver.target)
        elif type(receiver.target) is Object and call.name == "hasOwnProperty" and call.argument(0).exact:
            found = exactly(spelled(call.argument(0).const) in receiver.target.props)
        return found

    def _replaced_by_function(self, call: Call, receiver: Value) -> Value | None:
        """Fold text.replace(/x/g, match => ...)."""
        if call.name != "replace" or not isinstance(call.argument(1).target, CALLABLE):
            return None
        pattern = texts.compiled(call.argument(0)) if call.argument(0).ref == "RegExp" else None
        if pattern is None or not isinstance(receiver.const, str) or len(receiver.const) > MOST_CHARACTERS:
            self.apply(call, call.argument(1), [opaque(receiver.taints)])
            return opaque(origins([receiver]))
        known = True
        taints = set(receiver.taints)

        def fill(match: Any) -> str:  # noqa: ANN401 - a match
            nonlocal known
            if self.state.left.rounds <= 0:
                known = False
                return HOLE
            self.state.left.rounds -= 1
            groups = [
                exactly(match.group()),
                *[exactly(one if one is not None else UNDEFINED) for one in match.groups()],
            ]
            value = self.apply(call, call.argument(1), groups)
            taints.update(value.taints)
            const = plain(value)
            known = known and const is not MISSING
            return HOLE if const is MISSING else spelled(const)

        whole = pattern.sub(fill, receiver.const)
        return exactly(whole, frozenset(taints)) if known else roughly(whole, frozenset(taints))

    def _map_method(self, call: Call, receiver: Value, holder: Object) -> Value | None:
        key = plain(call.argument(0))
        if call.name in {"set", "add"}:
            if key is MISSING:
                holder.taints |= origins(call.args)
            else:
                holder.put(spelled(key), call.argument(1), maybe=self.maybe)
            return receiver
        if call.name == "get" and key is not MISSING:
            return holder.props.get(spelled(key)) or undefined()
        if call.name == "get":
            return self.item_of(Value(target=holder), call.argument(0))
        return None

    def folding(self, call: Call) -> Value | None:
        """Return what a call of a harmless function yields, or None when it is not one of ours."""
        made = FUNCTIONS.get(call.ref)
        return None if made is None else made(self, call)
