"""Judge every archive of a folder; print rulings and speed: `python benchmarks/corpus.py pypi|npm FOLDER [--jobs N]`.

Reads bytes only: nothing of an archive is unpacked to disk, installed or run, and no name is judged. For a folder of
honest releases every line that it prints is a false alarm; for a folder of malicious ones the allowed are the misses.
File names decide what an archive is, as they do for pip. Never part of the tests.
"""

from __future__ import annotations

import argparse
import collections
import functools
import multiprocessing
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from gatekeeper.artifacts.opening import open_artifact
from gatekeeper.errors import UnreadableError
from gatekeeper.inspection import findings_in
from gatekeeper.model import Finding, Release, Ruling
from gatekeeper.policy import Policy, rule_on, ruling_of

MOST_SHOWN = 4


@dataclass(frozen=True)
class Judged:
    """One archive: its ruling, what told so, and what it took in CPU seconds and bytes unpacked."""

    name: str
    ruling: Ruling
    findings: tuple[Finding, ...]
    seconds: float
    size: int
    error: str = ""


def judge(ecosystem: str, path: Path) -> Judged:
    """Judge one archive; one that cannot be read is told as such."""
    began = time.process_time()
    found: tuple[Finding, ...] = ()
    ruling, size, error = Ruling.ERROR, 0, ""
    try:
        with open_artifact(path, path.name, ecosystem=ecosystem) as opened:
            size = sum(member.size for member in opened.members.values())
            found = findings_in(opened, Release(ecosystem, path.name), None)
        ruling = ruling_of(found, Policy())
    except (UnreadableError, OSError) as refused:
        error = str(refused)
    return Judged(path.name, ruling, found, time.process_time() - began, size, error)


def show(one: Judged) -> None:
    """Print an archive that is not allowed and the first findings that say so."""
    print(f"{one.ruling.word:6} {one.name} {one.error}")
    telling = [finding for finding in one.findings if rule_on(finding, Policy()) is not Ruling.ALLOW]
    for finding in telling[:MOST_SHOWN]:
        when = finding.when.word if finding.when else ""
        print(f"       {finding.check} {when} {finding.file}:{finding.line} {finding.message[:100]!a}")


def main() -> None:
    """Judge in parallel; print what is not allowed, then counts, speed and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ecosystem", choices=("pypi", "npm"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.is_file())
    with multiprocessing.get_context("spawn").Pool(options.jobs, maxtasksperchild=100) as pool:
        done = list(pool.imap(functools.partial(judge, options.ecosystem), paths))
    for one in done:
        if one.ruling is not Ruling.ALLOW:
            show(one)
    if not done:
        return
    rulings = collections.Counter(one.ruling.word for one in done)
    megabytes = sum(one.size for one in done) / 1e6
    print(
        f"{len(done)} archives, {megabytes:.0f} MB unpacked, {sum(one.seconds for one in done):.1f} CPU s:",
        dict(rulings),
    )
    print(f"median {statistics.median(one.seconds for one in done) * 1000:.0f} ms; the slowest:")
    for one in sorted(done, key=lambda one: -one.seconds)[:5]:
        print(f"  {one.seconds:6.2f} s {one.size / 1e6:7.1f} MB {one.name}")


if __name__ == "__main__":
    main()
