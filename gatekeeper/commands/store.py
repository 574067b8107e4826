"""What is remembered for later runs: how much of it there is, and taking away what is no longer of use."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rich.filesize import decimal as size

from gatekeeper.errors import UndecidedError
from gatekeeper.gate.keeping import KINDS, folder_of_stores, kept
from gatekeeper.gate.keeping import prune as prune_files
from gatekeeper.inspection import Inspector, opened_store
from gatekeeper.reports import visible
from gatekeeper.stores.sqlite import DAY, default_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatekeeper.gate.keeping import Kept
    from gatekeeper.policy import Policy
    from gatekeeper.stores.sqlite import Rows

HOUR = 3600  # seconds
IN_USE = "another run is using them, so none was touched; try again when it has ended"


def rulesets_of(policy: Policy) -> frozenset[str]:
    """Return the rulesets that runs under a policy go by: reading as usual, and reading everything deeper."""
    return frozenset(Inspector(policy, deep=deep).ruleset for deep in (False, True))


def stats(policy: Policy) -> Iterator[str]:
    """Yield lines about what is remembered. `policy` tells which rules are in force."""
    home, path = folder_of_stores(), default_path()
    yield f"folder    {visible(str(home))}"
    store = opened_store()
    rows = store.rows()
    store.close()
    if rows is None:
        yield "verdicts  " + ("none" if not path.exists() else "cannot be read, so every artifact is judged anew")
    else:
        yield from _about(rows, rulesets_of(policy), path)
    for kind, found in kept(home).items():
        partial = f"; {found.partial} half-written, {size(found.partial_size)}" if found.partial else ""
        yield f"{kind:<8}  {found.count}, {size(found.size)}{partial}"
    if (broken := _broken(path)).is_file():
        yield f"broken    {size(broken.stat().st_size)}: verdicts that could not be read and were put aside"


def _about(rows: Rows, rulesets: frozenset[str], path: Path) -> Iterator[str]:
    current = sum(number for ruleset, number in rows.by_ruleset.items() if ruleset in rulesets)
    others = sum(rows.by_ruleset.values()) - current + rows.outdated
    tails = [path, *(path.with_name(path.name + tail) for tail in ("-wal", "-shm"))]
    whole = sum(each.stat().st_size for each in tails if each.is_file())
    yield f"verdicts  {current + others}, {size(whole)}: {current} by the rules in force, {others} by others"
    if rows.oldest is not None and rows.newest is not None:
        yield f"last used between {_day(rows.oldest)} and {_day(rows.newest)}"


def prune(policy: Policy, hours: float, *, everything: bool = False, dry: bool = False) -> Iterator[str]:
    """Yield a line for each kind of thing that goes: what is not used any more, or with `everything` all of it.

    What was last used more than `hours` ago goes, and with it all that rules found that are not in force any more.
    Raises `UndecidedError` at the end when something could not be taken away.
    """
    now = time.time()
    before = now + DAY if everything else now - hours * HOUR
    verb = "would go" if dry else "gone"
    path = default_path()
    there = path.exists()
    store = opened_store()
    rows = store.prune(None if everything else rulesets_of(policy), int(before // DAY), dry=dry)
    store.close()
    said = (
        f"{rows or 0} {verb}" if rows is not None or not there else "somebody else holds them, or they cannot be read"
    )
    yield f"verdicts  {said}"
    gone = prune_files(folder_of_stores(), before, dry=dry)
    for kind in KINDS:
        yield f"{kind:<8}  {IN_USE if gone is None else _went(gone[kind], verb)}"
    if (broken := _broken(path)).is_file():
        yield f"broken    {size(broken.stat().st_size)} {verb}"
        if not dry:
            broken.unlink(missing_ok=True)
    if gone is None or (rows is None and there):
        raise UndecidedError("not everything could be looked through", hint="run it again when no other run is at work")


def _went(found: Kept, verb: str) -> str:
    partial = f", {found.partial} of them half-written" if found.partial else ""
    return f"{found.count + found.partial} {verb}, {size(found.size + found.partial_size)}{partial}"


def _broken(path: Path) -> Path:
    return path.with_name(f"{path.name}.broken")


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * DAY, timezone.utc).date().isoformat()
