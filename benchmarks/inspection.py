"""Measure how long reading takes by the size of what is read: `python benchmarks/inspection.py pypi|npm FOLDER`.

CPU seconds of one process, which reads the archives of a folder one after the other; what the first archive pays for
loading is left out. Sizes are those of the unpacked members. The cost is linear in bytes when the last column stays the
same from class to class. Never part of the tests.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from pathlib import Path

from corpus import Judged, judge

CLASSES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, float("inf"))  # upper bounds in megabytes unpacked
MEGABYTE = 1e6
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


def row(label: str, done: list[Judged]) -> str:
    """Return one line of the table about some archives."""
    seconds = [one.seconds * 1000 for one in done]
    each = statistics.median(one.seconds * 1000 / max(one.size / MEGABYTE, 1e-6) for one in done)
    whole = sum(seconds) / max(sum(one.size for one in done) / MEGABYTE, 1e-6)
    return (
        f"| {label} | {len(done)} | {statistics.median(seconds):.0f} ms | {max(seconds):.0f} ms "
        f"| {each:.0f} ms | {whole:.0f} ms |"
    )


def table(done: list[Judged]) -> list[str]:
    """Return a Markdown table by classes of size."""
    lines = ["| unpacked | archives | median | longest | median a MB | all a MB |", "|---|---|---|---|---|---|"]
    least = 0.0
    for most in CLASSES:
        inside = [one for one in done if least <= one.size / MEGABYTE < most]
        if inside:
            lines.append(row(f"{least:g} MB or more" if most == CLASSES[-1] else f"below {most:g} MB", inside))
        least = most
    return [*lines, row("all", done)]


def main() -> None:
    """Read a folder's archives and print the table, the whole time and the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ecosystem", choices=("pypi", "npm"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, help="the first so many archives only")
    options = parser.parse_args()
    paths = sorted(path for path in options.folder.iterdir() if path.is_file())[: options.limit]
    if not paths:
        return
    judge(options.ecosystem, paths[0])
    began = time.monotonic()
    done = [judge(options.ecosystem, path) for path in paths]
    print("\n".join(table(done)))
    seconds, memory = sum(one.seconds for one in done), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    print(f"{time.monotonic() - began:.0f} s in all, {seconds:.1f} CPU s, {memory / (1 << 20):.0f} MB of memory")


if __name__ == "__main__":
    main()
