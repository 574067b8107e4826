"""Measure how long `safe-install --help` takes beside `pip --version`: `python benchmarks/start.py [--runs N]`.

Processor time, alternating; prints the medians and their ratio. Never part of the tests.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median


def seconds(*words: str) -> float:
    """Return the processor time of a command: the machine may be busy, and both wait for nothing."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        sys.exit(f"{words[0]} failed")
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    ours = str(Path(sys.executable).with_name("safe-install"))
    turns = [(seconds(ours, "--help"), seconds(sys.executable, "-m", "pip", "--version")) for _ in range(runs)]
    own, theirs = (median(turn[side] for turn in turns) for side in (0, 1))
    print(f"safe-install --help {own:.3f} s, pip --version {theirs:.3f} s: {own / theirs:.2f} (medians of {runs})")


if __name__ == "__main__":
    main()
