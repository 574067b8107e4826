"""The plumbing of the loopback registry: sockets, routes, status codes. What is served is the dialect's business."""

from __future__ import annotations

import contextlib
import hmac
import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gatekeeper.errors import GatekeeperError, NotFoundUpstreamError
from gatekeeper.gate.door import HOST
from gatekeeper.gate.refusal import RefusedError
from gatekeeper.model import Ruling

if TYPE_CHECKING:
    import socket

    from typing_extensions import Self

    from gatekeeper.gate.control import Control
    from gatekeeper.gate.door import Door
    from gatekeeper.gate.pypi import PypiDialect
    from gatekeeper.model import Verdict

MAX_BODY = 64 << 20
UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


def one_line(text: str) -> str:
    """Make any text safe for a status line: printable ASCII, one line, 300 characters at the most."""
    return UNPRINTABLE.sub("?", " ".join(text.split()))[:300]


def reason_of(verdict: Verdict) -> str:
    """Say in one line why a file is not served."""
    worst = max(verdict.findings, key=lambda each: (each.severity, each.confidence), default=None)
    why = verdict.error or (worst.message if worst else "no reason given")
    word = {Ruling.ASK: "needs a decision", Ruling.ERROR: "could not be judged"}.get(verdict.ruling, "is blocked")
    return one_line(f"gatekeeper: {verdict.release} {word}: {why}")


class Gate:
    """The registry that the client talks to. A context manager: on leaving, ports and threads are gone."""

    def __init__(self, door: Door, control: Control) -> None:
        """Serve at a door; the dialect comes later, when the client has said what it wants."""
        self.secret, self.port, self.address = door.secret, door.port, door.address
        self.control = control
        self.dialect: PypiDialect | None = None
        self.foreign: list[str] = []  # hosts that the client's process tried to reach through the proxy
        self.bugs: list[BaseException] = []
        self._servers: list[ThreadingHTTPServer] = []
        self.adopt(door.sock)

    def adopt(self, sock: socket.socket) -> None:
        """Serve on one more listening socket (one that was made inside a network namespace)."""
        server = _Server((HOST, 0), _Handler, bind_and_activate=False)
        server.socket.close()
        server.socket = sock
        server.server_address = (HOST, self.port)
        server.gate = self
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def move_inside(self, sock: socket.socket | None) -> None:
        """Serve on a socket inside the client's own network, and nowhere else any more; None changes nothing."""
        if sock is not None:
            self.adopt(sock)
            self._stop(self._servers.pop(0))

    def close(self) -> None:
        """Close every socket."""
        while self._servers:
            self._stop(self._servers.pop())

    @staticmethod
    def _stop(server: ThreadingHTTPServer) -> None:
        server.shutdown()
        server.server_close()

    def __enter__(self) -> Self:
        """Return the gate, open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the gate."""
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    gate: Gate

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as socketserver calls it
        """Keep quiet about a client that went away; anything else is a bug and is kept for the report."""
        import sys

        problem = sys.exc_info()[1]
        if problem is not None and not isinstance(problem, ConnectionError | TimeoutError):
            self.gate.bugs.append(problem)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    server_version = "gatekeeper"
    sys_version = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Stay silent: the report says what happened."""

    def _route(self) -> list[str] | None:
        """Return the decoded path below the secret, or None after refusing."""
        if self.path.startswith("/"):
            first, _, rest = self.path[1:].partition("/")
            if hmac.compare_digest(first.encode(), self.server.gate.secret.encode()):
                return [unquote(part) for part in rest.partition("?")[0].split("/")]
            self._refuse(403, "gatekeeper: not for you")
            return None
        self._foreign(self.path.partition("://")[2].partition("/")[0] or self.path)
        return None

    def _foreign(self, host: str) -> None:
        shown = one_line(host.rpartition("@")[2])
        self.server.gate.foreign.append(shown)
        self._refuse(403, f"gatekeeper: {shown} is not reachable from an installation")

    def do_CONNECT(self) -> None:
        """Refuse to be a way out."""
        self.close_connection = True
        self._foreign(self.path)

    def do_HEAD(self) -> None:
        """Answer as GET would, without the body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Serve pages, metadata and judged files."""
        route = self._route()
        dialect = self.server.gate.dialect
        if route is None:
            return
        if dialect is None:
            self._refuse(403, "gatekeeper: not open yet")
            return
        try:
            self._answer(route, dialect)
        except RefusedError as refused:
            self._refuse(403, reason_of(refused.verdict))
        except NotFoundUpstreamError as problem:
            self._refuse(404, one_line(problem.message))
        except GatekeeperError as problem:
            self._refuse(403, one_line(f"gatekeeper: {problem.message}"))

    def _answer(self, route: list[str], dialect: PypiDialect) -> None:
        match route:
            case ["simple", name, *rest] if name and rest in ([], [""]):
                kind, body = dialect.page(name, self.headers.get("Accept", ""))
                self._send(200, kind, body)
            case ["files" | "direct", key, filename] if dialect.case_by(key) is not None:
                if filename.endswith(".metadata"):
                    self._send(200, "binary/octet-stream", dialect.metadata(key))
                else:
                    self._file(dialect, key)
            case _:
                self._refuse(403, "gatekeeper: nothing is served there")

    def _file(self, dialect: PypiDialect, key: str) -> None:
        case = dialect.cases.by_key[key]
        verdict = dialect.cases.decide(case)
        if verdict.ruling is not Ruling.ALLOW:
            self._refuse(403, reason_of(verdict))
            return
        with dialect.cases.bytes_of(case).open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            if self.command != "HEAD":
                shutil.copyfileobj(stream, self.wfile, 1 << 18)

    def do_POST(self) -> None:
        """Serve the control calls of the client's process."""
        route = self._route()
        if route is None:
            return
        answer: dict[str, Any] | None = None
        with contextlib.suppress(ValueError):  # whatever a build sends us is no fault of ours
            length = int(self.headers.get("Content-Length") or 0)
            if len(route) == 2 and route[0] == "control" and 0 < length <= MAX_BODY:  # noqa: PLR2004 - /control/VERB
                body = json.loads(self.rfile.read(length))
                answer = self.server.gate.control.handle(route[1], body) if isinstance(body, dict) else None
        if answer is None:
            self._refuse(403, "gatekeeper: refused")
        else:
            self._send(200, "application/json", json.dumps(answer).encode())

    def _refuse(self, status: int, reason: str) -> None:
        body = json.dumps({"error": reason}).encode()
        self.send_response(status, reason)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
