"""The gate's plumbing over a real socket: who is let in, what is refused, and how a reason is worded."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.gate.control import Control
from gatekeeper.gate.dialect import Asked, Page
from gatekeeper.gate.door import door
from gatekeeper.gate.server import Gate, one_line, reason_of
from gatekeeper.model import Confidence, Finding, Release, Ruling, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator


class Dialect:
    """Answers pages only."""

    def answer(self, asked: Asked) -> Page | None:
        match asked.route:
            case ["simple", name, ""] if name:
                return self.page(name, asked.headers.get("accept", ""))
        return None

    def page(self, name: str, accept: str) -> Page:
        if name == "missing":
            raise NotFoundUpstreamError("no such project")
        if name == "broken":
            raise UpstreamError("the index said 500\r\nX-Evil: 1")
        return Page("text/html", f"{name} {accept}".encode())


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate(door(), Control({"words": ["install"]})) as opened:
        yield opened


def ask(
    gate: Gate, method: str, path: str, body: str | None = None, headers: dict | None = None
) -> tuple[int, str, bytes, dict]:
    link = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=10)
    try:
        link.request(method, path, body, headers or {})
        answer = link.getresponse()
        return answer.status, answer.reason, answer.read(), dict(answer.getheaders())
    finally:
        link.close()


def test_without_the_secret_nothing_is_served(gate: Gate) -> None:
    gate.dialect = Dialect()  # type: ignore[assignment]
    assert ask(gate, "GET", "/simple/requests/")[0] == 403
    assert ask(gate, "GET", f"/{'0' * 32}/simple/requests/")[0] == 403
    assert ask(gate, "GET", f"/{gate.secret}/simple/requests/")[0] == 200


def test_before_the_question_is_answered_nothing_is_served(gate: Gate) -> None:
    assert ask(gate, "GET", f"/{gate.secret}/simple/requests/")[0] == 403


def test_a_missing_project_is_404_and_a_broken_index_403_never_a_retryable_5xx(gate: Gate) -> None:
    gate.dialect = Dialect()  # type: ignore[assignment]
    assert ask(gate, "GET", f"/{gate.secret}/simple/missing/")[0] == 404
    status, reason, body, headers = ask(gate, "GET", f"/{gate.secret}/simple/broken/")
    assert (status, reason) == (403, "gatekeeper: the index said 500 X-Evil: 1")
    assert "X-Evil" not in headers
    assert json.loads(body)["error"] == reason


@pytest.mark.parametrize("path", ["http://192.0.2.1/x", "https://other.example/y", "http://user:pw@other.example/z"])
def test_it_is_no_proxy_for_foreign_hosts(gate: Gate, path: str) -> None:
    status, reason, _, _ = ask(gate, "GET", path)
    assert status == 403
    assert "pw" not in reason
    assert gate.foreign
    assert "pw" not in gate.foreign[0]


def test_connect_is_refused_and_remembered(gate: Gate) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as link:
        link.sendall(b"CONNECT other.example:443 HTTP/1.1\r\n\r\n")
        assert link.recv(1000).startswith(b"HTTP/1.1 403")
    assert gate.foreign == ["other.example:443"]


@pytest.mark.parametrize(
    "path", ["", "simple", "files/nokey/x.whl", "control/hello", "../../etc/passwd", "%2e%2e/x", "simple//"]
)
def test_other_paths_are_refused(gate: Gate, path: str) -> None:
    gate.dialect = Dialect()  # type: ignore[assignment]
    assert ask(gate, "GET", f"/{gate.secret}/{path}")[0] == 403


def test_hello_is_said_once_and_the_question_asked_once(gate: Gate) -> None:
    control = f"/{gate.secret}/control"
    assert ask(gate, "POST", f"{control}/asked", "{}")[0] == 403  # no hello yet
    assert json.loads(ask(gate, "POST", f"{control}/hello", "{}")[2]) == {"words": ["install"]}
    assert ask(gate, "POST", f"{control}/hello", "{}")[0] == 403
    threading.Timer(0.05, gate.control.answer, [{"run": "nothing"}]).start()
    assert json.loads(ask(gate, "POST", f"{control}/asked", '{"verb": "install"}')[2]) == {"run": "nothing"}
    assert ask(gate, "POST", f"{control}/asked", "{}")[0] == 403


def test_after_closing_nothing_listens() -> None:
    with Gate(door(), Control({})) as gate:
        port = gate.port
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), timeout=5):
        pass


@given(st.text(max_size=400))
def test_a_reason_is_one_short_printable_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 300
    assert line.isascii()
    assert all(character.isprintable() for character in line)


def test_a_reason_names_the_release_and_the_worst_finding() -> None:
    findings = (
        Finding("a", Severity.LOW, Confidence.HIGH, "small"),
        Finding("b", Severity.HIGH, Confidence.HIGH, "large\x1b[0m"),
    )
    reason = reason_of(Verdict(Release("pypi", "evil", "1.0"), Ruling.BLOCK, findings))
    assert reason == "gatekeeper: evil 1.0 is blocked: large?[0m"


@pytest.mark.parametrize("request_line", [b"GET http://[x/ HTTP/1.1", b"GET //[ HTTP/1.1", b"GET * HTTP/1.1"])
def test_nonsense_from_a_build_is_refused_and_no_fault_of_ours(gate: Gate, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as link:
        link.sendall(request_line + b"\r\nHost: x\r\n\r\n")
        assert b" 403 " in link.recv(1000)
    assert gate.bugs == []


def test_a_control_call_with_a_broken_body_is_refused(gate: Gate) -> None:
    for body in ("{", "[]", "3", ""):
        assert ask(gate, "POST", f"/{gate.secret}/control/hello", body)[0] == 403
    assert gate.bugs == []
