"""A way out to the few hosts that a waiver opens: bytes are passed on unseen, to these hosts and web ports only."""

from __future__ import annotations

import selectors
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gatekeeper.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Collection

WEB_PORTS = frozenset({80, 443})
PATIENCE = 30.0  # seconds to connect
IDLE = 300.0  # seconds without a byte either way
CHUNK = 1 << 16
LONGEST_ANSWER = 1 << 14


def may_pass(target: str, hosts: Collection[str]) -> bool:
    """Say whether `host:port` is one of the opened hosts, on a port of the web."""
    host, _, port = target.rpartition(":")
    return host.lower() in hosts and port.isascii() and port.isdigit() and int(port) in WEB_PORTS


def connect(target: str, proxy: str | None) -> socket.socket:
    """Connect to `host:port`, through the person's HTTP proxy where there is one; raise UpstreamError."""
    host, _, port = target.rpartition(":")
    way = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
    try:
        if way is None:
            return socket.create_connection((host, int(port)), PATIENCE)
        link = socket.create_connection((way.hostname or "", way.port or 80), PATIENCE)
        try:
            link.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
            _through(link, target)
        except BaseException:
            link.close()
            raise
    except OSError as problem:
        raise UpstreamError(f"{target} cannot be reached: {problem.strerror or type(problem).__name__}") from None
    return link


def _through(link: socket.socket, target: str) -> None:
    """Read the proxy's answer, byte by byte so that nothing behind it is lost; raise UpstreamError when it is a no."""
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        more = link.recv(1)
        if not more or len(answer) > LONGEST_ANSWER:
            raise UpstreamError(f"{target}: the proxy did not answer")
        answer += more
    if answer.split(b" ", 2)[1:2] != [b"200"]:
        raise UpstreamError(f"{target}: the proxy refused the connection")


def pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes on both ways until both sides have ended, or nothing comes for long."""
    with selectors.DefaultSelector() as chosen:
        for mine, theirs in ((one, other), (other, one)):
            mine.settimeout(IDLE)
            chosen.register(mine, selectors.EVENT_READ, theirs)
        while chosen.get_map() and (ready := chosen.select(IDLE)):
            for key, _ in ready:
                assert isinstance(key.fileobj, socket.socket)
                block = key.fileobj.recv(CHUNK)
                if block:
                    key.data.sendall(block)
                else:
                    chosen.unregister(key.fileobj)
                    key.data.shutdown(socket.SHUT_WR)
