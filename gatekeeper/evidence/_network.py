"""Reading what talks to the network: where to, and what goes along."""

from __future__ import annotations

from gatekeeper.evidence import _apis as apis
from gatekeeper.evidence._base import Base, marks_in
from gatekeeper.evidence._calling import Call  # noqa: TC001 - cheap, and the tables need it
from gatekeeper.evidence._values import HOLE, Value, all_taints, opaque, words_of

NETWORK = frozenset({"network"})
# What a request says about itself rather than about the machine it comes from.
ABOUT_THE_REQUEST = frozenset(
    {"timeout", "verify", "url", "filename", "out", "proxies", "stream", "allow_redirects", "context", "cert", "cafile"}
)
TELLING = frozenset({"fingerprint", "environment-all", "command-output"})
KEEPING = frozenset({"urlretrieve", "retrieve", "download"})  # their further arguments say where to keep the answer
RAW = ("socket.", "asyncio.", "ssl.")


class NetworkEffects(Base):
    """Reads calls that talk to the network."""

    def networking(self, call: Call) -> Value | None:
        """Read a request, a connection, a lookup or a send."""
        ref = call.ref
        if ref in apis.LOOKUPS:
            return self._lookup(call)
        if ref in apis.SENDS:
            self.note("send", ref, call.node, self._body(call), marks_in("address", [call.receiver or opaque()]))
            return opaque(NETWORK)
        verb = apis.HTTP.search(ref)
        if verb is None and ref not in apis.OTHER_NETWORK:
            return self._received(call)
        self._request(call, verb.group(1) if verb is not None else call.method)
        return Value(rough=self._opened_path(call), taints=NETWORK, ref=ref + "()")

    def _received(self, call: Call) -> Value | None:
        if call.method in {"recv", "recvfrom", "recv_into", "makefile"} and call.ref.startswith("socket."):
            return opaque(NETWORK)
        return None

    def _opened_path(self, call: Call) -> str | None:
        address = self._address(call, call.method)
        return address.text if call.ref in apis.HTTP_OBJECTS else None

    def _lookup(self, call: Call) -> Value:
        name = call.args[0] if call.args else opaque()
        text = name.text or HOLE
        if "." in text.strip("."):
            self.note("lookup", text, call.node, [name], marks_in("address", [name]))
        return opaque(frozenset({"lookup"}))

    def _address(self, call: Call, verb: str) -> Value:
        """Return where a call goes: a URL, or host and port."""
        at = (
            1
            if verb in {"request", "stream"} and "HTTPConnection" not in call.ref and "HTTPSConnection" not in call.ref
            else 0
        )
        value = call.argument(at, "url", "host", "address", "webhook_url", "fullurl", "uri")
        if call.ref.endswith("sendto"):
            value = call.args[-1] if call.args else None
        if "HTTP" in call.ref and call.method == "request" and call.receiver is not None and call.receiver.rough:
            value = call.receiver
        if value is None:
            return opaque()
        if value.items is not None and value.keys is None:
            return self._host_and_port(value.items)
        if (
            call.ref.startswith(("http.client.", "smtplib.", "ftplib.", "telnetlib.", "asyncio.open"))
            and len(call.args) > 1
        ):
            return self._host_and_port(tuple(call.args[:2]))
        return value

    def _host_and_port(self, items: tuple[Value, ...]) -> Value:
        words = [one.text if one.text is not None else HOLE for one in items[:2]]
        return Value(rough=":".join(words), taints=all_taints(items[:2]))

    def _request(self, call: Call, verb: str) -> None:
        address = self._address(call, verb)
        body = self._body(call, address)
        for one in address.every():
            text = one.text or HOLE
            marks = marks_in("address", [one])
            flows = [*body, one] if goes_to_known_host(text) else [*body, Value(taints=told_in_host(one))]
            sends = verb.lower() in apis.SENDING_VERBS or self._verb_of(call) in apis.SENDING_VERBS
            raw = " raw" if call.ref.startswith(RAW) else ""
            self.note("send" if sends else "network", text + raw, call.node, flows, marks)
        if call.method in KEEPING:
            self._saved(call)

    def _verb_of(self, call: Call) -> str:
        if call.method == "request" and call.args and isinstance(call.args[0].const, str):
            return call.args[0].const.lower()
        return (
            "post"
            if call.ref.startswith("urllib.")
            and call.argument(1, "data") is not None
            and not call.method.startswith("url")
            else ""
        )

    def _saved(self, call: Call) -> None:
        where = call.argument(1, "filename", "out")
        text = HOLE if where is None else words_of(where) or HOLE
        marks = marks_in("path", [where]) if where is not None else []
        self.note("write", text, call.node, [Value(taints=NETWORK)], marks)

    def _body(self, call: Call, address: Value | None = None) -> list[Value]:
        """Return what a request carries, which is not where it goes nor where its answer is kept."""
        named = [one for name, one in call.named.items() if name not in ABOUT_THE_REQUEST and one is not address]
        if call.method in KEEPING or address is None:
            return [*named, *([] if call.method in KEEPING else call.args)]
        first = call.args[0] if call.args else None
        place = first if first is not None and first.items is not None and call.ref.startswith(RAW) else address
        return [*named, *[one for one in call.args if one is not place]]


def told_in_host(address: Value) -> frozenset[str]:
    """Return what a host name tells about the machine when it is put before a known domain."""
    host = (address.text or "").partition("://")[2].partition("/")[0].partition("?")[0]
    domain = host.rpartition(HOLE)[2]
    return address.taints & TELLING if "." in domain.strip(".") or domain.count(".") else frozenset()


def goes_to_known_host(text: str) -> bool:
    """Say whether an address names its host outright, so that what is unknown in it is something sent along."""
    rest = text.partition("://")[2]
    host = rest.partition("/")[0].partition("?")[0]
    return bool(rest) and "." in host and not host.startswith(HOLE) and "%" not in host
