"""Measure `gatekeeper check` of a large lock when every release is known: `python -m benchmarks.check [--releases N]`.

A loopback index serves N small wheels; a lock names them all. The first run fills the store, the later ones are timed:
the whole lock, one changed entry against a revision, and a commit that touches no lock. Never part of the tests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.index import Answer, Index, running
from tests.support.packages import wheel
from tests.support.repository import AUTHOR


def as_large_indexes_do(answer: Answer) -> Answer:
    """Say how long a page may be taken without asking again."""
    mark = {"ETag": f'"{hash(answer.body)}"', "Cache-Control": "max-age=600"}
    return replace(answer, headers={**answer.headers, **mark})


def timed(words: list[str], folder: Path, environ: dict[str, str], runs: int) -> float:
    """Return the median of some runs, in seconds."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        found.append(time.perf_counter() - began)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
    return statistics.median(found)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--releases", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(Index()) as index:
        home = Path(name)
        project = home / "project"
        project.mkdir()
        packages = [wheel(f"acme-thing-{number}", "1.0") for number in range(options.releases)]
        index.add(*packages)
        index.faults[""] = as_large_indexes_do
        lines = [f"{one.name}==1.0 --hash=sha256:{one.sha256}" for one in packages]
        own = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"), name)
        environ = {**os.environ, **own, "PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": os.devnull}
        lock = project / "requirements.txt"
        lock.write_text("\n".join(lines[:-1]) + "\n", "utf-8")
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
            subprocess.run(["git", *AUTHOR, *words], cwd=project, check=True)
        check = [sys.executable, "-m", "gatekeeper", "check", "-q"]
        (project / "README").write_text("nothing\n", "utf-8")
        print(f"a change without a lock: {timed([*check, '--base', 'HEAD'], project, environ, options.runs):.2f} s")
        lock.write_text("\n".join(lines) + "\n", "utf-8")
        print(f"first look at {options.releases} releases: {timed(check, project, environ, 1):.2f} s")
        print(f"all of them known: {timed(check, project, environ, options.runs):.2f} s")
        print(f"one new entry: {timed([*check, '--base', 'HEAD'], project, environ, options.runs):.2f} s")


if __name__ == "__main__":
    main()
