"""What policy files must hold, and what is said when they do not."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path


def demand(word: object, choices: Collection[str], complaint: str) -> None:
    """Raise UsageError unless the word is one of the choices, naming the likeliest of them."""
    if isinstance(word, str) and word in choices:
        return
    spelt = str(word) if isinstance(word, (str, int, float)) else type(word).__name__  # what is nested may be deep
    near = difflib.get_close_matches(spelt, choices, n=1)
    known = sorted(choices)
    hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}" if known else None
    raise UsageError(f"{complaint} `{spelt}`", hint=hint)


def demand_texts(value: object, what: str) -> list[str]:
    """Return a list of texts; raise UsageError when it is anything else."""
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return value
    raise UsageError(f"{what} must be a list of texts")


def demand_hosts(value: object, what: str) -> list[str]:
    """Return a list of host names, perhaps with ports; raise UsageError when it is anything else."""
    hosts = demand_texts(value, what)
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9.-]+(?::\d{1,5})?", host):
            place = what.rpartition(": ")[0]
            raise UsageError(f"{place}: `{host}` is not a host name", hint="write the host alone: files.corp.example")
    return hosts


def demand_rules(places: Iterable[Path], what: str) -> None:
    """Raise UsageError unless each place is a file or folder that holds semgrep rules."""
    for place in places:
        if not place.is_file() and not any(path.suffix in {".yaml", ".yml"} for path in place.rglob("*")):
            raise UsageError(f"{what}: {place} holds no rules", hint="name a folder with semgrep rules in .yaml files")
