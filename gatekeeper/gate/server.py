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
from gatekeeper.gate.dialect import Asked, Page
from gatekeeper.gate.door import HOST
from gatekeeper.gate.refusal import RefusedError
from gatekeeper.gate.tunnel import connect, may_pass, pass_on
from gatekeeper.model import Ruling

if TYPE_CHECKING:
    import socket

    from typing_extensions import Self

    from gatekeeper.gate.cases import Case
    from gatekeeper.gate.control import Control
    from gatekeeper.gate.dialect import Dialect
    from gatekeeper.gate.door import Door
    from gatekeeper.gate.holding import Hold
    from gatekeeper.model import Verdict

MAX_BODY = 64 << 20
# What no status line may hold, and what a CI runner would take for a command when the client prints it.
UNPRINTABLE = re.compile(r"[^\x20-\x7e]+|#(?=#\w*\[)|^:(?=:)")


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
        self.secret, self.token, self.port, self.address = door.secret, door.token, door.port, door.address
        self.control = control
        self.dialect: Dialect | None = None
        self.foreign: list[str] = []  # hosts that the client's process tried to reach through the proxy
        self.hold: Hold | None = None
        self.opened: frozenset[str] = frozenset()  # hosts that a waiver opens for the hook that runs just now
        self.proxy: str | None = None  # the person's own way out, for these
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
        if self.hold is not None:
            self.hold.close()
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
        """Return the decoded path behind our secret, or None after refusing.

        pip has the secret in front of every path; npm, which keeps only the path of a tarball's address, sends it as
        the registry's token.
        """
        if not self.path.startswith("/"):
            self._foreign(self.path.partition("://")[2].partition("/")[0] or self.path)
            return None
        gate = self.server.gate
        first, _, rest = self.path[1:].partition("/")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if hmac.compare_digest(first.encode(), gate.secret.encode()):
            return [unquote(part) for part in rest.partition("?")[0].split("/")]
        route = [unquote(part) for part in self.path[1:].partition("?")[0].split("/")]
        # Whatever runs inside can read the token: it opens packages, not the talk between us and the bootstrap.
        if hmac.compare_digest(token, gate.token.encode()) and route[0] != "control":
            return route
        self._refuse(403, "gatekeeper: not for you")
        return None

    def _foreign(self, host: str) -> None:
        shown = one_line(host.rpartition("@")[2])
        self.server.gate.foreign.append(shown)
        self._refuse(403, f"gatekeeper: {shown} is not reachable from an installation")

    def do_CONNECT(self) -> None:
        """Refuse to be a way out, but to the hosts that a waiver opens at this moment."""
        self.close_connection = True
        gate = self.server.gate
        if not may_pass(self.path, gate.opened):
            self._foreign(self.path)
            return
        try:
            beyond = connect(self.path, gate.proxy)
        except GatekeeperError as problem:
            self._refuse(403, one_line(f"gatekeeper: {problem.message}"))
            return
        with beyond:
            self.send_response(200, "connected")
            self.end_headers()
            with contextlib.suppress(OSError):
                pass_on(self.connection, beyond)

    def do_HEAD(self) -> None:
        """Answer as GET would, without the body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Serve pages, metadata and judged files."""
        route = self._route()
        if route is not None:
            self._serve(Asked("GET", route, self._named()))

    def do_POST(self) -> None:
        """Serve the control calls of the client's process, and what a registry is told."""
        route = self._route()
        if route is None:
            return
        body = self._body()
        if body is None:
            self._refuse(403, "gatekeeper: refused")
        elif route[0] != "control":
            self._serve(Asked("POST", route, self._named(), body))
        else:
            self._control(route, body)

    def _named(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _body(self) -> bytes | None:
        """Read what was posted; None when it is no body that we take."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isascii() or not length.isdigit() or not 0 < int(length) <= MAX_BODY:
            return None
        return self.rfile.read(int(length))

    def _control(self, route: list[str], body: bytes) -> None:
        answer: dict[str, Any] | None = None
        with contextlib.suppress(ValueError, RecursionError):  # whatever a build sends us is no fault of ours
            said = json.loads(body)
            if len(route) == 2 and isinstance(said, dict):  # noqa: PLR2004 - /control/VERB
                answer = self.server.gate.control.handle(route[1], said)
        if answer is None:
            self._refuse(403, "gatekeeper: refused")
        else:
            self._send(Page("application/json", json.dumps(answer).encode()))

    def _serve(self, asked: Asked) -> None:
        dialect = self.server.gate.dialect
        if dialect is None:
            self._refuse(403, "gatekeeper: not open yet")
            return
        hold = self.server.gate.hold
        try:
            with hold.working() if hold else contextlib.nullcontext():
                answer = dialect.answer(asked)
            if answer is None:
                self._refuse(403, "gatekeeper: nothing is served there")
            elif isinstance(answer, Page):
                self._send(answer)
            else:
                self._file(dialect, answer)
        except RefusedError as refused:
            self._refuse(403, reason_of(refused.verdict))
        except NotFoundUpstreamError as problem:
            self._refuse(404, one_line(problem.message))
        except GatekeeperError as problem:
            self._refuse(403, one_line(f"gatekeeper: {problem.message}"))

    def _file(self, dialect: Dialect, case: Case) -> None:
        hold = self.server.gate.hold
        if hold is not None and not hold.passes(case):
            why = reason_of(hold.because) if hold.because else "gatekeeper: the run was stopped"
            self._refuse(403, why)
            return
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

    def _refuse(self, status: int, reason: str) -> None:
        body = json.dumps({"error": reason}).encode()
        self.send_response(status, reason)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send(self, page: Page) -> None:
        self.send_response(page.status)
        for name, value in {"Content-Type": page.kind, **page.headers, "Content-Length": str(len(page.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)
