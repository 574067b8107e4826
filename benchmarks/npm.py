"""Time a gated npm against a bare one: `python benchmarks/npm.py [--runs N] [--warm] [--project DIR] WORDS...`.

Alternates bare and gated runs in fresh copies of a project, against the registry that this machine's npm is configured
for. Cold: every run has an empty npm cache and an empty gatekeeper store. Warm: both were filled by one run before.
`--project` is a folder with a package.json, and a lock for `ci`. After each pair, lock, package.json and node_modules
must be the same. Prints medians and the ratio of medians; single times mean nothing. Never part of the tests.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE, GATED = "bare", "gated"


def fresh(project: Path, like: Path | None) -> Path:
    """Make a project anew, as empty as can be or like another one."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    (project / "package.json").write_text('{"name": "project", "version": "1.0.0"}\n')
    for file in ("package.json", "package-lock.json") if like else ():
        if like and (like / file).is_file():
            shutil.copy(like / file, project / file)
    return project


def seconds(kind: str, project: Path, words: list[str], cache: Path) -> float:
    """Run npm once and return how long it took by the wall clock."""
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache), "npm_config_cache": str(cache / "npm")}
    command = {
        BARE: ["npm", *words],
        GATED: [sys.executable, "-m", "gatekeeper", "install", "-q", "--yes", "npm", *words],
    }[kind]
    began = time.perf_counter()
    subprocess.run(command, cwd=project, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def differences(one: Path, other: Path) -> list[str]:
    """Name what is not the same in two folders."""
    compared = filecmp.dircmp(one, other, ignore=[], hide=[])
    _, wrong, odd = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    found = [*compared.left_only, *compared.right_only, *wrong, *odd, *compared.funny_files]
    inner = [each for name in compared.common_dirs for each in differences(one / name, other / name)]
    return [str(one / name) for name in found] + inner


def main() -> None:
    """Alternate, compare, then print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--project", type=Path)
    parser.add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    times: dict[str, list[float]] = {BARE: [], GATED: []}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for number in range(-1 if options.warm else 0, options.runs):
            for kind in (BARE, GATED) if number % 2 else (GATED, BARE):
                project = fresh(root / kind / "project", options.project)
                cache = root / (f"cache-{kind}" if options.warm else f"cache-{kind}{number}")
                taken = seconds(kind, project, options.words, cache)
                if number >= 0:
                    times[kind].append(taken)
            unlike = differences(root / BARE, root / GATED)
            print(f"run {number}: {'the same tree' if not unlike else f'{len(unlike)} differences: {unlike[:3]}'}")
    bare, gated = (statistics.median(times[kind]) for kind in (BARE, GATED))
    print(f"{'warm' if options.warm else 'cold'} npm {' '.join(options.words)}: bare {bare:.2f} s, gated {gated:.2f} s")
    print(f"ratio {gated / bare:.2f} (medians of {options.runs})")
    print({kind: [round(each, 2) for each in taken] for kind, taken in times.items()})


if __name__ == "__main__":
    main()
