"""Reading calls of the outside: each is asked what it does, and the functions handed to it are run."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._js_calling import Call
from gatekeeper.evidence._js_keys import CARRYING, KEY, KEYED, keeps_key
from gatekeeper.evidence._js_network import Network
from gatekeeper.evidence._js_values import Bound, Function, Object, origins
from gatekeeper.evidence._values import Value, element_of, listed, opaque

MOST_CALLBACKS = 8
RESPONSES = frozenset({"http.request", "https.request", "http.get", "https.get"})
SERVERS = frozenset({"net.createServer", "tls.createServer"})
BARE = frozenset({"Object", "Function", "Array", "Promise"})


class Effects(Network):
    """Reads calls of the outside."""

    def outside(self, call: Call) -> Value:
        """Return what a call of something outside the artifact yields, and note what it does."""
        promised = self.promised(call)
        if promised is not None:
            return promised
        result = self._asked(call)
        self._call_back(call, result)
        return result

    def _asked(self, call: Call) -> Value:
        if call.ref:
            for effect in EFFECTS:
                result = effect(self, call)
                if result is not None:
                    self._note_hidden(call, result)
                    return result
        for value in call.args:
            if value.text is not None:
                self.note_store(value, call)
        return self.piping(call) or self._unknown(call)

    def _unknown(self, call: Call) -> Value:
        """Return what a call yields of which nothing is known but what goes in."""
        given = origins(call.args)
        taints = given | call.callee.taints
        receiver = call.receiver
        if receiver is not None:
            taints |= origins([receiver])
            if call.args and receiver.target is None:
                kept = given - KEYED if receiver.ref is None else frozenset()
                receiver.taints |= kept | (given & KEYED if call.name in CARRYING else frozenset())
        if KEY in taints and not keeps_key(call.name):
            taints -= KEYED
        rough = receiver.rough if receiver is not None and receiver.ref == "process.stdout" else None
        return Value(rough=rough, taints=taints, ref=call.ref + "()" if call.ref and call.ref[0] != "#" else None)

    def _note_hidden(self, call: Call, result: Value) -> None:
        """Note decoding, and an address that was hidden by an encoding."""
        if "decoded" not in result.taints or call.ref not in DECODERS:
            return
        if isinstance(result.const, bytes) and len(result.const) < 2000:  # noqa: PLR2004 - an address is short
            result = Value(const=result.const.decode("utf-8", "replace"), taints=result.taints)
        self.note("decode", call.ref, call.node)
        text = result.const
        if isinstance(text, str) and text.startswith(("http://", "https://")):
            self.note("hidden-address", text[:200], call.node, [result], marks_in("address", [result]))

    def _call_back(self, call: Call, result: Value) -> None:
        """Run the functions that are handed to something outside: it may call them, and mostly does."""
        if call.ref in BARE and call.made:
            return
        callbacks = call.callbacks[:MOST_CALLBACKS]
        for one in call.args:
            if type(one.target) is Object and call.ref not in {"Object", "Object.defineProperty", "Object.assign"}:
                members = [value for value in one.target.props.values() if isinstance(value.target, (Function, Bound))]
                callbacks += members[:MOST_CALLBACKS]
        if not callbacks:
            return
        given = self._given(call, result)
        for one in callbacks:
            if self.state.waiting is not None:
                self.state.waiting.append((one, given))
            else:
                self.run_callback(one, given)

    def _given(self, call: Call, result: Value) -> list[Value]:
        """Return what a callback of this call gets."""
        if call.ref in RESPONSES:
            return [Value(ref="http.response", taints=frozenset({"network"}))]
        if call.ref in SERVERS:
            return [Value(ref="net.Socket()", taints=frozenset({"network"}))]
        if call.receiver is not None and listed(call.receiver) is None and call.receiver.ref is not None:
            taints = origins([call.receiver]) | result.taints
            return [Value(taints=taints), *[opaque(taints)] * 2]
        if call.receiver is not None and call.receiver.ref is None:
            one = element_of(call.receiver)
            return [opaque(one.taints | result.taints)] * 3
        return [opaque(result.taints)] * 3

    def assembling(self, call: Call) -> Value | None:
        """Read WebAssembly: it holds what it was made of, but functions of a module without imports yield numbers."""
        if not call.ref.startswith(ASSEMBLY):
            return None
        if ".exports" in call.ref:
            return opaque() if call.ref.startswith(ALONE) else None
        if call.ref not in ASSEMBLED:
            return None
        linked = len(call.args) > 1 and call.ref != "WebAssembly.compile"
        return Value(taints=origins(call.args), ref="WebAssembly.linked()" if linked else ALONE)

    def reflected(self, call: Call) -> Value | None:
        """Read Reflect's functions, and a proxy, which stands for its target."""
        if call.ref == "Proxy":
            return call.argument(0)
        if call.ref == "Reflect.get":
            return self.item_of(call.argument(0), call.argument(1))
        if call.ref == "Reflect.set":
            self.set_item(call.argument(0), call.argument(1), call.argument(2), call.node)
            return opaque()
        if call.ref in {"Reflect.apply", "Reflect.construct"}:
            at = 2 if call.ref == "Reflect.apply" else 1
            args = listed(call.argument(at)) or [call.argument(at)]
            callee = call.argument(0)
            name = (callee.ref or "").rpartition(".")[2]
            inner = Call(call.node, callee, call.argument(1) if at > 1 else None, args, name, at == 1)
            return self.made(inner) if at == 1 else self.called(inner)
        return None


ASSEMBLY = "WebAssembly."
ALONE = "WebAssembly.Instance()"  # of a module that was given nothing of ours
ASSEMBLED = frozenset(
    {"WebAssembly." + name for name in ("Module", "Instance", "compile", "instantiate", "compileStreaming")}
)
DECODERS = frozenset({"Buffer.from", "Buffer", "atob"})
# Asked in this order; the first that answers decides what the call is worth.
EFFECTS: tuple[Callable[[Any, Call], Value | None], ...] = (
    Effects.requiring,
    Effects.folding,
    Effects.executing,
    Effects.spawning,
    Effects.networking,
    Effects.filing,
    Effects.fingerprinting,
    Effects.decoding,
    Effects.assembling,
    Effects.modules,
    Effects.reflected,
)
