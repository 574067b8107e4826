"""Two installations at the same time, with one store: each gets what was judged, and neither hinders the other."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support import attacks
from tests.support.clients import NEWEST
from tests.support.ground import ALLOWED, BLOCKED, GATEKEEPER, Done, Ground
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index import Index

NAMES = ("fernbrook", "mossgarden", "quietharbour")


@pytest.fixture
def grounds(tmp_path: Path, index: Index) -> list[Ground]:
    """Two people's grounds in all but the cache, which they share."""
    index.add(*(wheel(name, about=About(requires=NAMES[:number])) for number, name in enumerate(NAMES)))
    shared = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    return [Ground(tmp_path / name, NEWEST, index_url=index.url, environ=shared) for name in "ab"]


def at_once(*runs: tuple[Ground, str]) -> list[Done]:
    with ThreadPoolExecutor(len(runs)) as pool:
        jobs = [pool.submit(ground.run, *GATEKEEPER, "install", *words.split()) for ground, words in runs]
        return [job.result() for job in jobs]


def assert_sound(cache: Path) -> None:
    store = sqlite3.connect(cache / "gatekeeper" / "verdicts.sqlite")
    assert store.execute("pragma integrity_check").fetchall() == [("ok",)]
    store.close()
    assert list((cache / "gatekeeper" / "files" / "incoming").iterdir()) == []


def test_into_two_environments(grounds: list[Ground], tmp_path: Path) -> None:
    done = at_once(*((ground, "quietharbour") for ground in grounds))
    assert [each.code for each in done] == [ALLOWED, ALLOWED], "\n".join(each.text for each in done)
    for ground in grounds:
        code = "import fernbrook, mossgarden, quietharbour"
        assert ground.start_python(code).code == 0
        ground.assert_nothing_left()
    assert_sound(tmp_path / "cache")
    store = sqlite3.connect(tmp_path / "cache" / "gatekeeper" / "verdicts.sqlite")
    assert store.execute("select count(*) from findings_2").fetchone() == (len(NAMES),), "what both found is remembered"
    store.close()


@pytest.mark.matrix
def test_into_the_same_environment(grounds: list[Ground], tmp_path: Path) -> None:
    ground = grounds[0]
    done = at_once((ground, "fernbrook"), (ground, "mossgarden"))
    assert [each.code for each in done] == [ALLOWED, ALLOWED], "\n".join(each.text for each in done)
    assert ground.start_python("import fernbrook, mossgarden").code == 0
    ground.assert_nothing_left()
    assert_sound(tmp_path / "cache")


@pytest.mark.matrix
def test_a_hostile_one_beside_an_honest_one_is_refused_all_the_same(grounds: list[Ground], index: Index) -> None:
    one, other = grounds
    index.add(attacks.pth_wheel("stillwater", attacks.spawn_shell(other.marker).replace("\n", "; ")))
    before = other.snapshot()
    honest, hostile = at_once((one, "mossgarden"), (other, "stillwater"))
    assert (honest.code, hostile.code) == (ALLOWED, BLOCKED), honest.text + hostile.text
    other.assert_unchanged_since(before)
    other.start_python()
    assert not other.marker.exists()


def test_an_installation_loses_nothing_to_somebody_who_prunes_beside_it(grounds: list[Ground], index: Index) -> None:
    ground = grounds[0]

    def meanwhile(process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            subprocess.run(
                [sys.executable, "-m", "gatekeeper", "store", "prune", "--all"],
                env=ground.clean_environ(), capture_output=True, check=False, cwd=ground.project,
            )  # fmt: skip

    done = ground.run(*GATEKEEPER, "install", "quietharbour", meanwhile=meanwhile)
    assert done.code == ALLOWED, done.text
    assert ground.start_python("import fernbrook, mossgarden, quietharbour").code == 0
