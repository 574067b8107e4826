"""The last refusal of a person: kept as the JSON report, so that it can be explained and reported afterwards."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.files import demand_own, replace_with
from gatekeeper.model import (
    Artifact,
    Confidence,
    Finding,
    Layer,
    Outcome,
    Place,
    Release,
    Ruling,
    Severity,
    Verdict,
    Way,
    When,
)
from gatekeeper.reports import json as json_report
from gatekeeper.reports import visible
from gatekeeper.reports._words import worst_first

if TYPE_CHECKING:
    from enum import Enum
    from pathlib import Path

NAME = "last-refusal.json"
MOST_BYTES = 2 << 20
MOST_RELEASES = 20
MOST_FINDINGS = 50  # of one release
AT = "refused"  # the key of the time, an ISO date and time in UTC

E_ = TypeVar("E_", bound="Enum")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused, when, and by which version of gatekeeper."""

    outcome: Outcome
    at: datetime
    version: str


def keep(outcome: Outcome, folder: Path, at: datetime) -> bool:
    """Keep what of an outcome was not allowed, in place of what was kept before; say whether that was possible."""
    refused = sorted((one for one in outcome.verdicts if one.ruling is not Ruling.ALLOW), key=lambda one: -one.ruling)
    if refused and not any(one.artifact or one.findings for one in refused):
        return True  # nothing was judged: what was refused before is worth more to whoever wants to know
    least = tuple(_bounded(one) for one in refused[:MOST_RELEASES])
    while least:
        report = json_report.report(replace(outcome, verdicts=least, remarks=(), fence=()))
        content = json.dumps({**report, AT: at.isoformat()}).encode("ascii")
        if len(content) <= MOST_BYTES:
            return _written(folder, content)
        least = least[: len(least) // 2]
    return False


def last(folder: Path) -> Refusal:
    """Read what was refused last; raise `UsageError` where nothing is kept, `UndecidedError` for a broken file."""
    path = folder / NAME
    try:
        content = _read(path)
    except FileNotFoundError:
        hint = "`gatekeeper explain ID` explains a check; --no-store keeps no refusal"
        raise UsageError("no refusal is kept: nothing was refused yet", hint=hint) from None
    except OSError as problem:
        raise UndecidedError(f"{path} cannot be read: {problem.strerror or problem}") from problem
    try:
        told = json.loads(content)
        return Refusal(_outcome(told), datetime.fromisoformat(_text(told[AT])), _text(told["version"]))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as problem:
        hint = "the next refusal replaces it; the file may be removed"
        raise UndecidedError(f"{path} is no refusal of ours: {visible(str(problem))[:200]}", hint=hint) from problem


def _bounded(verdict: Verdict) -> Verdict:
    crowded = len(verdict.findings) > MOST_FINDINGS
    findings = tuple(worst_first(verdict.findings)[:MOST_FINDINGS]) if crowded else verdict.findings
    return replace(verdict, findings=findings, via=verdict.via[:MOST_RELEASES])


def _written(folder: Path, content: bytes) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        demand_own(folder.stat())
        replace_with(folder / NAME, content)
    except (OSError, UndecidedError):  # the report has said it all; only explaining it later is lost
        return False
    return True


def _read(path: Path) -> bytes:
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, os.O_RDONLY | careful), "rb") as file:  # noqa: PTH123 - a descriptor
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError("it is no plain file")
        demand_own(state)
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError("it is larger than any that is kept")
    return content


def _outcome(told: dict[str, Any]) -> Outcome:
    """Read a report back; raise ValueError, TypeError or KeyError for what is none."""
    if told["schema"] != json_report.SCHEMA:
        raise ValueError("it has another schema")
    return Outcome(
        _named(Ruling, told["ruling"]),
        tuple(_verdict(each) for each in _list(told["releases"])),
        fence=tuple(Layer(_text(each["name"]), bool(each["stood"]), _text(each["detail"])) for each in told["fence"]),
        remarks=tuple(map(_text, _list(told["remarks"]))),
        ruleset=_text(told["ruleset"]),
        client=_text(told["client"]),
    )


def _verdict(told: dict[str, Any]) -> Verdict:
    artifact, place = told["artifact"], told["place"]
    return Verdict(
        Release(_text(told["ecosystem"]), _text(told["name"]), _maybe(told["version"])),
        _named(Ruling, told["ruling"]),
        tuple(_finding(each) for each in _list(told["findings"])),
        artifact=None
        if artifact is None
        else Artifact(_text(artifact["filename"]), _text(artifact["sha256"]), int(artifact["size"])),
        error=_maybe(told["error"]),
        source=_maybe(told["source"]),
        requested=bool(told["requested"]),
        via=tuple(map(_text, _list(told["via"]))),
        path=_maybe(told["path"]),
        place=place and Place(_text(place["file"]), None if place["line"] is None else int(place["line"])),
        instead=_maybe(told["instead"]),
        public=told["public"] is True,
        rule=_text(told["rule"]),
        ways=tuple(Way(_text(e["title"]), _text(e["words"]), _text(e["command"])) for e in _list(told["ways"])),
    )


def _finding(told: dict[str, Any]) -> Finding:
    return Finding(
        _text(told["check"]),
        _named(Severity, told["severity"]),
        _named(Confidence, told["confidence"]),
        _text(told["message"]),
        None if told["when"] is None else When(told["when"]),
        _maybe(told["file"]),
        None if told["line"] is None else int(told["line"]),
        _maybe(told["snippet"]),
        tuple(map(_text, _list(told["attack"]))),
        _maybe(told["waived"]),
        tuple((int(each["line"]), _text(each["text"])) for each in _list(told["around"])),
        _maybe(told["instead"]),
        None if told["ruling"] is None else _named(Ruling, told["ruling"]),
        _text(told["rule"]),
        _text(told["why"]),
    )


def _named(kind: type[E_], word: object) -> E_:
    return kind[_text(word).upper()]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value
