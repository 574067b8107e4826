"""Reading calls whose function, name or content is data: getattr and its kin, partial functions, pickles, resources."""

from __future__ import annotations

import json
import pickletools
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._apis import canonical
from gatekeeper.evidence._base import Base
from gatekeeper.evidence._calling import Call
from gatekeeper.evidence._scopes import Partial
from gatekeeper.evidence._values import MOST_TEXT, Value, all_taints, exactly, listed, opaque, roughly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNPICKLERS = frozenset({"pickle.loads", "pickle.load", "dill.loads", "cloudpickle.loads"})
NAMED = frozenset({"getattr", "__import__", "importlib.import_module"})
READ_ARGUMENT = {"pkgutil.get_data": 1, "importlib.resources.read_text": 1, "importlib.resources.read_binary": 1}
MOST_PICKLE = 1 << 16  # bytes
MOST_OPCODES = 2000
BROKEN = (ValueError, KeyError, IndexError, AttributeError, UnicodeError, TypeError, EOFError, StopIteration)


class Indirect(Base):
    """Reads calls whose function, name or content is data."""

    called: Callable[[Call], Value]
    attribute_of: Callable[[Value, str], Value]
    named_attribute: Callable[[Call], Value | None]
    assign_attribute: Callable[[Value, str, Value], None]

    def dynamic(self, call: Call) -> Value | None:
        """Read getattr, `__import__`, setattr, partial functions, and what takes its name from data."""
        ref, args = call.ref, call.args
        if ref in NAMED:
            return self.named_attribute(call)
        if call.method == "__getattribute__" and call.receiver is not None and args and isinstance(args[-1].const, str):
            return self.attribute_of(call.receiver, args[-1].const)
        if ref == "functools.partial" and args:
            return Value(target=Partial(args[0], args[1:], call.named), taints=all_taints(args))
        if ref == "setattr" and len(args) > 2 and isinstance(args[1].const, str):  # noqa: PLR2004 - object, name, value
            self.assign_attribute(args[0], args[1].const, args[2])
            return exactly(None)
        if ref in {"map", "filter"} and len(args) > 1:
            return self._mapped(call)
        return self._picked(call)

    def _mapped(self, call: Call) -> Value | None:
        items = listed(call.args[1])
        if items is None or call.ref == "filter":
            return None
        made = []
        for item in items:
            self.step()
            made.append(self.called(Call(call.node, call.args[0], None, [item], {})))
        return Value(items=tuple(made))

    def _picked(self, call: Call) -> Value | None:
        """Read `attrgetter(name)(value)` and `methodcaller(name, ...)(value)`."""
        if call.ref in {"operator.attrgetter", "operator.methodcaller"} and call.args:
            name = call.args[0].text or ""
            return Value(rough=name, items=tuple(call.args[1:]), ref=f"{call.ref}()")
        if call.ref in {"operator.attrgetter()", "operator.methodcaller()"} and call.args and call.callee.rough:
            found = self.attribute_of(call.args[0], call.callee.rough)
            if call.ref == "operator.attrgetter()":
                return found
            return self.called(Call(call.node, found, call.args[0], list(call.callee.items or ()), {}))
        return None

    def unpickling(self, call: Call) -> None:
        """Follow what a known pickle calls."""
        content = call.args[0].const if call.args else None
        if call.ref not in UNPICKLERS or not isinstance(content, bytes) or len(content) > MOST_PICKLE:
            return
        for name, texts in calls_in(content):
            words = [exactly(text) for text in texts]
            self.called(Call(call.node, Value(ref=canonical(name)), None, words[:1], {}))

    def resources(self, call: Call) -> Value | None:
        """Return the content of a file of the package that code reads as a resource."""
        at = READ_ARGUMENT.get(call.ref)
        if at is not None and len(call.args) > at:
            return self._resource(call.args[at])
        if call.ref in {"importlib.resources.files", "importlib.resources.path"}:
            return roughly("", ref="importlib.resources.files()")
        if call.ref == "importlib.resources.files().joinpath" and call.args:
            return Value(rough=call.args[-1].text, ref="importlib.resources.files()")
        if call.ref.startswith("importlib.resources.files().read") and call.receiver is not None:
            return self._resource(call.receiver)
        if call.ref in {"json.load", "json.loads"} and call.args:
            return parsed_json(call.args[0])
        return None

    def _resource(self, path: Value) -> Value:
        content = self.local_file(path.text) if path.text else None
        return opaque(frozenset({"file"})) if content is None else exactly(content, frozenset({"packaged"}))


def parsed_json(value: Value) -> Value | None:
    """Return what a known JSON text holds; None when it is not known."""
    content = value.const if value.exact else value.items[0].const if value.items else None
    if not isinstance(content, (str, bytes)) or len(content) > MOST_TEXT >> 6:
        return None
    try:
        return _as_value(json.loads(content), value.taints, 0)
    except (ValueError, RecursionError):
        return None


def _as_value(made: Any, taints: frozenset[str], depth: int) -> Value:  # noqa: ANN401 - any JSON
    if isinstance(made, dict) and depth < 8:  # noqa: PLR2004 - deeper holds no code
        items = tuple(_as_value(one, taints, depth + 1) for one in made.values())
        return Value(keys=tuple(map(exactly, made)), items=items, taints=taints)
    if isinstance(made, list) and depth < 8:  # noqa: PLR2004
        return Value(items=tuple(_as_value(one, taints, depth + 1) for one in made[:4096]), taints=taints)
    return exactly(made, taints) if isinstance(made, (str, int, float, bool)) or made is None else opaque(taints)


def calls_in(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield the functions that a pickle names, each with the texts that follow it; nothing is run."""
    texts: list[str] = []
    found: list[tuple[str, list[str]]] = []
    recent: list[str] = []
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(content)):
            if count > MOST_OPCODES:
                break
            if opcode.name in {"GLOBAL", "INST"} and isinstance(argument, str):
                name, texts = argument.replace(" ", "."), []
                found.append((name, texts))
            elif opcode.name == "STACK_GLOBAL" and len(recent) > 1:
                name, texts = ".".join(recent[-2:]), []
                found.append((name, texts))
            elif isinstance(argument, str):
                recent.append(argument)
                texts.append(argument)
    except BROKEN:
        pass
    yield from found
