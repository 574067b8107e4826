"""What the tests of this room share: an upstream, a transport that gives up soon, a certificate."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from gatekeeper.registries import http
from gatekeeper.registries.http import NetworkSettings, Transport
from tests.registries.upstreams import Upstream, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LEAKY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC")


@pytest.fixture(autouse=True)
def _nothing_of_the_person(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _LEAKY:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setattr(http, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with serving(Upstream()) as one:
        yield one


@pytest.fixture
def make_transport() -> Iterator[Callable[..., Transport]]:
    made: list[Transport] = []

    def make(**settings: object) -> Transport:
        chosen: dict[str, object] = {"timeout": 5.0, "retries": 1, "keyring": "disabled", **settings}
        made.append(Transport(NetworkSettings(**chosen)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def transport(make_transport: Callable[..., Transport]) -> Transport:
    return make_transport()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A CA bundle, and a PEM file with key and certificate for 127.0.0.1."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl command")
    folder = tmp_path_factory.mktemp("tls")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    environment = {**os.environ, "OPENSSL_CONF": os.devnull}
    (folder / "ca.cnf").write_text("[req]\ndistinguished_name=n\n[n]\n[ca]\nbasicConstraints=critical,CA:TRUE\n")
    (folder / "leaf.cnf").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    commands = (
        ["req", "-x509", "-config", "ca.cnf", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test", *key],
        ["req", "-new", "-config", "ca.cnf", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=leaf", *key],
        ["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "leaf.cnf", "-out", "leaf.crt"],
    )  # fmt: skip
    for command in commands:
        subprocess.run([openssl, *command], cwd=folder, env=environment, check=True, capture_output=True)
    (folder / "leaf.pem").write_text((folder / "leaf.key").read_text() + (folder / "leaf.crt").read_text())
    return folder / "ca.pem", folder / "leaf.pem"
