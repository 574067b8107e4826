"""Measure what names alone tell: `python benchmarks/names.py --malicious FILE --honest FILE [--popular]`.

The files hold an ecosystem and a name a line, tab-separated; further columns and lines that start with # are left out,
and so are popular names. For each kind of likeness the table tells how many names of either sort were blocked, asked
about and remarked upon, as if a person had typed them. Halves are by the name's hash: whoever fits the tables of the
checks on one half reads the other for what to expect. `--popular` judges the shipped lists too: nothing may ring.
Never part of the tests.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.checks import run_checks
from gatekeeper.evidence.gather import gather_name
from gatekeeper.evidence.names import normalised, popular_names
from gatekeeper.model import Release, Ruling
from gatekeeper.policy import Policy, ruling_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

POLICY = Policy()


@dataclass(frozen=True)
class Judged:
    """One name, what is ruled about it by who asked, and the likenesses that decide and that are remarked upon."""

    name: str
    typed: Ruling
    asked_for: Ruling
    kinds: tuple[tuple[str, Ruling], ...]

    @property
    def half(self) -> int:
        """The half that the name belongs to."""
        return hashlib.sha256(self.name.encode()).digest()[0] & 1


def judge(ecosystem: str, name: str) -> Judged:
    """Judge one name, typed by a person and asked for by a package."""
    release = Release(ecosystem, name)
    found = run_checks(gather_name(release, requested=True))
    other = ruling_of(run_checks(gather_name(release)), POLICY)
    kinds = tuple((kind_of(one.message, one.check), ruling_of([one], POLICY)) for one in found)
    return Judged(name, ruling_of(found, POLICY), other, kinds)


def kind_of(message: str, check: str) -> str:
    """Return the kind of likeness that a message names in brackets."""
    return f"{check}: {message.rpartition('(')[2].partition(')')[0]}" if "(" in message else check


def read(path: Path, ecosystem: str) -> list[str]:
    """Return the names of one ecosystem in a file, without those of popular packages."""
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    names = {normalised(ecosystem, row[1]) for row in rows if len(row) > 1 and row[0] == ecosystem}
    return sorted(names - popular_names(ecosystem).ranks.keys())


def share(judged: list[Judged], *, worst: Ruling = Ruling.ASK, typed: bool = True) -> str:
    """Return how many names have a ruling as strict as one, and what share that is."""
    rung = sum((one.typed if typed else one.asked_for) >= worst for one in judged)
    return f"{rung} ({rung / max(len(judged), 1):.2%})"


def summary(bad: list[Judged], good: list[Judged]) -> Iterator[str]:
    """Yield the table of the whole and its halves."""
    yield "| names | malicious blocked | malicious blocked or asked | honest blocked | honest blocked or asked |"
    yield "|---|---|---|---|---|"
    for label, half in (("all", None), ("one half", 0), ("the other half", 1)):
        one, other = ([each for each in side if half is None or each.half == half] for side in (bad, good))
        block = Ruling.BLOCK
        cells = (share(one, worst=block), share(one), share(other, worst=block), share(other))
        yield f"| {label} | {' | '.join(cells)} |"
    block = Ruling.BLOCK
    cells = (share(bad, worst=block, typed=False), share(bad, typed=False))
    others = (share(good, worst=block, typed=False), share(good, typed=False))
    yield f"| all, asked for by a package | {' | '.join((*cells, *others))} |"


def by_kind(bad: list[Judged], good: list[Judged]) -> Iterator[str]:
    """Yield the table of the kinds of likeness: malicious / honest names."""
    counts = [collections.Counter(pair for one in side for pair in set(one.kinds)) for side in (bad, good)]
    kinds = sorted({kind for count in counts for kind, _ in count}, key=lambda kind: -both(counts[0], kind))
    yield "| check and likeness | blocked | asked | remarked |"
    yield "|---|---|---|---|"
    for kind in kinds:
        cells = (
            f"{counts[0][kind, word]} / {counts[1][kind, word]}" for word in (Ruling.BLOCK, Ruling.ASK, Ruling.ALLOW)
        )
        yield f"| {kind} | {' | '.join(cells)} |"


def both(count: collections.Counter[tuple[str, Ruling]], kind: str) -> int:
    """Return how often a kind decided."""
    return count[kind, Ruling.BLOCK] * 1000 + count[kind, Ruling.ASK] * 10 + count[kind, Ruling.ALLOW]


def popular(ecosystem: str) -> str:
    """Return how many popular names ring, as they are written and in other writings of the same name."""
    names = popular_names(ecosystem).names
    again: Iterable[str] = (
        names if ecosystem == "npm" else [*names, *(name.upper().replace("-", "._") for name in names)]
    )
    rung = [name for name in again if run_checks(gather_name(Release(ecosystem, name), requested=True))]
    return f"{len(names):,} popular names: {len(rung)} ring {rung[:5] if rung else ''}"


def load_times(ecosystem: str) -> tuple[float, float]:
    """Return the CPU seconds to the first popular name, and to the first other one: the best of nine."""
    best = [float("inf"), float("inf")]
    for _ in range(9):
        for at, name in enumerate((popular_names(ecosystem).names[0], "nobody-has-this-name")):
            popular_names.cache_clear()
            began = time.process_time()
            gather_name(Release(ecosystem, name))
            best[at] = min(best[at], time.process_time() - began)
    return best[0], best[1]


def main() -> None:
    """Judge the names and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--malicious", type=Path, required=True)
    parser.add_argument("--honest", type=Path, required=True)
    parser.add_argument("--popular", action="store_true")
    options = parser.parse_args()
    for ecosystem in signatures.FORMS:
        known, stranger = load_times(ecosystem)
        bad, good = ([*read(path, ecosystem)] for path in (options.malicious, options.honest))
        began = time.process_time()
        for name in good:
            gather_name(Release(ecosystem, name))
        each = (time.process_time() - began) / max(len(good), 1)
        judged = [[judge(ecosystem, name) for name in side] for side in (bad, good)]
        print(f"\n## {ecosystem}: {len(bad):,} malicious, {len(good):,} honest names\n")
        print("\n".join((*summary(*judged), "", *by_kind(*judged))))
        print(f"\nlists loaded in {known * 1000:.1f} ms for a popular name, {stranger * 1000:.1f} ms for another")
        print(f"then {each * 1000:.2f} ms a name")
        if options.popular:
            print(popular(ecosystem))


if __name__ == "__main__":
    main()
