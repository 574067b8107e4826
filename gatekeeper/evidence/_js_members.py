"""Reading and setting members: of our own objects, of texts and arrays, and of what lies outside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatekeeper.evidence._environment import environment_variable
from gatekeeper.evidence._js_apis import PATCHED, canonical, given_by
from gatekeeper.evidence._js_base import Base
from gatekeeper.evidence._js_constants import spelled
from gatekeeper.evidence._js_fold import number
from gatekeeper.evidence._js_keys import KEY, SHOWN, as_key, without_key
from gatekeeper.evidence._js_paths import part_of_address
from gatekeeper.evidence._js_values import CALLABLE, Bound, Class, Function, Object, Super, either, origins, undefined
from gatekeeper.evidence._values import MISSING, Value, element_of, exactly, opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.evidence._js_syntax import Syntax

FUNCTION = "Function"
OF_OBJECTS = frozenset({"constructor", "toString", "valueOf", "hasOwnProperty", "__proto__", "isPrototypeOf"})
OF_FUNCTIONS = OF_OBJECTS | {"call", "apply", "bind", "length", "name", "prototype", "caller", "arguments", "default"}
MOST_REF = 100  # characters of a dotted name
MOST_GUESSES = 6  # members that an unknown index may mean


class Members(Base):
    """Reads and sets members."""

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Read what runs only perhaps: what it assigns is an alternative."""
        self.state.branch += 1
        try:
            yield
        finally:
            self.state.branch -= 1

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return the member of a value, and of what it may be instead."""
        found = self._member(value, name)
        for other in value.others:
            one = self._member(other, name)
            if one.ref is not None or one.target is not None or one.const is not MISSING:
                found = either(found, one) if _says_more(found) else either(one, found)
        if name in self.state.at.source.keys:
            return as_key(found)
        return without_key(found) if name in SHOWN and KEY in found.taints else found

    def _member(self, value: Value, name: str) -> Value:
        if isinstance(value.target, Super):
            return _inherited(value.target, name) or opaque()
        if isinstance(value.target, Object):
            own = self._own(value, value.target, name)
            if own is not None:
                return own
        if value.ref is not None:
            return self._outside(value, name)
        if name == "constructor":
            return Value(ref=FUNCTION if isinstance(value.target, CALLABLE) else "#any", taints=value.taints)
        return self._method_of(value, name)

    def _method_of(self, value: Value, name: str) -> Value:
        """Return a method of a text, array, buffer or function."""
        text = value.const if isinstance(value.const, (str, bytes)) else None
        if name == "length" and (value.items is not None or text is not None):
            return exactly(len(value.items if value.items is not None else text or ""))
        if value.items is not None:
            return Value(ref=f"#array.{name}", taints=value.taints)
        if text is not None:
            return Value(ref=f"#{'string' if isinstance(text, str) else 'buffer'}.{name}", taints=value.taints)
        if isinstance(value.target, CALLABLE):
            known = name in OF_FUNCTIONS or not isinstance(value.target, Function) or value.target.taints
            return Value(ref=f"#function.{name}") if known else undefined()
        return opaque(value.taints)

    def _own(self, value: Value, holder: Object, name: str) -> Value | None:
        if isinstance(holder, Function) and name == "prototype":
            return Value(target=holder.prototype)
        if isinstance(holder, Class) and name == "prototype":
            return Value(target=holder.instances)
        found = holder.find(name)
        if found is None and isinstance(holder, Class) and holder.base is not None and name != "constructor":
            return self.attribute_of(holder.base, name)
        if found is not None and isinstance(found.target, Function) and found.target.getter:
            return self.follow(found.target, [], value)
        if found is None and not value.ref and holder.taints:
            return opaque(holder.taints)
        return found

    def _outside(self, value: Value, name: str) -> Value:
        ref = value.ref or ""
        if ref == "process.env":
            return environment_variable(exactly(name))
        if len(ref) > MOST_REF:
            return opaque(value.taints)
        if name == "constructor" and ref not in {"module", "module.prototype", "globalThis"}:
            method = ref.startswith("#") or (not ref.endswith("()") and not ref[:1].isupper())
            return Value(ref=FUNCTION if method or ref == FUNCTION else "#any", taints=value.taints)
        if ref == "import()" or name == "default":
            return value
        return self._special(value, ref, name) or self._plainly_outside(value, ref, name)

    def _special(self, value: Value, ref: str, name: str) -> Value | None:
        if ref == "globalThis":
            return self.globals.names.get(name)
        if ref == "URL()":
            return part_of_address(value, name)
        return exactly(len(value.items)) if name == "length" and value.items is not None else None

    def _plainly_outside(self, value: Value, ref: str, name: str) -> Value:
        ref = canonical(f"{ref}.{name}")
        given = given_by(ref, self.at.source.path)
        if given is not None:
            return given
        keeps = value.rough if value.ref and value.ref.endswith("()") else None
        return Value(rough=keeps, taints=value.taints, ref=ref)

    def item_of(self, value: Value, index: Value) -> Value:
        """Return `value[index]`."""
        if value.ref == "process.env":
            return environment_variable(index)
        const = index.const
        if index.others:
            return self._any_of(value, index)
        if isinstance(const, float) and const.is_integer():
            const = int(const)
        if isinstance(const, str) and const.isdigit() and (value.items is not None or value.exact):
            const = int(number(const)) if len(const) < 16 else const  # noqa: PLR2004 - more are no index
        if isinstance(const, int) and not isinstance(const, bool):
            return self._at(value, const)
        if const is not MISSING:
            return undefined() if _lacks(value, spelled(const)) else self.attribute_of(value, spelled(const))
        return self._guessed(value, index)

    def _any_of(self, value: Value, index: Value) -> Value:
        found: Value | None = None
        for one in (index, *index.others)[:MOST_GUESSES]:
            alone = Value(one.const, one.rough, one.taints, one.ref)
            item = self.item_of(value, alone)
            found = item if found is None else either(found, item)
        return found or opaque()

    def _at(self, value: Value, at: int) -> Value:
        if value.items is not None:
            return value.items[at] if 0 <= at < len(value.items) else undefined()
        if isinstance(value.const, (str, bytes)):
            return exactly(value.const[at], value.taints) if 0 <= at < len(value.const) else undefined()
        if isinstance(value.target, Object):
            found = value.target.find(str(at))
            if found is not None:
                return found
        if value.ref is not None:
            return Value(rough=value.rough, taints=value.taints, ref=f"{value.ref}[]")
        return opaque(origins([value]))

    def _guessed(self, value: Value, index: Value) -> Value:
        """Return what an unknown index may yield."""
        taints = origins((value, index))
        choices: list[Value] = []
        if value.items is not None:
            choices = list(value.items[:MOST_GUESSES])
        elif type(value.target) is Object:
            choices = [one for one in value.target.props.values() if isinstance(one.target, CALLABLE) or one.text]
        elif value.ref is not None:
            return Value(rough=value.rough, taints=taints, ref=f"{value.ref}[]")
        if not choices:
            return opaque(taints)
        found = choices[0]
        for one in choices[1:MOST_GUESSES]:
            found = either(found, one)
        return Value(found.const, found.rough, taints, found.ref, found.target, found.items, others=found.others)

    def set_member(self, holder: Value, name: str, value: Value, node: Syntax) -> None:
        """Set a member by its name."""
        target = holder.target
        if isinstance(target, Object):
            if name == "prototype" and isinstance(value.target, Object):
                target.props[name] = value
            elif name == "__proto__" and type(value.target) is Object:
                target.proto = value.target
            else:
                target.put(name, value, maybe=self.maybe)
        elif holder.ref == "globalThis":
            self.globals.declare(name, value, maybe=self.maybe)
        elif holder.items is not None and name.isdigit() and len(name) < 8:  # noqa: PLR2004 - more are no index
            self._set_at(holder, int(name), value)
        elif holder.ref is not None and name.startswith("on") and isinstance(value.target, CALLABLE):
            self.run_callback(value, [element_of(holder)], holder)
        if holder.ref is not None:
            self._patched(holder, name, value, node)

    def _patched(self, holder: Value, name: str, value: Value, node: Syntax) -> None:
        """Note a function of the outside that is replaced."""
        ref = canonical(f"{holder.ref}.{name}")
        if PATCHED.match(ref) and (isinstance(value.target, CALLABLE) or value.ref is not None):
            self.note("patches", ref, node, [Value(taints=value.taints)])

    def _set_at(self, holder: Value, at: int, value: Value) -> None:
        items = holder.items or ()
        if at < len(items):
            holder.items = (*items[:at], value, *items[at + 1 :])
            self.charge(len(items) << 4)
        elif at == len(items) and at < 1 << 14:
            holder.items = (*items, value)
            self.charge(len(items) << 4)
        else:
            holder.taints |= origins([value])

    def set_item(self, holder: Value, index: Value, value: Value, node: Syntax) -> None:
        """Set `holder[index]`."""
        const = index.const
        if isinstance(const, float) and const.is_integer():
            const = int(const)
        if const is not MISSING:
            self.set_member(holder, spelled(const), value, node)
        elif isinstance(holder.target, Object):
            holder.target.taints |= origins((index, value))
            if isinstance(value.target, CALLABLE):
                holder.target.put(f"?{len(holder.target.props)}", value)
        else:
            holder.taints |= origins((index, value))

    def run_callback(self, callee: Value, args: list[Value], this: Value | None = None) -> Value:
        """Run a function of ours that something outside calls."""
        found = undefined()
        for one in callee.every():
            if isinstance(one.target, Function):
                found = self.follow(one.target, args, this)
            elif isinstance(one.target, Bound):
                found = self.run_callback(one.target.callee, [*one.target.args, *args], one.target.receiver)
        return found


def _lacks(value: Value, name: str) -> bool:
    """Say whether a plain object of ours, all of which is known, has no such member: a table that is looked into."""
    holder = value.target
    if type(holder) is not Object or value.ref is not None or value.others or holder.taints or holder.proto is not None:
        return False
    return name not in holder.props and name not in OF_OBJECTS and not any(key.startswith("?") for key in holder.props)


def _inherited(of: Super, name: str) -> Value | None:
    parent = of.owner.base
    return parent.target.instances.find(name) if parent is not None and isinstance(parent.target, Class) else None


def _says_more(value: Value) -> bool:
    return value.ref is not None or value.target is not None or value.const is not MISSING or value.items is not None
