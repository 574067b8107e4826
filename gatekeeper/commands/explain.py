"""Explain one check: its question, reason, remedy, examples and techniques."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gatekeeper.checks import all_checks
from gatekeeper.commands.checks import documentation
from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.model import Evidence


def explain(name: str) -> str:
    """Return the page for one check; an unknown id is a UsageError with the likeliest one."""
    checks = all_checks()
    if name not in checks:
        near = difflib.get_close_matches(name, checks, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "`gatekeeper checks` lists them"
        raise UsageError(f"there is no check `{name}`", hint=hint)
    check = checks[name]
    parts = [f"{name}: {documentation(check)}"]
    for heading, examples in (("Fires on", check.hits), ("Leaves alone", check.misses)):
        lines = [f"  - {line}" for example in examples for line in _facts(example)]
        parts += ["\n".join([f"{heading}:", *lines])] if lines else []
    if check.ATTACK:
        parts.append("MITRE ATT&CK: " + ", ".join(check.ATTACK))
    return "\n\n".join(parts) + "\n"


def _facts(example: Evidence) -> Iterator[str]:
    """Tell an example in the facts that make it one."""
    told = False
    for behaviour in example.behaviours:
        code = behaviour.snippet or behaviour.detail
        yield f"{behaviour.file}:{behaviour.line} ({behaviour.when.word}) {behaviour.kind}: {code}"
        told = True
    for notice in example.notices:
        yield f"{notice.kind}: {notice.detail}" + (f" ({notice.place})" if notice.place else "")
        told = True
    for record in example.advisories:
        yield f"{example.release}, recorded as {record.id}"
        told = True
    for like in example.lookalikes:
        yield f"{example.release.name}, close to {like.target} ({like.kind})"
        told = True
    for unread in example.unread:
        yield f"{unread.path} not read to the end: {unread.reason}"
        told = True
    if not told:
        yield f"{example.kind or 'a name'}: {example.release}"
