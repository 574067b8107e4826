"""Proof that what checks go by is whole and fresh: lists of names, known malware, and our own files."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timezone
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.commands.update import MONTH
from gatekeeper.doctor.checks import AGAIN
from gatekeeper.doctor.proof import Proof, broken, weaker
from gatekeeper.history.advisories import DAMAGED, MISSING, OLD, Advisories, default_path
from gatekeeper.model import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.metadata import PackagePath

    from gatekeeper.doctor.proof import Ground

DISTRIBUTION = "pkg-gatekeeper"
OLD_MONTHS = 12  # from which on a list of much-used names is said to be old
UPDATE = "`gatekeeper update` fetches it; docs/updates.md says from where"
SHOWN = 5  # names of files


def prove_data(_: Ground) -> Iterator[Proof]:
    """Look at the lists of names and the known malware: whether they are whole, and how old."""
    now = datetime.now(timezone.utc)
    for ecosystem in signatures.FORMS:
        yield proof_of_names(ecosystem, now)
    for fault in signatures.names_faults():
        yield weaker("a list of names", fault, UPDATE)
    advisories = Advisories(default_path())
    try:
        state = advisories.state()
    finally:
        advisories.close()
    if not isinstance(state, Known):
        known = "is damaged" if state.reason == DAMAGED else "there is none"
        told = "without it, what others have found out is not known here"
        yield weaker(
            "known malware", f"{known}: {told}" if state.reason in (DAMAGED, MISSING) else state.reason, UPDATE
        )
        return
    days, records = state.value.days(now), f"{state.value.records:,} records"
    if days > OLD:
        yield weaker("known malware", f"{records}, {days} days old", UPDATE)
    elif days < 0:
        yield weaker("known malware", f"{records}, dated in the future: is this machine's clock right?", UPDATE)
    else:
        yield Proof("known malware", detail=f"{records}, {days} days old")


def proof_of_names(ecosystem: str, now: datetime) -> Proof:
    """Say how many names a list has, and from when it is."""
    what, text = f"{ecosystem} names", signatures.names_text(ecosystem)
    try:
        names = signatures.names_in(ecosystem, text.encode())
    except ValueError as problem:
        return broken(what, f"the list is none: {problem}", AGAIN)
    told = f"{len(names):,} names, digest {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    month = MONTH.search(" ".join(line for line in text.splitlines() if line.startswith("#")))
    if month is None:
        return weaker(what, f"{told}, of unknown age", UPDATE)
    made = datetime.strptime(month[0], "%Y-%m").replace(tzinfo=timezone.utc)
    age = (now.year - made.year) * 12 + now.month - made.month
    told = f"{told}, as of {month[0]}"
    return weaker(what, f"{told}: {age} months old", UPDATE) if age > OLD_MONTHS else Proof(what, detail=told)


def prove_own_files(_: Ground) -> Iterator[Proof]:
    """Compare our files with what the installation noted of them: none changed, none missing, none too many."""
    what = "our own files"
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        yield weaker(what, "not installed: there is nothing to compare them with", "install gatekeeper as a package")
        return
    noted = installed.files or []
    if not any(path_of(installed, str(file)) == signatures.PACKAGE / "__init__.py" for file in noted):
        yield weaker(what, f"{signatures.PACKAGE} is no installation: there is nothing to compare it with")
        return
    wrong = [*damaged(noted), *strangers(installed, noted)]
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        yield broken(what, ", ".join(wrong[:SHOWN]) + more, AGAIN)
    else:
        yield Proof(what, detail=f"{len(noted)} files, as they were installed")


def damaged(noted: Iterable[PackagePath]) -> Iterator[str]:
    """Name the files that are gone, or are not what was installed."""
    for file in noted:
        if file.hash is None:
            continue
        try:
            content = Path(file.locate()).read_bytes()
        except OSError:
            yield f"{file} is missing"
            continue
        digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, content).digest()).rstrip(b"=").decode()
        if digest != file.hash.value:
            yield f"{file} was changed"


def strangers(installed: Distribution, noted: Iterable[PackagePath]) -> Iterator[str]:
    """Name the files beside ours that nobody installed: a check is found by its file's name."""
    known = {path_of(installed, str(file)) for file in noted}
    for path in sorted(signatures.PACKAGE.rglob("*")):
        if path.is_file() and path.parent.name != "__pycache__" and path not in known:
            yield f"{path.relative_to(signatures.PACKAGE.parent)} was added"


def path_of(installed: Distribution, file: str) -> Path:
    """Return where an installed file lies."""
    return Path(str(installed.locate_file(file))).resolve()
