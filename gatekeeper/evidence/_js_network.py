"""Reading what talks to the network: where to, and what goes along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence import _js_apis as apis
from gatekeeper.evidence._base import marks_in
from gatekeeper.evidence._js_files import STREAM, Files
from gatekeeper.evidence._js_keys import AMONG_KEYS, KEY, KEYED, is_chosen, is_written_out, without_names
from gatekeeper.evidence._js_values import Object, origins, undefined
from gatekeeper.evidence._network import goes_to_known_host
from gatekeeper.evidence._values import HOLE, Value, opaque

if TYPE_CHECKING:
    from gatekeeper.evidence._js_calling import Call

NETWORK = frozenset({"network"})
CHOSEN = frozenset({"chosen-address"})  # of something open whose address a caller may choose
REQUESTED = re.compile(r"(?:follow-redirects\.)?https?2?\.(?:request|get)\(\)$")
RAW_SOCKET = re.compile(r"(?:net|tls)\.(?:connect|createConnection|Socket|TLSSocket)\(\)")
SOCKET_SENDS = re.compile(
    r"(?:(?:net|tls)\.\w+\(\)|ws|ws\.WebSocket|WebSocket|socket\.io-client(?:\.\w+)?)(?:\(\))?(?:\.connect\(\))?\."
    r"(?:write|end|send|emit)$"
)
HTTP_CALL = re.compile(r"(?:follow-redirects\.)?(https?)2?\.(request|get)$")
BODIES = frozenset({"body", "data", "json", "form", "formData", "multipart"})


class Network(Files):
    """Reads calls that talk to the network."""

    def networking(self, call: Call) -> Value | None:
        """Read a request, a connection, a lookup or a send."""
        ref = call.ref
        http = HTTP_CALL.match(ref)
        if http is not None:
            return self._request(call, http.group(2), http.group(1))
        if apis.LOOKUPS.match(ref):
            return self._lookup(call)
        if ref in apis.CONNECTS:
            return self._connected(call)
        return self._sending(call) or self._opening(call)

    def _sending(self, call: Call) -> Value | None:
        """Read what is written to something open."""
        ref = call.ref
        writes = call.name in {"write", "end"} or (call.name == "setHeader" and KEY in origins(call.args))
        opened = REQUESTED.match(ref.removesuffix("." + call.name)) if writes else None
        if call.receiver is not None and (opened or SOCKET_SENDS.match(ref)):
            return self._sent(call, call.receiver)
        if ref in apis.MAILERS:
            self.note("send", call.argument(0).text or HOLE, call.node, call.args)
            return opaque(NETWORK)
        return self._datagram(call) if ref == "dgram.createSocket().send" else None

    def _opening(self, call: Call) -> Value | None:
        """Read requests and connections that are not Node's own."""
        if call.ref.startswith("XMLHttpRequest"):
            return self._old_request(call)
        return self._socket(call) if call.ref in apis.SOCKETS else self._client(call)

    def _client(self, call: Call) -> Value | None:
        """Read a call of one of the packages, or of the built-in function, that make requests."""
        root, _, rest = call.ref.partition(".")
        if call.ref == "fetch" or (call.ref == "Request" and call.made):
            return self._request(call, "get", "")
        if root not in apis.CLIENTS:
            return None
        verb = rest.rpartition(".")[2]
        if rest in apis.MAKERS or verb in apis.MAKERS:
            return Value(ref=root, taints=frozenset())
        if verb in apis.VERBS or not rest:
            return self._request(call, verb or "get", "")
        if rest.endswith(("().send", "().field", "().attach", "().write", "().end", "().query")) and call.args:
            return self._sent(call, call.receiver or opaque())
        return None

    def _lookup(self, call: Call) -> Value:
        name = call.argument(0)
        for one in name.every():
            text = one.text or HOLE
            if "." in text.strip("."):
                self.note("lookup", text, call.node, [name], marks_in("address", [one]))
        return opaque(frozenset({"lookup"}))

    def _request(self, call: Call, verb: str, scheme: str) -> Value:
        options = [one for one in call.args if type(one.target) is Object]
        first = call.argument(0)
        shown, chosen = HOLE, is_chosen(first, options)
        for one in first.every():
            address = self._address(one, options, scheme)
            shown = address.text or HOLE
            sends = self._verb(verb, options) in apis.SENDING_VERBS or any(
                BODIES & set(option.target.props) for option in options if isinstance(option.target, Object)
            )
            flows = [value for value in call.args if value is not first and value not in call.callbacks]
            if goes_to_known_host(shown) or type(first.target) is Object:
                flows.append(one)
            flows = self._fitting(flows, address, chosen)
            self.note("send" if sends else "network", shown, call.node, flows, marks_in("address", [address]))
        keeps = shown if scheme or call.ref.startswith("superagent") else None
        return Value(rough=keeps, taints=NETWORK | CHOSEN if chosen else NETWORK, ref=call.ref + "()")

    def _fitting(self, flows: list[Value], address: Value, chosen: bool) -> list[Value]:
        """Leave out a key that goes where a caller wants it, or that only tells a service who calls."""
        taints = origins(flows)
        if KEY not in taints:
            return flows
        fits = chosen or not is_written_out(address.text or "", address)
        if not fits and not self.at.source.keys >= AMONG_KEYS:
            fits = KEY not in origins([without_names(one) for one in flows])
        return [Value(taints=taints - KEYED)] if fits else flows

    def _verb(self, verb: str, options: list[Value]) -> str:
        for one in options:
            method = one.target.props.get("method") if isinstance(one.target, Object) else None
            if method is not None and isinstance(method.const, str):
                return method.const.lower()
        return verb.lower()

    def _address(self, first: Value, options: list[Value], scheme: str) -> Value:
        """Return where a request goes: an address, or one made of the parts of an options object."""
        if first.text is not None:
            return first
        for one in options:
            if isinstance(one.target, Object):
                found = address_of(one.target, scheme)
                if found.text is not None:
                    return found
        return opaque(origins([first]))

    def _connected(self, call: Call) -> Value:
        """Read a raw connection."""
        first, second = call.argument(0), call.argument(1)
        if type(first.target) is Object:
            props = first.target.props
            host, port = props.get("host"), props.get("port") or props.get("path")
        else:
            host, port = second, first
        place = host.text if host is not None and host.text is not None else None
        if place is None:
            given = host is not None and (host.taints or host.ref or host.target is None) and len(call.args) > 1
            place = HOLE if given else "localhost"
        number = port.text if port is not None and port.text is not None else HOLE
        text = f"{place}:{number}"
        self.note("network", f"{text} raw", call.node, (), marks_in("address", [Value(rough=text)]))
        if call.receiver is not None and call.receiver.ref is not None and call.receiver.ref.endswith("Socket()"):
            call.receiver.rough = text
            call.receiver.taints |= NETWORK
            return call.receiver
        return Value(rough=text, taints=NETWORK, ref=call.ref + "()")

    def _datagram(self, call: Call) -> Value:
        texts = [one.text for one in call.args[1:] if one.text is not None]
        host = next((one for one in reversed(texts) if "." in one), HOLE)
        port = next((one for one in reversed(texts) if one.isdigit()), HOLE)
        self.note("send", f"{host}:{port} raw", call.node, call.args[:1], marks_in("address", [Value(rough=host)]))
        return undefined()

    def _old_request(self, call: Call) -> Value | None:
        """Read an XMLHttpRequest."""
        if call.made:
            return Value(ref="XMLHttpRequest()", taints=NETWORK)
        receiver = call.receiver or opaque()
        if call.ref == "XMLHttpRequest().open":
            address = call.argument(1)
            receiver.rough = address.text or HOLE
            verb = str(call.argument(0).const).lower()
            kind = "send" if verb in apis.SENDING_VERBS else "network"
            flows = [address] if goes_to_known_host(receiver.rough) else []
            self.note(kind, receiver.rough, call.node, flows, marks_in("address", [address]))
            return undefined()
        if call.name == "setRequestHeader" and KEY in origins(call.args):
            return self._sent(call, receiver)
        if call.ref == "XMLHttpRequest().send" and call.args and call.args[0].const is not None:
            return self._sent(call, receiver)
        return None

    def _socket(self, call: Call) -> Value:
        address = call.argument(0)
        flows = self._fitting([address], address, is_chosen(address, []))
        self.note("network", address.text or HOLE, call.node, flows, marks_in("address", [address]))
        return Value(rough=address.text, taints=NETWORK, ref=call.ref + "()")

    def _sent(self, call: Call, receiver: Value) -> Value:
        """Read what is written to an open request or connection."""
        carried = [one for one in call.args if one not in call.callbacks]
        if carried:
            where = receiver.rough or HOLE
            raw = " raw" if (receiver.ref or "").startswith(apis.RAW) else ""
            carried = self._fitting(carried, Value(rough=where), bool(receiver.taints & CHOSEN))
            self.note("send", where + raw, call.node, carried, marks_in("address", [Value(rough=where)]))
        return Value(rough=receiver.rough, taints=receiver.taints, ref=receiver.ref)

    def piping(self, call: Call) -> Value | None:
        """Read what connects streams: `a.pipe(b)` and `stream.pipeline(a, b)`."""
        if call.ref in {"stream.pipeline", "pump"}:
            parts = [one for one in call.args if one not in call.callbacks]
            source = parts[0] if parts else opaque()
            for into in parts[1:]:
                source = self._piped(source, into, call)
            return source
        if call.name in {"pipe", "pipeTo", "pipeThrough"} and call.receiver is not None:
            return self._piped(call.receiver, call.argument(0), call)
        if call.name == "write" and call.ref == "child_process.spawn().stdin.write":
            self._typed(call)
        return None

    def _typed(self, call: Call) -> None:
        """Note what comes from the network and is typed into a shell."""
        line = call.receiver.rough if call.receiver is not None else None
        shell = any(mark.family in {"shell", "child"} for mark in marks_in("command", [Value(rough=line or "")]))
        if shell and "network" in origins(call.args):
            self.note("socket-shell", "stdin.write", call.node)

    def _piped(self, source: Value, into: Value, call: Call) -> Value:
        ends = (source.ref or "", into.ref or "")
        tied = [one for one in ends if one.startswith("child_process.spawn()")]
        if tied and any(RAW_SOCKET.match(one) for one in ends):
            self.note("socket-shell", "pipe", call.node)
        taints = origins([source])
        if into.ref == STREAM:
            self.note_write(Value(rough=into.rough), call, [Value(taints=taints)])
        elif into.ref is not None and REQUESTED.match(into.ref):
            self.note("send", into.rough or HOLE, call.node, [source], marks_in("address", [Value(rough=into.rough)]))
        return Value(rough=into.rough, taints=into.taints | taints, ref=into.ref)


def address_of(options: Object, scheme: str) -> Value:
    """Return the address that the parts of an options object make."""
    props = options.props
    for name in ("url", "uri", "href"):
        if name in props and props[name].text is not None:
            base = props.get("baseURL")
            text = props[name].text or ""
            if base is not None and "://" not in text:
                text = f"{(base.text or HOLE).rstrip('/')}/{text.lstrip('/')}"
            return Value(rough=text, taints=origins([props[name]]))
    host = props.get("hostname") or props.get("host")
    if host is None or host.text is None:
        return opaque()
    port, path = props.get("port"), props.get("path") or props.get("pathname")
    protocol = props.get("protocol")
    kind = protocol.text.rstrip(":") if protocol is not None and protocol.text else scheme or "https"
    place = host.text + (f":{port.text or HOLE}" if port is not None and port.const is not None else "")
    rest = "" if path is None else path.text if path.text is not None else HOLE
    return Value(rough=f"{kind}://{place}{'' if not rest or rest.startswith('/') else '/'}{rest}")
