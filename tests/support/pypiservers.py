"""A real private index with a password: pypiserver, as a process of its own on a free port."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.packages import Built


@dataclass(frozen=True)
class PrivateIndex:
    port: int
    user: str
    password: str
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/simple/"

    @property
    def url_with_password(self) -> str:
        return f"http://{self.user}:{self.password}@{self.host}/simple/"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def pypiserver(
    folder: Path, *packages: Built, user: str = "ada", password: str = "s3cret-lovelace"
) -> Iterator[PrivateIndex]:
    """Serve these packages from pypiserver, behind a password for listing and downloading too."""
    files = folder / "packages"
    files.mkdir(parents=True)
    for built in packages:
        built.write(files)
    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
    (folder / "htpasswd").write_text(f"{user}:{{SHA}}{digest}\n", "utf-8")
    index = PrivateIndex(free_port(), user, password, folder / "log")
    words = [
        "-p",
        str(index.port),
        "-i",
        "127.0.0.1",
        "-a",
        "list,download,update",
        "-P",
        str(folder / "htpasswd"),
        "--disable-fallback",
        "--log-stream",
        "stdout",
    ]
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    with index.log.open("wb") as log:
        command = [sys.executable, "-m", "pypiserver", "run", *words, str(files)]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=clean)
        try:
            until = time.monotonic() + 20
            while not answers(index.port):
                assert process.poll() is None, index.log.read_text("utf-8")
                assert time.monotonic() < until, "pypiserver did not start"
                time.sleep(0.05)
            yield index
        finally:
            process.terminate()
            process.wait(20)
