"""A small index on loopback, in a process of its own: a Simple index and an npm registry that hold a few packages."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from gatekeeper.doctor.packages import VERSION
from gatekeeper.gate.door import HOST
from gatekeeper.gate.reader import START

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.doctor.packages import Package

Pages = dict[str, tuple[str, bytes]]  # a path -> its type and what lies there

LONG_AGO = "2020-01-01T00:00:00.000000Z"  # so that nothing has to wait for its age
SIMPLE = "application/vnd.pypi.simple.v1+json"
JSON = "application/json"
BYTES = "application/octet-stream"


@contextmanager
def serving(packages: Sequence[Package]) -> Iterator[str]:
    """Serve packages until the block ends; yield the address, without a slash at its end."""
    sock = socket.create_server((HOST, 0))
    address = f"http://{HOST}:{sock.getsockname()[1]}"
    context: Any = multiprocessing.get_context(START)  # typeshed's common base lacks Process
    process = context.Process(target=serve, args=(sock, pages_of(packages, address), os.getpid()), daemon=True)
    process.start()
    sock.close()
    try:
        yield address
    finally:
        process.kill()
        process.join()
        process.close()


def pages_of(packages: Sequence[Package], address: str) -> Pages:
    """Return all that the index knows."""
    pages: Pages = {}
    for one in packages:
        file = f"/files/{one.sha256}/{one.filename}"
        pages[file] = (BYTES, one.content)
        if one.ecosystem == "npm":
            pages[f"/npm/{one.name}"] = (JSON, encoded(packument(one, address + file)))
        else:
            pages[f"/simple/{one.name}/"] = (SIMPLE, encoded(project(one, address + file)))
    return pages


def project(one: Package, address: str) -> dict[str, Any]:
    """Return a project's page (https://packaging.python.org/en/latest/specifications/simple-repository-api/)."""
    file = {
        "filename": one.filename,
        "url": address,
        "size": len(one.content),
        "hashes": {"sha256": one.sha256},
        "upload-time": LONG_AGO,
    }
    return {"meta": {"api-version": "1.1"}, "name": one.name, "versions": [VERSION], "files": [file]}


def packument(one: Package, address: str) -> dict[str, Any]:
    """Return what a registry tells about an npm package."""
    manifest: dict[str, Any] = json.loads(one.inside["package.json"])
    hooks = {"hasInstallScript": True} if manifest.get("scripts") else {}
    row = {**manifest, **hooks, "dist": {"tarball": address, "integrity": one.integrity}}
    times = dict.fromkeys(("created", "modified", VERSION), LONG_AGO)
    return {"name": one.name, "dist-tags": {"latest": VERSION}, "versions": {VERSION: row}, "time": times}


def encoded(page: Mapping[str, Any]) -> bytes:
    """Write a page as JSON."""
    return json.dumps(page).encode()


def serve(sock: socket.socket, pages: Pages, parent: int) -> None:
    """Answer until this process is ended, or has lost the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the doctor's to handle
    server = _Server((HOST, 0), _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket, server.pages = sock, pages
    server.timeout = 1.0
    while os.getppid() == parent:
        server.handle_request()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: Pages

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing about a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer with the page, or 404."""
        kind, body = self.server.pages.get(self.path.partition("?")[0], (JSON, b""))
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""
