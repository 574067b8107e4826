"""What a shim adds to a command that installs nothing: `python benchmarks/shell.py`, medians of 20 alternating runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gatekeeper.commands.shell import lay
from gatekeeper.shims import without_shims

RUNS = 20


def seconds(words: list[str], path: str) -> float:
    began = time.perf_counter()
    subprocess.run(words, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def measure(what: str, words: list[str], bare: str, shims: Path) -> None:
    behind = f"{shims}:{bare}"
    found = next(Path(folder, words[0]) for folder in bare.split(":") if Path(folder, words[0]).is_file())
    pairs = [
        (seconds([str(found), *words[1:]], bare), seconds([str(shims / words[0]), *words[1:]], behind))
        for _ in range(RUNS)
    ]
    medians = [1000 * statistics.median(times) for times in zip(*pairs, strict=True)]
    added = 1000 * statistics.median(more - less for less, more in pairs)
    print(f"| {what} | {medians[0]:.1f} ms | {medians[1]:.1f} ms | {added:.1f} ms | {RUNS} |")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shims, stand_ins = Path(folder, "shims"), Path(folder, "bin")
        lay(shims)
        stand_ins.mkdir()
        (stand_ins / "pip").write_text("#!/bin/sh\n", "utf-8")
        (stand_ins / "pip").chmod(0o755)
        environment = f"{Path(sys.executable).parent}:{without_shims(os.environ['PATH'])}"
        measure("a client that does nothing", ["pip", "list"], f"{stand_ins}:{environment}", shims)
        measure("pip list", ["pip", "list", "--disable-pip-version-check"], environment, shims)
        measure("npm --version", ["npm", "--version"], environment, shims)


if __name__ == "__main__":
    main()
