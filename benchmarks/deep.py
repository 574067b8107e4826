"""What the deep pass adds and costs: `python -m benchmarks.deep pypi|npm FOLDER [--step N]` or `... examples`.

A folder of archives is read by the fast pass, then its suspects by the deep one, in one call for some 300 archives.
For each rule the table tells how many archives it matched, how many rulings became stricter thanks to it, and how many
would be milder again without that rule alone. `examples` does the same with the example beside each rule, made a
package of its own: what the fast pass alone says of it, and what both say. Reads bytes only. Never part of the tests.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import re
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.inspection import Inspector
from gatekeeper.model import Release, Ruling
from gatekeeper.policy import Policy, ruling_of
from tests.support import npm_packages, packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gatekeeper.model import Verdict

AT_ONCE = 300  # archives: an install set of some size
RULE = re.compile(r"\(rule ([\w.-]+)\)$")
PATIENCE = 90  # seconds for one archive


@dataclass(frozen=True)
class Compared:
    """One archive: what the fast pass says, what both say, and the rules that matched."""

    name: str
    fast: Verdict
    both: Verdict

    @property
    def rules(self) -> frozenset[str]:
        """The ids of the rules that matched."""
        return frozenset(found[1] for one in self.both.findings if (found := RULE.search(one.message)))

    def without(self, rule: str) -> Ruling:
        """Return the ruling with one rule taken out."""
        left = [one for one in self.both.findings if not one.message.endswith(f"(rule {rule})")]
        return max(self.fast.ruling, ruling_of(left, Policy()))


def late(*_: object) -> None:
    """End an archive whose time is up."""
    raise TimeoutError


def judged(inspector: Inspector, ecosystem: str, path: Path) -> Verdict | None:
    """Run the fast pass; None when it takes too long."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    signal.alarm(PATIENCE)
    try:
        release = Release(ecosystem, path.name)
        return inspector.judge_artifact(path, release, filename=path.name, sha256=sha256, later=True)
    except TimeoutError:
        print(f"  over {PATIENCE} s: {path.name}")
        return None
    finally:
        signal.alarm(0)


def compared(ecosystem: str, paths: Iterable[Path], figures: collections.Counter[str]) -> Iterator[Compared]:
    """Judge archives both ways, a set at a time; add up what it costs."""
    inspector, waiting = Inspector(Policy()), list(paths)
    while waiting:
        batch, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        began = time.monotonic()
        fast = [verdict for path in batch if (verdict := judged(inspector, ecosystem, path)) is not None]
        middle = time.monotonic()
        both = inspector.deepen(fast)
        figures["fast ms"] += round((middle - began) * 1000)
        figures["deep ms"] += round((time.monotonic() - middle) * 1000)
        figures["archives"] += len(fast)
        figures["deep archives"] += sum(one.pending is not None for one in fast)
        figures["deep files"] += sum(len(one.pending.suspects) for one in fast if one.pending is not None)
        figures["not read deeper"] += sum("not read deeper" in each.message for one in both for each in one.findings)
        for one, two in zip(fast, both, strict=True):
            yield Compared(one.artifact.filename if one.artifact else str(one.release), one, two)


def examples(folder: Path) -> tuple[list[Path], list[Path]]:
    """Make a package of each rule's example; return those of Python and those of npm."""
    python, npm = [], []
    for hit in sorted((signatures.folder() / "semgrep").rglob("*.hit.*")):
        text, name = hit.read_text("utf-8"), f"{hit.parent.name}-{hit.name.partition('.')[0]}"
        if hit.suffix == ".py":
            python.append(packages.wheel(name, files={f"{name.replace('-', '_')}/__init__.py": text}).write(folder))
        else:
            start = "sh setup.sh" if hit.suffix == ".sh" else f"node setup{hit.suffix}"
            packed = npm_packages.package(name, files={f"setup{hit.suffix}": text}, scripts={"postinstall": start})
            npm.append(packed.write(folder))
    return python, npm


def show(rows: list[Compared], figures: collections.Counter[str], *, quiet: bool) -> None:
    """Print what changed, the table of rules, and the cost."""
    changed = [row for row in rows if row.both.ruling is not row.fast.ruling]
    for row in [] if quiet else changed:
        print(f"  {row.fast.ruling.word} -> {row.both.ruling.word}: {row.name}: {', '.join(sorted(row.rules))}")
    rules = sorted({rule for row in rows for rule in row.rules})
    print("| rule | archives matched | stricter with it | milder without it alone |\n|---|---|---|---|")
    for rule in rules:
        matched = [row for row in rows if rule in row.rules]
        stricter = sum(row.both.ruling is not row.fast.ruling for row in matched)
        alone = sum(row.without(rule) is not row.both.ruling for row in matched)
        print(f"| {rule} | {len(matched)} | {stricter} | {alone} |")
    print(dict(collections.Counter(f"{row.fast.ruling.word} -> {row.both.ruling.word}" for row in rows)))
    print(dict(figures))


def main() -> None:
    """Compare both ways of judging over a folder, or over the rules' own examples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ecosystem", choices=("pypi", "npm", "examples"))
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--step", type=int, default=1, help="take every nth archive")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, late)
    figures: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as made:
        if options.ecosystem == "examples":
            python, npm = examples(Path(made))
            rows = [*compared("pypi", python, figures), *compared("npm", npm, figures)]
        else:
            paths = sorted(path for path in options.folder.iterdir() if path.is_file())[:: options.step]
            rows = list(compared(options.ecosystem, paths, figures))
    show(rows, figures, quiet=options.quiet)


if __name__ == "__main__":
    main()
