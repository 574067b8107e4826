"""Reading small pieces of JavaScript as if a package held them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks import run_checks
from gatekeeper.evidence._base import Ledger
from gatekeeper.evidence._js_reader import JsReader
from gatekeeper.model import Behaviour, Evidence, Finding, Release, When

if TYPE_CHECKING:
    from collections.abc import Mapping


class Heard:
    """Commands that were handed on."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, int]] = []

    def command(self, line: str, path: str, number: int, when: When, taints: frozenset[str]) -> None:
        self.lines.append((line, path, number))


def as_bytes(files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {
        path: text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text for path, text in files.items()
    }


def read_js(
    code: str | bytes,
    files: Mapping[str, str | bytes] | None = None,
    when: When = When.INSTALL,
    *,
    path: str = "index.js",
    always: bool = True,
    heard: Heard | None = None,
) -> Ledger:
    """Read one file and what it asks for."""
    members = as_bytes({path: code, **(files or {})})
    ledger = Ledger()
    JsReader(ledger, members, members.get, heard).read_file(path, when, "a test", always=always)
    return ledger


def does(ledger: Ledger, kind: str, when: When | None = None) -> list[Behaviour]:
    return [one for one in ledger.behaviours.values() if one.kind == kind and when in {None, one.when}]


def details(ledger: Ledger, kind: str, when: When | None = None) -> set[str]:
    return {one.detail for one in does(ledger, kind, when)}


def findings(ledger: Ledger) -> tuple[Finding, ...]:
    return run_checks(
        Evidence(
            Release("npm", "example", "1.0.0"),
            kind="npm",
            surfaces=tuple(ledger.surfaces.values()),
            behaviours=tuple(ledger.behaviours.values()),
            unread=tuple(ledger.unread.values()),
        )
    )
