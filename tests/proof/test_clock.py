"""A clock that is years off: what has to wait waits, what was judged stays judged, and it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.test_cooldown import QUESTION, hours_ago
from tests.support.clients import NEWEST
from tests.support.npm_packages import package
from tests.support.packages import wheel

if TYPE_CHECKING:
    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

# What Python reads as it starts: from then on it is another day.
JUMP = """
import datetime, time
SECONDS = {seconds}
_time = time.time
time.time = lambda: _time() + SECONDS
class _Jumped(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=SECONDS)
class _Day(datetime.date):
    @classmethod
    def today(cls):
        return super().today() + datetime.timedelta(seconds=SECONDS)
datetime.datetime, datetime.date = _Jumped, _Day
"""
YEAR = 365 * 86_400


def jumped(ground: Ground, seconds: int) -> None:
    folder = ground.folder / "clock"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(JUMP.format(seconds=seconds), "utf-8")
    ground.environ["PYTHONPATH"] = str(folder) if seconds else ""


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    index.add(wheel("mossgarden", "1.0"), wheel("mossgarden", "1.1"))
    index.add(wheel("mossgarden", "1.2"), uploaded=hours_ago(6))
    return make_ground(NEWEST, index_url=index.url)


def installed(ground: Ground) -> list[str]:
    return sorted(path.name for path in ground.environment.site.glob("mossgarden-*"))


def test_a_clock_that_is_ahead_lets_no_young_release_pass(ground: Ground) -> None:
    jumped(ground, 2 * YEAR)
    done = ground.safe_install("mossgarden")
    assert installed(ground) == ["mossgarden-1.1.dist-info"]
    assert "held back mossgarden 1.2, 6 h old; took 1.1" in done.err
    assert "this machine's clock is 730 days ahead of the indexes'" in done.err


@pytest.mark.matrix
def test_a_clock_that_is_behind_makes_all_releases_wait_and_says_why(ground: Ground) -> None:
    jumped(ground, -10 * YEAR)
    done = ground.safe_install("mossgarden", expect=QUESTION)
    assert installed(ground) == []
    assert "days behind the indexes'" in done.err
    jumped(ground, 0)
    ground.safe_install("mossgarden")
    assert installed(ground) == ["mossgarden-1.1.dist-info"]


@pytest.mark.matrix
def test_a_clock_that_jumps_between_two_runs_changes_nothing_about_what_is_remembered(ground: Ground) -> None:
    ground.safe_install("mossgarden==1.0")
    jumped(ground, 3 * YEAR)
    done = ground.safe_install("--format", "json", "--force-reinstall", "mossgarden==1.0")
    assert done.report["stats"]["recalled"] == 1
    jumped(ground, 0)
    done = ground.safe_install("--format", "json", "--force-reinstall", "mossgarden==1.0")
    assert done.report["stats"]["recalled"] == 1


@pytest.mark.matrix
def test_for_npm_too(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(package("mossgarden", "1.0.0"))
    registry.add(package("mossgarden", "1.1.0"), time=hours_ago(6))
    ground = make_npm_ground(index_url=registry.url)
    jumped(ground, 2 * YEAR)
    done = ground.safe_install("npm", "install", "mossgarden")
    assert ground.read_json("node_modules/mossgarden/package.json")["version"] == "1.0.0"
    assert "ahead of the indexes'" in done.err
