"""A Simple index on loopback that remembers what it was asked and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from tests.support.packages import Built

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
YEARS_AGO = "2020-01-01T00:00:00.000000Z"


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None  # what Content-Length claims, when that is not the truth
    wait: float = 0.0


Fault = Callable[[Answer], Answer]


def fails(status: int = 500) -> Fault:
    """A fault: answer with a status and no use."""
    return lambda _: Answer(status, b"not today", {"Content-Type": "text/plain"})


def slow(seconds: float) -> Fault:
    """A fault: the right answer, too late."""
    return lambda answer: Answer(answer.status, answer.body, answer.headers, wait=seconds)


def truncated(answer: Answer) -> Answer:
    """A fault: the connection ends in the middle of the body."""
    return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.headers, length=len(answer.body))


def altered(answer: Answer) -> Answer:
    """A fault: the bytes are not those whose digest the page names."""
    return Answer(answer.status, answer.body + b"\0", answer.headers)


def html_page(_: Answer) -> Answer:
    """A fault: a portal's page instead of what was asked for, and it says that all is well."""
    return Answer(
        200, b"<!doctype html><title>Sign in</title><form action=/login></form>", {"Content-Type": "text/html"}
    )


def broken_json(_: Answer) -> Answer:
    """A fault: the index says JSON and sends something else."""
    return Answer(200, b"<html>oops", {"Content-Type": JSON})


def redirects(to: str) -> Fault:
    """A fault: look elsewhere."""
    return lambda _: Answer(302, b"", {"Location": to})


@dataclass(frozen=True)
class Style:
    """How an index answers: which language it speaks and what it leaves out."""

    json: bool = True
    metadata: bool = True  # PEP 658 files and their digests on the page
    hashes: bool = True
    times: bool = True


@dataclass
class Served:
    built: Built
    yanked: str | None = None
    uploaded: str = YEARS_AGO
    url: str | None = None  # when the file lies on another host


class Index:
    """Projects and files under /simple/ and /files/; `asked` is the log, `faults` maps a path's end to a fault."""

    def __init__(self, style: Style | None = None, *, user: str | None = None, password: str | None = None) -> None:
        self.style = style or Style()
        self.user, self.password = user, password
        self.files: dict[str, Served] = {}
        self.extra: dict[str, Answer] = {}  # any other path -> what it answers
        self.faults: dict[str, Fault] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self.port = 0

    def add(
        self, *packages: Built, yanked: str | None = None, uploaded: str = YEARS_AGO, url: str | None = None
    ) -> None:
        for built in packages:
            self.files[built.filename] = Served(built, yanked, uploaded, url)

    def fault(self, path_end: str, fault: Fault) -> None:
        """Misbehave for every path that ends so: a file name, `name/` for a project page, "" for all."""
        self.faults[path_end] = fault

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.base}/simple/"

    @property
    def url_with_password(self) -> str:
        return self.url.replace("http://", f"http://{self.user}:{self.password}@")

    def file_url(self, built: Built) -> str:
        return f"{self.base}/files/{built.filename}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    # --- answering --------------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        path = unquote(urlsplit(asked.path).path)
        if self.user is not None and asked.authorization != self.expected_authorization():
            return Answer(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="index"'})
        answer = self.honest_answer(path, asked.headers.get("accept", ""))
        for end, fault in self.faults.items():
            if path.endswith(end):
                return fault(answer)
        return answer

    def expected_authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def honest_answer(self, path: str, accept: str) -> Answer:
        if path in self.extra:
            return self.extra[path]
        if path.startswith("/files/"):
            return self.file(path.removeprefix("/files/"))
        if match := re.fullmatch(r"/simple/([^/]+)/", path):
            return self.project(normalised(match[1]), accept)
        if path == "/simple/":
            names = sorted({normalised(served.built.name) for served in self.files.values()})
            return self.page({"meta": {"api-version": "1.1"}, "projects": [{"name": name} for name in names]}, accept)
        return Answer(404, b"no such page")

    def file(self, filename: str) -> Answer:
        served = self.files.get(filename.removesuffix(".metadata"))
        if served is None:
            return Answer(404, b"no such file")
        if not filename.endswith(".metadata"):
            return Answer(200, served.built.content, {"Content-Type": "application/octet-stream"})
        if self.has_metadata(served):
            return Answer(200, served.built.metadata, {"Content-Type": "application/octet-stream"})
        return Answer(404, b"no metadata")

    def has_metadata(self, served: Served) -> bool:
        return self.style.metadata and served.built.filename.endswith(".whl")

    def project(self, name: str, accept: str) -> Answer:
        files = [self.row(served) for served in self.files.values() if normalised(served.built.name) == name]
        if not files:
            return Answer(404, b"no such project")
        return self.page({"meta": {"api-version": "1.1"}, "name": name, "versions": [], "files": files}, accept)

    def row(self, served: Served) -> dict[str, object]:
        built = served.built
        row: dict[str, object] = {
            "filename": built.filename,
            "url": served.url or self.file_url(built),
            "size": len(built.content),
        }
        row["hashes"] = {"sha256": built.sha256} if self.style.hashes else {}
        if self.style.times:
            row["upload-time"] = served.uploaded
        if built.requires_python:
            row["requires-python"] = built.requires_python
        if served.yanked is not None:
            row["yanked"] = served.yanked
        if self.has_metadata(served):
            row["core-metadata"] = {"sha256": hashlib.sha256(built.metadata).hexdigest()} if self.style.hashes else True
        return row

    def page(self, content: dict[str, object], accept: str) -> Answer:
        if self.style.json and JSON in accept:
            return Answer(200, json.dumps(content).encode(), {"Content-Type": JSON})
        links = "".join(self.anchor(row) for row in content.get("files", ()))  # type: ignore[attr-defined]
        links += "".join(f'<a href="{row["name"]}/">{row["name"]}</a>\n' for row in content.get("projects", ()))  # type: ignore[attr-defined]
        body = f'<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>{links}</body></html>'
        return Answer(200, body.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def anchor(self, row: dict) -> str:
        fragment = "".join(f"#{kind}={digest}" for kind, digest in row["hashes"].items())
        words = [f'href="{html.escape(row["url"] + fragment)}"']
        if "requires-python" in row:
            words.append(f'data-requires-python="{html.escape(row["requires-python"])}"')
        if "yanked" in row:
            words.append(f'data-yanked="{html.escape(row["yanked"])}"')
        if "core-metadata" in row:
            digest = row["core-metadata"]
            value = "true" if digest is True else f"sha256={digest['sha256']}"
            words.append(f'data-core-metadata="{value}" data-dist-info-metadata="{value}"')
        return f"<a {' '.join(words)}>{row['filename']}</a><br>\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, index: Index, *rest: object) -> None:
        self.index = index
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        self.index.asked.append(asked)
        answer = self.index.answer(asked)
        if answer.wait:
            self.index.closing.wait(answer.wait)
        try:
            self.send(answer)
        except OSError:
            self.close_connection = True  # the client had enough: that is its right

    do_HEAD = do_POST = do_CONNECT = do_GET  # noqa: N815 - the names http.server looks for

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        if answer.length is not None:
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for its threads, so that a test leaves none behind
    block_on_close = True

    def __init__(self, index: Index) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), partial(Handler, index))

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that their threads end."""
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        pass  # a client that was killed in the middle of a request


@contextmanager
def running(index: Index) -> Iterator[Index]:
    """Serve an index until the block ends; nothing is left after it."""
    server = Server(index)
    index.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield index
    finally:
        index.closing.set()
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


@contextmanager
def serving(
    *packages: Built, style: Style | None = None, user: str | None = None, password: str | None = None
) -> Iterator[Index]:
    """Serve these packages until the block ends."""
    index = Index(style, user=user, password=password)
    index.add(*packages)
    with running(index):
        yield index
