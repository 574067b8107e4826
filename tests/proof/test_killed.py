"""kill -9 at the worst moment: nothing half-written is believed, and the next run works and judges right."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import attacks, processes
from tests.support.clients import NEWEST
from tests.support.ground import BLOCKED, GATEKEEPER, Ground, MakeGround
from tests.support.index import Index, slow
from tests.support.npm_packages import package
from tests.support.packages import Built, wheel

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

PATIENCE = 60.0  # seconds for the moment to come, on a machine that has much else to do
KILLED = -9
MANY = {f"mossgarden/part{number}.py": f"NUMBER = {number}\n" * 40 for number in range(800)}
WIDE = wheel("mossgarden", files={"mossgarden/__init__.py": "", **MANY})


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    """A person whose policy has a log, and an index with a hostile package beside the honest ones."""
    ground = make_ground(NEWEST, index_url=index.url)
    config = ground.home / ".config" / "gatekeeper"
    config.mkdir(parents=True)
    (config / "gatekeeper.toml").write_text(f'[audit]\nfile = "{ground.home / "audit.jsonl"}"\n', "utf-8")
    hostile = attacks.pth_wheel("quietharbour", attacks.spawn_shell(ground.marker).replace("\n", "; "))
    index.add(wheel("fernbrook"), hostile)
    return ground


def cache(ground: Ground) -> Path:
    return ground.home / ".cache" / "gatekeeper"


def kill_when(ground: Ground, moment: Callable[[], bool], *words: str) -> None:
    """Kill gatekeeper itself, and nothing else, as soon as a moment has come."""

    def meanwhile(process: subprocess.Popen[str]) -> None:
        until = time.monotonic() + PATIENCE
        while not moment():
            assert process.poll() is None, "it ended before its moment came"
            assert time.monotonic() < until, "its moment never came"
            time.sleep(0.002)
        process.kill()

    done = ground.run(*GATEKEEPER, "install", *words, meanwhile=meanwhile)
    assert done.code == KILLED, done.text
    assert processes.all_gone(ground.folder, ground.session) == []


def assert_works_again(ground: Ground, *words: str) -> None:
    """The next run works, and leaves nothing half-written behind."""
    ground.safe_install(*words)
    assert list((cache(ground) / "files" / "incoming").iterdir()) == []
    store = sqlite3.connect(cache(ground) / "verdicts.sqlite")
    assert store.execute("pragma integrity_check").fetchall() == [("ok",)]
    store.close()
    log = [json.loads(line) for line in (ground.home / "audit.jsonl").read_text("ascii").splitlines()]
    ended = {line["run"] for line in log if line["event"] == "ended"}
    assert len({line["run"] for line in log} - ended) == 1, "the run that was killed never ended"


def assert_judges_right(ground: Ground, *words: str) -> None:
    """The next run works, and what is hostile is refused as ever."""
    assert_works_again(ground, *words)
    ground.safe_install("quietharbour", expect=BLOCKED)
    ground.start_python()
    assert not ground.marker.exists()


@pytest.mark.matrix
def test_in_the_middle_of_a_download(ground: Ground, index: Index) -> None:
    index.add(WIDE)
    index.fault(WIDE.filename, slow(1.0))
    before = ground.snapshot()
    incoming = cache(ground) / "files" / "incoming"
    kill_when(ground, lambda: f"/files/{WIDE.filename}" in index.paths(), "mossgarden")
    ground.assert_unchanged_since(before)
    incoming.mkdir(parents=True, exist_ok=True)
    (incoming / "half").write_bytes(WIDE.content[:1000])  # as it is where half of it had come
    index.faults.clear()
    assert_judges_right(ground, "mossgarden")


@pytest.mark.matrix
def test_in_the_middle_of_remembering(ground: Ground, index: Index) -> None:
    index.add(*(wheel(f"leaf{number}") for number in range(8)))
    wal = cache(ground) / "verdicts.sqlite-wal"
    kill_when(ground, lambda: wal.exists() and wal.stat().st_size > 0, *(f"leaf{number}" for number in range(8)))
    assert_judges_right(ground, *(f"leaf{number}" for number in range(8)))


def test_in_the_middle_of_an_installation(ground: Ground, index: Index) -> None:
    index.add(WIDE)
    site = ground.environment.site
    kill_when(ground, (site / "mossgarden").is_dir, "mossgarden")
    assert_holds_nothing_else(site / "mossgarden", WIDE)
    assert_works_again(ground, "mossgarden")
    assert len(list((site / "mossgarden").glob("part*.py"))) == len(MANY)


def assert_holds_nothing_else(folder: Path, built: Built) -> None:
    """What is there is at worst less than what was judged: whole files, or beginnings of them."""
    for path in folder.glob("*.py"):
        judged = MANY.get(f"{folder.name}/{path.name}", "")
        assert judged.startswith(path.read_text("utf-8")), path


@pytest.mark.parametrize("moment", ["fetching", pytest.param("unpacking", marks=pytest.mark.matrix)])
def test_npm_in_the_middle(make_npm_ground: MakeNpmGround, registry: Registry, moment: str) -> None:
    registry.add(package("mossgarden", files={f"lib/part{number}.js": "1;\n" for number in range(500)}))
    ground = make_npm_ground(index_url=registry.url)
    modules = ground.project / "node_modules" / "mossgarden"

    def come() -> bool:
        return modules.is_dir() if moment == "unpacking" else any(path.endswith(".tgz") for path in registry.paths())

    def meanwhile(process: subprocess.Popen[str]) -> None:
        until = time.monotonic() + PATIENCE
        while not come():
            assert process.poll() is None, "it ended before its moment came"
            assert time.monotonic() < until, "its moment never came"
            time.sleep(0.002)
        process.kill()

    done = ground.run(*GATEKEEPER, "install", "npm", "install", "mossgarden", meanwhile=meanwhile)
    assert done.code == KILLED, done.text
    assert processes.all_gone(ground.folder, ground.session) == []
    again = ground.run(*GATEKEEPER, "install", "npm", "install", "mossgarden")
    assert again.code == 0, again.text
    assert len(list((modules / "lib").iterdir())) == 500
