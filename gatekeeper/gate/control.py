"""The private talk between the wrapper and the client's process: one question, one answer, then silence."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PATIENCE = 120.0  # seconds until a client that neither asks nor ends is given up


class Control:
    """Hand the person's words to the client's process, receive what it would use, send back what it may do."""

    def __init__(self, hello: dict[str, Any]) -> None:
        """Keep what the client's process is told first; it is told once."""
        self._hello: dict[str, Any] | None = hello
        self._question: queue.Queue[dict[str, Any]] = queue.Queue(1)
        self._answer: queue.Queue[dict[str, Any] | None] = queue.Queue(1)
        self._lock = threading.Lock()
        self._asked = False
        self.ungated: list[tuple[str, str]] = []  # who asked for what no gate can see
        self.canonical: Callable[[str], str | None] = lambda _url: None
        self.planned: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self.begin: Callable[[dict[str, Any]], None] = lambda _body: None
        self.refused: Callable[[], bool] = lambda: True
        self.opening: Callable[[str | None], None] | None = None

    def handle(self, verb: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Answer one control call; None refuses it."""
        if verb not in ("hello", "asked"):
            return self._while_it_runs(verb, body)
        with self._lock:
            if verb == "hello" and self._hello is not None:
                hello, self._hello = self._hello, None
                if body.get("problem"):
                    self._question.put(body)
                return hello
            if verb != "asked" or self._asked or self._hello is not None:
                return None
            self._asked = True
        self._question.put(body)
        return self._answer.get()

    def _while_it_runs(self, verb: str, body: dict[str, Any]) -> dict[str, Any] | None:
        if verb == "ungated":
            self.ungated.append((str(body.get("wanted_by")), str(body.get("url"))))
            return {}
        if verb == "planned" and self.planned is not None:
            return self.planned(body)
        if verb == "ended":
            return {"refused": self.refused()}
        if verb == "begin":
            return self.begin(body) or {}
        if verb == "open" and self.opening is not None:
            return self.opening(body.get("name")) or {}
        url = self.canonical(str(body.get("url"))) if verb == "whence" else None
        return None if url is None else {"url": url}

    def question(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """Wait for what the client's process asks; raise `UndecidedError` when it ends or says nothing instead."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return self._question.get(timeout=0.02 if process.poll() is None else 0)
            except queue.Empty:
                if process.poll() is not None:
                    code = process.returncode
                    raise UndecidedError(
                        f"the client ended (exit code {code}) before it said what it would use"
                    ) from None
        raise UndecidedError(f"the client said nothing for {PATIENCE:.0f} seconds")

    def answer(self, plan: dict[str, Any] | None) -> None:
        """Send the plan; None refuses, and the client's process ends."""
        self._answer.put(plan)
