"""Reading promises: a promise is worth what it will be."""

from __future__ import annotations

from gatekeeper.evidence._js_calling import Call, Calling
from gatekeeper.evidence._js_values import Bound, Function, Native, either, undefined
from gatekeeper.evidence._values import Value, opaque


class Promises(Calling):
    """Reads promises."""

    def promised(self, call: Call) -> Value | None:
        """Read `new Promise(...)`, `.then(...)` and its kin: a promise is worth what it will be."""
        if call.ref == "Promise" and call.made:
            return self._executed(call.argument(0))
        if call.ref in {"Promise.resolve", "Promise.reject", "util.promisify", "pify", "util.callbackify"}:
            return call.argument(0)
        if call.ref in {"Promise.all", "Promise.race", "Promise.any", "Promise.allSettled"}:
            one = call.argument(0)
            return one if call.ref == "Promise.all" or not one.items else one.items[0]
        if call.name in {"then", "catch", "finally"} and call.receiver is not None:
            return self._then(call, call.receiver)
        return None

    def _executed(self, executor: Value) -> Value:
        kept: list[Value] = []

        def resolve(args: list[Value]) -> Value:
            value = args[0] if args else undefined()
            kept[:] = [either(value, kept[0]) if kept else value]
            return undefined()

        settle = Value(target=Native(resolve))
        self.run_callback(executor, [settle, Value(target=Native(lambda _: undefined()))])
        return kept[0] if kept else opaque()

    def _then(self, call: Call, receiver: Value) -> Value:
        if not call.callbacks:
            first = call.argument(0)
            if call.name == "then" and first.ref is not None:  # .then(eval)
                return self.called(Call(call.node, first, None, [receiver], first.ref.rpartition(".")[2]))
            return receiver
        result = receiver
        for at, one in enumerate(call.args[:2]):
            if isinstance(one.target, (Function, Bound)):
                given = [receiver] if call.name == "then" and at == 0 else [opaque(receiver.taints)]
                returned = self.run_callback(one, given)
                if call.name == "then" and at == 0:
                    result = returned
        return result
