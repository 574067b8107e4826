"""Loopback upstreams for the tests of this room: an index that remembers what it was asked, and a proxy."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

JSON = "application/vnd.pypi.simple.v1+json"
SECRET = "hunter2-s3cret"


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # announced instead of the true one; -1 announces none
    before: Callable[[], object] | None = None


@dataclass
class Asked:
    path: str
    headers: Mapping[str, str]

    @property
    def login(self) -> str | None:
        said = self.headers.get("Authorization", "")
        return base64.b64decode(said[6:]).decode("latin-1") if said.startswith("Basic ") else None


class Upstream:
    """Answers each path with a list of answers, the last one again and again; without one, 404."""

    def __init__(self, *, login: str | None = None) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []
        self.login = login
        self.connections = 0
        self.scheme, self.port = "http", 0

    def serve(self, path: str, *answers: Answer | bytes | str, kind: str = "text/html") -> None:
        self.answers[path] = [
            one
            if isinstance(one, Answer)
            else Answer(one.encode() if isinstance(one, str) else one, headers={"Content-Type": kind})
            for one in answers
        ]

    def url(self, path: str = "", userinfo: str = "") -> str:
        return f"{self.scheme}://{f'{userinfo}@' if userinfo else ''}127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.login and asked.login != self.login:
            return Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        waiting = self.answers.get(asked.path)
        if not waiting:
            return Answer(b"none here", status=404)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 20

    def setup(self) -> None:
        super().setup()
        self.server.upstream.connections += 1  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        answer = self.server.upstream.answer(Asked(self.path, dict(self.headers.items())))  # type: ignore[attr-defined]
        if answer.before:
            answer.before()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length = len(answer.body) if answer.length is None else answer.length
        if length >= 0:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(answer.body)
        if length != len(answer.body):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def serving(upstream: Upstream, *, certificate: Path | None = None) -> Iterator[Upstream]:
    """Serve on loopback, with TLS when a PEM file with key and certificate is given."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.upstream = upstream  # type: ignore[attr-defined]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        upstream.scheme = "https"
    upstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Proxy(Upstream):
    """Remembers what it is asked to do, and answers plain requests itself."""


@contextmanager
def tunnelling(login: str | None = None) -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    """Run a CONNECT proxy; yield its port and the list of (target, Proxy-Authorization) that it fills."""
    seen: list[tuple[str, str | None]] = []

    class Handler(_Handler):
        def setup(self) -> None:
            BaseHTTPRequestHandler.setup(self)

        def do_CONNECT(self) -> None:
            said = self.headers.get("Proxy-Authorization")
            seen.append((self.path, said))
            if login and said != f"Basic {base64.b64encode(login.encode()).decode()}":
                self.send_response(407)
                self.send_header("Content-Length", "0")
                self.end_headers()
                self.close_connection = True
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=10) as there:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
                back.start()
                _pump(self.connection, there)
                back.join(10)
            self.close_connection = True

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pump(source: socket.socket, to: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            to.sendall(part)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def everything_said(error: BaseException) -> str:
    """All text that an exception could show, with those that it came from."""
    import traceback

    texts = [str(error), repr(error), *(repr(value) for value in vars(error).values())]
    return "\n".join([*texts, *traceback.format_exception(type(error), error, error.__traceback__)])
