"""OSV records as feeds publish them, and a loopback service that speaks OSV's API."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Said = dict[str, Any]
EVERY_VERSION = [{"type": "SEMVER", "events": [{"introduced": "0"}]}]


def record(name: str, *versions: str, ecosystem: str = "PyPI", identity: str = "MAL-2024-1", **more: object) -> Said:
    """A record about one package; without versions it means all of them."""
    affected: Said = {"package": {"ecosystem": ecosystem, "name": name}, "versions": list(versions)}
    if not versions:
        affected["ranges"] = EVERY_VERSION
    return {
        "schema_version": "1.7.0",
        "id": identity,
        "modified": "2024-06-25T13:47:07Z",
        "summary": f"Malicious code in {name} ({ecosystem})",
        "affected": [affected],
        "references": [{"type": "ADVISORY", "url": f"https://records.example/{identity}"}],
        **more,
    }


def all_zip(*records: Said) -> bytes:
    """Records as `<ecosystem>/all.zip` holds them."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in records:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    return held.getvalue()


@dataclass
class Osv:
    """A service: `records` by id; `asked` are the batches of queries that came, `pages` how many a result has."""

    records: dict[str, Said] = field(default_factory=dict)
    asked: list[list[Said]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    pages: int = 1
    garbage: bytes | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def names(self) -> set[str]:
        """The names that were asked about."""
        return {query["package"]["name"] for batch in self.asked for query in batch}

    def add(self, *records: Said) -> None:
        self.records.update({each["id"]: each for each in records})

    def batch(self, queries: list[Said]) -> Said:
        self.asked.append(queries)
        return {"results": [self.result(query) for query in queries]}

    def result(self, query: Said) -> Said:
        """Each page but the last one is empty and names the next."""
        page = int(query.get("page_token", "1"))
        if page < self.pages:
            return {"next_page_token": str(page + 1)}
        found = [
            {"id": identity, "modified": "2024-06-25T13:47:07Z"}
            for identity, each in self.records.items()
            for affected in each["affected"]
            if affected["package"] == query["package"]
            and query["version"] in (affected["versions"] or [query["version"]])
        ]
        return {"vulns": found} if found else {}

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.garbage is not None:
            return 200, self.garbage
        if path == "/v1/querybatch":
            return 200, json.dumps(self.batch(json.loads(body)["queries"])).encode()
        identity = path.removeprefix("/v1/vulns/")
        self.looked_up.append(identity)
        found = self.records.get(identity)
        return (200, json.dumps(found).encode()) if found else (404, b"{}")


@contextmanager
def osv_running(service: Osv) -> Iterator[Osv]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = service.answer(self.path, self.rfile.read(int(self.headers.get("content-length", 0))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
