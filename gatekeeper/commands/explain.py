"""Explain one check, or what was refused last: in full, with the ways on and the text that reports a false alarm."""

from __future__ import annotations

import difflib
import inspect
import platform
import sys
from typing import TYPE_CHECKING

from gatekeeper import __version__, refusals
from gatekeeper.checks import Check, all_checks
from gatekeeper.errors import UsageError
from gatekeeper.explaining import default_rule
from gatekeeper.policy import NEVER_EXCUSED
from gatekeeper.reports.markdown import false_alarm
from gatekeeper.reports.text import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from gatekeeper.model import Dated, Evidence

SENDING = """\
If this is a false alarm, please report it: as an issue of the repository that you got gatekeeper from, with the text
below (`gatekeeper explain --report` prints it alone). docs/false-alarm.md says what becomes of it.
"""


def refusal(folder: Path) -> str:
    """Return all that is known of what was refused last, which is kept in a folder, and the text that reports it."""
    last = refusals.last(folder)
    head = f"Refused on {last.at:%Y-%m-%d at %H:%M} UTC by gatekeeper {last.version}:\n"
    return "\n".join([head, explained(last.outcome), SENDING, _report(last)])


def report(folder: Path) -> str:
    """Return the text that reports what was refused last as a false alarm."""
    return _report(refusals.last(folder))


def _report(last: refusals.Refusal) -> str:
    python = f"Python {platform.python_version()} on {sys.platform}"
    now = "" if last.version == __version__ else f" (now {__version__})"
    return false_alarm(last.outcome, [f"gatekeeper {last.version}{now}, {python}"])


def explain(name: str) -> str:
    """Return the page for one check; an unknown id is a UsageError with the likeliest one."""
    checks = all_checks()
    if name not in checks:
        near = difflib.get_close_matches(name.lower().replace("_", "-"), checks, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "`gatekeeper checks` lists them"
        raise UsageError(f"there is no check `{name}`", hint=hint)
    check = checks[name]
    parts = [f"{name}: {inspect.cleandoc(check.__doc__ or '')}", *_examples(check), _softening(name)]
    if check.ATTACK:
        parts.append("MITRE ATT&CK: " + ", ".join(check.ATTACK))
    return "\n\n".join(parts) + "\n"


def _examples(check: Check) -> Iterator[str]:
    """Tell what fires the check and how that is ruled by default, and what does not."""
    fires, leaves = [], []
    for example in check.hits:
        first, *rest = _facts(example)
        rules = dict.fromkeys(default_rule(finding) for finding in check.find(example))
        fires += [f"  - {first}", *(f"    {line}" for line in rest), *(f"      {rule}" for rule in rules)]
    for example in check.misses:
        first, *rest = _facts(example)
        leaves += [f"  - {first}", *(f"    {line}" for line in rest)]
    yield from (
        "\n".join([heading, *lines]) for heading, lines in (("Fires on:", fires), ("Leaves alone:", leaves)) if lines
    )


def _softening(name: str) -> str:
    if name in NEVER_EXCUSED:
        return "Nothing softens it, and no waiver excuses it unless it says so in so many words."
    return (
        f'To rule otherwise, in a policy file:\n  [rulings]\n  {name} = "ask"    # allow | note | ask | block\n\n'
        "To excuse one release whose bytes you have looked at:\n"
        f"  gatekeeper allow RELEASE --check {name} --reason TEXT --expires DATE"
    )


def _facts(example: Evidence) -> list[str]:
    """Tell an example in the facts that make it one."""
    told = [*_about_code(example), *_about_release(example)] or [_subject(example)]
    return [f"{example.kind}: {told[0]}" if example.kind else told[0], *told[1:]]


def _about_code(example: Evidence) -> Iterator[str]:
    for behaviour in example.behaviours:
        code = behaviour.snippet or behaviour.detail
        origins = f" (from: {', '.join(behaviour.taints)})" if behaviour.taints else ""
        marked = f" [{', '.join(mark.id for mark in behaviour.marks)}]" if behaviour.marks else ""
        place = f"{behaviour.file}:{behaviour.line} ({behaviour.when.word})"
        yield f"{place} {behaviour.kind}: {code}{origins}{marked}".rstrip(": ")
    for unread in example.unread:
        yield f"{unread.path} not read to the end: {unread.reason}"
    for surface in example.surfaces:
        yield f"{surface.path} runs ({surface.when.word}): {surface.why}"


def _about_release(example: Evidence) -> Iterator[str]:
    for notice in example.notices:
        yield f"{notice.kind}: {notice.detail}" + (f" ({notice.place})" if notice.place else "")
    for record in example.advisories:
        yield f"{example.release}, recorded as {record.id}"
    for like in example.lookalikes:
        likeness = f"close to {like.target} ({like.kind}), number {like.rank:,} by downloads"
        yield f"{_subject(example)}, {likeness}"
    for change in example.changes:
        yield f"new since {change.since} ({change.step}): {change.kind}, {change.detail}"
    if example.history is not None:
        yield from _about_past(example)


def _about_past(example: Evidence) -> Iterator[str]:
    past = example.history
    assert past is not None
    told = [_about_dated(past.release, past.now), f"{len(past.others)} other releases"]
    told += [f"the one before: {_about_dated(past.previous, past.now)}"] if past.previous else []
    told += [f"the project is {past.status}"] if past.status else []
    told += ["asked for by its version"] if past.pinned else []
    told += [f"releases wait {past.hours:g} h"] if past.hours else []
    yield ", ".join(told)


def _about_dated(one: Dated, now: datetime) -> str:
    told = [f"{one.version}, {one.aged(now)}"]
    told += ["with provenance" if one.attested else "without provenance"] if one.attested is not None else []
    told += ["with install hooks" if one.hooks else "without install hooks"] if one.hooks is not None else []
    told += [f"by {one.publisher}"] if one.publisher else []
    return ", ".join([*told, *([one.withdrawn] if one.withdrawn else [])])


def _subject(example: Evidence) -> str:
    typed = ", typed by a person" if example.requested else ""
    return f"{example.release} ({example.release.ecosystem}){typed}"
