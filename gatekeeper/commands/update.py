"""Bring the lists of much-used names and the known-malware data up to date, from the addresses that the policy names.

Each feed is fetched aside, checked, and put in its place at once; whatever goes wrong leaves the old data in use.
"""

from __future__ import annotations

import re
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.errors import GatekeeperError, UndecidedError, UsageError
from gatekeeper.files import KEPT, replace_with
from gatekeeper.history.advisories import Advisories, build, default_path
from gatekeeper.history.feeds import Fetching
from gatekeeper.model import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatekeeper.history.feeds import Reading
    from gatekeeper.history.osv import Record
    from gatekeeper.policy import Feeds

EXAMPLE = """\
[feeds]
names-pypi = "https://feeds.example/names/pypi.txt"
names-npm = "https://feeds.example/names/npm.txt"
malware = ["https://feeds.example/osv/PyPI/all.zip", "https://feeds.example/osv/npm/all.zip"]"""
MONTH = re.compile(r"\b20\d\d-[01]\d\b")


def update(feeds: Feeds, policy_file: Path, progress: Callable[[int, int | None], None] | None = None) -> Iterator[str]:
    """Yield a line for each feed: what came, or why nothing did. `progress` hears bytes, or records, so far and in all.

    Raises UsageError when no feed is named, which the person does in `policy_file`; UndecidedError at the end when one
    of them failed.
    """
    if not feeds.names and not feeds.malware:
        yield f"write where fresh data comes from into {policy_file}:\n\n{EXAMPLE}\n"
        raise UsageError("no feed is configured: there is nothing to update from")
    fetching = Fetching(digests=feeds.digests, progress=progress)
    problems: list[GatekeeperError] = []
    with fetching.transport, tempfile.TemporaryDirectory(prefix="gatekeeper-update-") as folder:
        jobs = [
            (f"{ecosystem} names", partial(_names, ecosystem, address, fetching, Path(folder)))
            for ecosystem, address in feeds.names.items()
        ]
        jobs += [("malware", partial(_malware, feeds.malware, fetching, Path(folder)))] if feeds.malware else []
        for what, job in jobs:
            try:
                yield f"{what}: {job()}"
            except GatekeeperError as problem:
                problems.append(problem)
                yield f"{what}: not updated: {problem.message}"
    if problems:
        hint = next((problem.hint for problem in problems if problem.hint), KEPT)
        raise UndecidedError(f"{len(problems)} of {len(jobs)} not updated: {problems[0].message}", hint=hint)


def _names(ecosystem: str, address: str, fetching: Fetching, folder: Path) -> str:
    content = fetching.fetch(address, folder / "names", signatures.LARGEST_LIST).read_bytes()
    try:
        names = signatures.names_in(ecosystem, content)
    except ValueError as problem:
        raise UndecidedError(f"what came is not a list of names: {problem}", hint=KEPT) from None
    about = [line for line in content.decode("utf-8").splitlines() if line.startswith("#")]
    before = [line for line in signatures.names_text(ecosystem).splitlines() if not line.startswith("#")]
    text = "".join(f"{line}\n" for line in (*about, *names))  # what the list says of itself stands in front of it
    replace_with(signatures.own_names(ecosystem), signatures.sealed(text.encode()))
    month = MONTH.search(" ".join(about))
    return f"{len(names):,}{f' ({month[0]})' if month else ''}{', as before' if names == before else ''}"


def _malware(addresses: tuple[str, ...], fetching: Fetching, folder: Path) -> str:
    began, place = time.monotonic(), default_path()
    earlier = Advisories(place)
    before = earlier.state()
    earlier.close()
    readings: list[Reading] = []

    def records() -> Iterator[Record]:
        for number, address in enumerate(addresses):
            readings.append(fetching.reading(address, folder / f"malware-{number}"))
            yield from readings[-1].records()

    state = build(place, records())
    change = f" ({state.records - before.value.records:+,})" if isinstance(before, Known) else ""
    packages = ", ".join(f"{count:,} {ecosystem}" for ecosystem, count in sorted(state.packages.items()))
    strange = sum(reading.strange for reading in readings)
    more = f"; {strange:,} were not understood" if strange else ""
    return f"{state.records:,} records{change} on {packages} packages, {time.monotonic() - began:.0f} s{more}"
