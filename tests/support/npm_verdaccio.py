"""A real private npm registry with users and tokens: verdaccio, as a process of its own on a free port."""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.clients import MACHINE
from tests.support.npm_clients import VERDACCIO, fetched, node
from tests.support.pypiservers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.npm_packages import Packed

# No uplinks: what is not here is nowhere. Whoever has no token sees nothing.
CONFIG = """\
storage: ./storage
auth:
  htpasswd: {file: ./htpasswd}
uplinks: {}
packages:
  '**': {access: $authenticated, publish: $authenticated}
middlewares: {}
web: {enable: false}
log: {type: stdout, format: json, level: warn}
"""


@dataclass(frozen=True)
class PrivateRegistry:
    port: int
    user: str
    password: str
    token: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/"

    @property
    def basic(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def say(port: int, method: str, path: str, content: object = None, token: str = "") -> tuple[int, Any]:
    """Send one request; give the status and what the answer's JSON holds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        connection.request(method, path, None if content is None else json.dumps(content), headers)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body.startswith(b"{") else None
    except OSError:
        return 0, None
    finally:
        connection.close()


def publish(port: int, packed: Packed, token: str) -> None:
    """Publish as npm does: the tarball inside the document."""
    address = f"http://127.0.0.1:{port}/{packed.name}/-/{packed.filename}"
    dist = {"integrity": packed.integrity, "shasum": packed.shasum, "tarball": address}
    tarball = {
        "content_type": "application/octet-stream",
        "data": base64.b64encode(packed.content).decode(),
        "length": len(packed.content),
    }
    document = {
        "_id": packed.name,
        "name": packed.name,
        "dist-tags": {"latest": packed.version},
        "versions": {packed.version: {**packed.manifest, "_id": packed.spec, "dist": dist}},
        "_attachments": {f"{packed.name}-{packed.version}.tgz": tarball},
    }
    status, answer = say(port, "PUT", "/" + packed.name.replace("/", "%2f"), document, token)
    assert status == http.client.CREATED, answer


@contextmanager
def verdaccio(*packages: Packed, user: str = "ada", password: str = "s3cret-lovelace") -> Iterator[PrivateRegistry]:
    """Serve these packages from verdaccio, to its one user only; it lives outside of any test's ground."""
    with tempfile.TemporaryDirectory(prefix="verdaccio-") as folder:
        yield from _serve(Path(folder), packages, user, password)


def _serve(folder: Path, packages: Iterable[Packed], user: str, password: str) -> Iterator[PrivateRegistry]:
    (folder / "config.yaml").write_text(CONFIG, "utf-8")
    port = free_port()
    program = fetched(VERDACCIO) / "verdaccio" / "bin" / "verdaccio"
    words = [node(), str(program), "--listen", f"127.0.0.1:{port}", "--config", str(folder / "config.yaml")]
    clean = {"PATH": MACHINE["PATH"], "HOME": str(folder), "NODE_ENV": "production"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=clean)
        try:
            until = time.monotonic() + 30
            while say(port, "GET", "/-/ping")[0] != http.client.OK:
                assert process.poll() is None, (folder / "log").read_text("utf-8")
                assert time.monotonic() < until, "verdaccio did not start"
                time.sleep(0.05)
            person = {"name": user, "password": password}
            status, answer = say(port, "PUT", f"/-/user/org.couchdb.user:{user}", person)
            assert status == http.client.CREATED, answer
            for packed in packages:
                publish(port, packed, answer["token"])
            yield PrivateRegistry(port, user, password, answer["token"])
        finally:
            process.terminate()
            process.wait(20)
