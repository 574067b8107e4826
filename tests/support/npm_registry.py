"""An npm registry on loopback that remembers what it was asked and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tests.support.index import Answer, Asked, Fault, Handler, Server
from tests.support.npm_packages import SHORT, Packed, has_install_script

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/json"
ABBREVIATED = "application/vnd.npm.install-v1+json"
YEARS_AGO = "2020-01-01T00:00:00.000Z"
QUESTIONS = "/-/npm/v1/security/"


@dataclass
class Published:
    packed: Packed
    time: str = YEARS_AGO
    url: str | None = None  # when the tarball lies on another host
    integrity: str | None = None  # what the registry claims, when that is not the truth


@dataclass
class Registry:
    """Packages below `path`; `asked` is the log, `faults` maps a path's end to a fault."""

    path: str = "/"
    token: str | None = None
    user: str | None = None
    password: str | None = None
    published: dict[tuple[str, str], Published] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    extra: dict[str, Answer] = field(default_factory=dict)  # any other path -> what it answers
    bodies: list[bytes] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def add(self, *packages: Packed, tag: str = "latest", **published: Any) -> None:
        """Publish packages, in this order; the last one gets the tag."""
        for packed in packages:
            self.published[packed.name, packed.version] = Published(packed, **published)
            self.tags.setdefault(packed.name, {"latest": packed.version})[tag] = packed.version

    def clear(self) -> None:
        for memory in (self.published, self.tags, self.faults, self.extra):
            memory.clear()

    def fault(self, path_end: str, fault: Fault) -> None:
        """Misbehave for every path that ends so: `/name` for a packument, `name-1.0.0.tgz` for a tarball, "" for all."""
        self.faults[path_end] = fault

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"

    def tarball_url(self, packed: Packed) -> str:
        return f"{self.url}{packed.name}/-/{packed.filename}"

    def paths(self) -> list[str]:
        return [unquote(urlsplit(asked.path).path) for asked in self.asked]

    @property
    def authorizations(self) -> set[str]:
        """Every Authorization header that anybody sent."""
        return {asked.authorization for asked in self.asked if asked.authorization}

    # --- answering --------------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        path = unquote(urlsplit(asked.path).path)
        if not self.knows(asked):
            return Answer(401, b'{"error": "who are you?"}', {"WWW-Authenticate": "Bearer", "Content-Type": JSON})
        answer = self.honest_answer(path.removeprefix(self.path), asked)
        for end, fault in self.faults.items():
            if path.endswith(end):
                return fault(answer)
        etag = answer.headers.get("ETag")
        if etag and asked.headers.get("if-none-match") == etag:
            return Answer(304, b"", {"ETag": etag})
        return answer

    def knows(self, asked: Asked) -> bool:
        if self.token is not None:
            return asked.authorization == f"Bearer {self.token}"
        if self.user is not None:
            return asked.authorization == "Basic " + self.basic
        return True

    @property
    def basic(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def honest_answer(self, path: str, asked: Asked) -> Answer:
        if path in self.extra:
            return self.extra[path]
        if f"/{path}".startswith(QUESTIONS):
            return said({})  # no advisory for anything
        if path.startswith("-/"):
            return said({"username": "ada"} if path == "-/whoami" else {})
        if match := re.fullmatch(r"(.+?)/-/([^/]+)", path):
            return self.file(match[1], match[2])
        if match := re.fullmatch(r"((?:@[^/]+/)?[^/@]+)/([^/]+)", path):
            return self.version(match[1], match[2])
        short = ABBREVIATED in asked.headers.get("accept", "")
        return self.packument(path, ABBREVIATED if short else JSON)

    def file(self, name: str, filename: str) -> Answer:
        for (owner, _), one in self.published.items():
            if owner == name and one.packed.filename == filename:
                return Answer(200, one.packed.content, {"Content-Type": "application/octet-stream"})
        return Answer(404, b'{"error": "no such file"}', {"Content-Type": JSON})

    def version(self, name: str, wanted: str) -> Answer:
        one = self.published.get((name, self.tags.get(name, {}).get(wanted, wanted)))
        return said(self.row(one)) if one else Answer(404, b'{"error": "no such version"}', {"Content-Type": JSON})

    def row(self, one: Published) -> dict[str, Any]:
        packed = one.packed
        dist = {
            "shasum": packed.shasum,
            "integrity": one.integrity or packed.integrity,
            "tarball": one.url or self.tarball_url(packed),
        }
        scripts = {"hasInstallScript": True} if has_install_script(packed.manifest) else {}
        return {**packed.manifest, **scripts, "_id": packed.spec, "dist": dist}

    def packument(self, name: str, kind: str) -> Answer:
        found = {version: one for (owner, version), one in self.published.items() if owner == name}
        if not found:
            return Answer(404, b'{"error": "Not found"}', {"Content-Type": JSON})
        rows = {version: self.row(one) for version, one in found.items()}
        if kind == ABBREVIATED:
            rows = {version: {key: row[key] for key in (*SHORT, "dist") if key in row} for version, row in rows.items()}
        times = {version: one.time for version, one in found.items()}
        modified = max(times.values())
        page = {"name": name, "dist-tags": self.tags[name], "versions": rows, "modified": modified}
        if kind == JSON:
            page |= {"_id": name, "time": {"created": YEARS_AGO, "modified": modified, **times}, "readme": ""}
        return said(page, kind)


def said(content: object, kind: str = JSON) -> Answer:
    body = json.dumps(content).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Answer(200, body, {"Content-Type": kind, "ETag": etag, "Vary": "Accept"})


class RegistryHandler(Handler):
    """Reads what is sent, so that the connection can go on; `npm audit` and `npm publish` send."""

    def do_POST(self) -> None:  # noqa: N802 - the name http.server looks for
        self.index.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))  # type: ignore[attr-defined]
        self.do_GET()

    do_PUT = do_POST  # noqa: N815 - likewise


class RegistryServer(Server):
    def __init__(self, registry: Registry) -> None:
        self.connections = set()
        ThreadingHTTPServer.__init__(self, ("127.0.0.1", 0), partial(RegistryHandler, registry))


@contextmanager
def running(registry: Registry) -> Iterator[Registry]:
    """Serve a registry until the block ends; nothing is left after it."""
    server = RegistryServer(registry)
    registry.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield registry
    finally:
        registry.closing.set()
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()
