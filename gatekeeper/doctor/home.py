"""Proof that what lies around the gate is in order: policy files, folders that are written to, the log, the shims."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import audit, managers, settings
from gatekeeper.checks import all_checks
from gatekeeper.commands import _shims
from gatekeeper.commands.shell import Person
from gatekeeper.doctor.proof import Proof, broken, weaker
from gatekeeper.errors import GatekeeperError, UndecidedError, UsageError
from gatekeeper.evidence.deep import Source, read_deep
from gatekeeper.gate.keeping import folder_of_stores
from gatekeeper.model import Surface, When
from gatekeeper.shims import NAMES, is_shim
from gatekeeper.stores.sqlite import SqliteStore, default_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.doctor.proof import Ground
    from gatekeeper.settings import Settings

ANEW = "without it every file is fetched and judged anew; nothing is allowed for that"
ROOM = 200 << 20  # bytes that an installation may need to unpack what it builds
LAY_ANEW = "`gatekeeper shell --install` lays them anew"


def prove_settings(ground: Ground) -> Iterator[Proof]:
    """Read the policy files as an installation would, and look at every place that it writes to."""
    found = None
    for proof, read in policies(ground):
        yield proof
        found = read or found
    yield proof_of_store()
    if found is not None and found.policy.signatures:
        yield proof_of_rules(found.policy.signatures)
    if found is not None and found.policy.audit is not None:
        yield proof_of_log(Path(found.policy.audit))
    yield proof_of_temporary()
    yield from prove_shims(ground)


def policies(ground: Ground) -> Iterator[tuple[Proof, Settings | None]]:
    """Read the person's own policy, then with what the folder says in which they stand."""
    known = list(all_checks())
    try:
        found = settings.load(ground.scratch, ground.policy_file, known)
    except UsageError as problem:
        yield broken("policy", f"{problem.message}: nothing can be installed", problem.hint or ""), None
        return
    yield Proof("policy", detail=told(found)), found
    if ground.here is None:
        yield weaker("policy of this folder", "the folder in which you stand is gone"), None
        return
    try:
        here = settings.load(ground.here, ground.policy_file, known)
    except UsageError as problem:
        why = f"{problem.message}: here, nothing can be installed"
        yield weaker("policy of this folder", why, problem.hint or "mend that file"), None
        return
    if len(here.files) > len(found.files):
        yield Proof("policy of this folder", detail=told(here)), here


def told(found: Settings) -> str:
    """Name the files that were read, and how far each is followed."""
    return ", ".join(f"{each.path} ({each.how})" for each in found.files) or "no files: the default one"


def proof_of_rules(extra: Sequence[str]) -> Proof:
    """Start the engine with the person's own rules: one that it does not take leaves everything undecided."""
    try:
        read_deep([Source(Surface("sample.py", When.INSTALL, "a look at the rules"), b"VERSION = 1\n")], extra)
    except UndecidedError as problem:
        return broken("rules of your own", problem.message, "mend that file, or take it out of [signatures]")
    return Proof("rules of your own", detail=", ".join(extra))


def proof_of_store() -> Proof:
    """Open the store of verdicts, if there is one yet, else see whether it can be made."""
    what = "store"
    try:
        path, problem = default_path(), unwritable(folder_of_stores())
    except GatekeeperError as unknown:
        return weaker(what, f"{unknown.message}: {ANEW}", unknown.hint or "")
    if problem:
        return weaker(what, f"{problem}: {ANEW}", f"make {path.parent} writable for you, and for nobody else")
    if not path.exists():
        return Proof(what, detail=f"{path}: nothing is kept there yet")
    store = SqliteStore(path)
    try:
        rows = store.rows()
    finally:
        store.close()
    if rows is None:
        return weaker(
            what, f"{path} cannot be used: {ANEW}", f"see that {path.parent} is yours alone, and remove the file"
        )
    return Proof(what, detail=f"{path}: {sum(rows.by_ruleset.values()):,} verdicts")


def unwritable(folder: Path) -> str:
    """Say why nothing can be written into a folder, or made where it would be; empty when it can."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if not there.is_dir():
        return f"{there} is no folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written"


def proof_of_log(path: Path) -> Proof:
    """Open the log of decisions that the policy names; without it nothing is installed."""
    what, problem = "audit log", ""
    if path.exists():
        try:
            with audit.opened(path):
                return Proof(what, detail=str(path))
        except GatekeeperError as unwritten:
            problem = unwritten.message
    else:
        problem = unwritable(path.parent) if path.parent.is_dir() else f"{path.parent} is not there"
    if not problem:
        return Proof(what, detail=f"{path}: nothing is written there yet")
    return broken(what, f"{problem}: nothing can be installed", "make it writable, or name another file in [audit]")


def proof_of_temporary() -> Proof:
    """Look at the folder for temporary files, in which sdists are built."""
    what, folder = "temporary folder", Path(tempfile.gettempdir())
    if hasattr(os, "statvfs") and os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        return weaker(what, f"{folder} starts no programs: builds that need one fail", "set TMPDIR to another folder")
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        return weaker(what, f"{folder} has {free >> 20} MiB left: builds may fail", "make room, or set TMPDIR")
    return Proof(what, detail=f"{folder}, {free >> 20:,} MiB left")


def prove_shims(ground: Ground) -> Iterator[Proof]:
    """Look whether plain pip, npm and npx are gated in this shell, as far as they are to be."""
    what, folder = "shims", Person(Path.home(), ground.environ).shims
    if not folder.is_dir():
        yield Proof(what, detail="not installed: gated is what goes through safe-install")
        return
    for name in NAMES:
        place = folder / f"{name}{_shims.SUFFIX}"
        first = shutil.which(name, path=ground.environ.get("PATH", os.defpath))
        if not is_shim(place):
            yield weaker(f"shim {name}", f"{place} is missing: plain {name} is not gated", LAY_ANEW)
        elif place.read_text("utf-8", "replace") != _shims.shim(name, managers.passing(name)):
            yield weaker(f"shim {name}", f"{place} is of another installation of gatekeeper", LAY_ANEW)
        elif first is None or not is_shim(Path(first)):
            yield weaker(
                f"shim {name}", f"{first or 'none'} comes first on PATH: plain {name} is not gated", "open a new shell"
            )
        else:
            yield Proof(f"shim {name}", detail=str(place))
