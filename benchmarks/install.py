"""Time a gated install against a bare one: `python benchmarks/install.py [--runs N] [--warm] WORDS...`.

Alternates bare and gated runs into fresh environments, against the index that this machine's pip is configured for.
Cold: every run has an empty pip cache and an empty gatekeeper store. Warm: both were filled by one run before.
Prints medians and the ratio of medians; single times mean nothing. Never part of the tests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE, GATED = "bare", "gated"


def fresh_environment(folder: Path, pip: str) -> Path:
    """Make an environment with one version of pip."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "-U", pip], check=True)
    return python


def seconds(kind: str, python: Path, words: list[str], cache: Path) -> float:
    """Run one install and return how long it took by the wall clock."""
    environ = {**os.environ, "VIRTUAL_ENV": str(python.parents[1]), "XDG_CACHE_HOME": str(cache)}
    environ |= {"PIP_CACHE_DIR": str(cache / "pip"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = {
        BARE: [python, "-m", "pip", "install", "-q", *words],
        GATED: [sys.executable, "-m", "gatekeeper", "install", "-q", "pip", "install", "-q", *words],
    }[kind]
    began = time.perf_counter()
    subprocess.run(command, env=environ, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Alternate, then print medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--pip", default="pip")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    times: dict[str, list[float]] = {BARE: [], GATED: []}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for number in range(-1 if options.warm else 0, options.runs):
            for kind in (BARE, GATED) if number % 2 else (GATED, BARE):
                python = fresh_environment(root / f"{kind}{number}", options.pip)
                cache = root / (f"cache-{kind}" if options.warm else f"cache-{kind}{number}")
                taken = seconds(kind, python, options.words, cache)
                if number >= 0:
                    times[kind].append(taken)
    bare, gated = (statistics.median(times[kind]) for kind in (BARE, GATED))
    print(f"{'warm' if options.warm else 'cold'} {' '.join(options.words)}: bare {bare:.2f} s, gated {gated:.2f} s")
    print(f"ratio {gated / bare:.2f} (medians of {options.runs})")
    print({kind: [round(each, 2) for each in taken] for kind, taken in times.items()})


if __name__ == "__main__":
    main()
