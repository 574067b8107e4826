"""A disk that is full, or that cannot be written: for what is remembered, for fetched files, and for the log."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NEWEST
from tests.support.ground import ALLOWED, GATEKEEPER, UNDECIDED, Done, Ground, MakeGround
from tests.support.npm_packages import package
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

MOUNT = 'mount -t tmpfs -o size="$1" none "$2" || exit 99; shift; place=$1; shift; '
FILL = 'cat /dev/zero > "$place/fill" 2>/dev/null; '
READ_ONLY = 'mount -o remount,ro "$place"; '
RUN = 'exec "$@"'
PAGE = 4096  # bytes: what a file takes of a tmpfs, at the least
LEFT = 600  # bytes: enough for the line with which a run begins, and not for the next one


@cache
def may_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/tmp"], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not may_mount(), reason="a small disk needs a namespace in which one may mount")


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    index.add(
        wheel("mossgarden", about=About(requires=("fernbrook",))),
        wheel("fernbrook"),
        wheel("bigbrook", files={"bigbrook/__init__.py": "", "bigbrook/noise.bin": os.urandom(3_000_000)}),
    )
    ground = make_ground(NEWEST, index_url=index.url)
    (ground.home / ".cache").mkdir()
    return ground


def on_a_small_disk(ground: Ground, place: Path, then: str, *words: str, size: str = "1m") -> Done:
    """Run an installation with a small disk of its own at one place; `then` is done to it first."""
    before = ("unshare", "-Urm", "sh", "-c", MOUNT + then + RUN, "sh", size, place)
    done = ground.run(*before, *GATEKEEPER, "install", *words)
    assert "Traceback (most recent call last)" not in done.text
    ground.assert_nothing_left()
    return done


def log_at(ground: Ground) -> Path:
    log = ground.home / "logs" / "audit.jsonl"
    log.parent.mkdir()
    config = ground.home / ".config" / "gatekeeper"
    config.mkdir(parents=True)
    (config / "gatekeeper.toml").write_text(f'[audit]\nfile = "{log}"\n', "utf-8")
    return log


def test_what_cannot_be_kept_is_not_judged_and_not_installed(ground: Ground) -> None:
    before = ground.snapshot()
    done = on_a_small_disk(ground, ground.home / ".cache", "", "bigbrook")
    assert done.code == UNDECIDED, done.text
    assert "No space left on device" in done.err
    ground.assert_unchanged_since(before)


def test_a_full_log_ends_the_run_before_anything_is_asked_for(ground: Ground, index: Index) -> None:
    log = log_at(ground)
    before = ground.snapshot()
    done = on_a_small_disk(ground, log.parent, FILL, "mossgarden")
    assert done.code == UNDECIDED, done.text
    assert f"the audit log {log} cannot be written: No space left on device" in done.err
    assert index.asked == []
    ground.assert_unchanged_since(before)


def test_a_log_that_fills_up_meanwhile_lets_nothing_through(ground: Ground) -> None:
    log = log_at(ground)
    before = ground.snapshot()
    nearly = f'head -c {PAGE - LEFT - 1} /dev/zero | tr "\\0" x > "{log}"; echo >> "{log}"; ' + FILL
    done = on_a_small_disk(ground, log.parent, nearly, "mossgarden", size="64k")
    assert done.code == UNDECIDED, done.text
    assert f"the audit log {log} cannot be written" in done.err
    ground.assert_unchanged_since(before)


@pytest.mark.matrix
def test_a_log_that_fills_up_meanwhile_lets_nothing_through_to_npm(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(package("mossgarden"))
    ground = make_npm_ground(index_url=registry.url)
    log = log_at(ground)
    nearly = f'head -c {PAGE - LEFT - 1} /dev/zero | tr "\\0" x > "{log}"; echo >> "{log}"; ' + FILL
    done = on_a_small_disk(ground, log.parent, nearly, "npm", "install", "mossgarden", size="64k")
    assert done.code == UNDECIDED, done.text
    assert f"the audit log {log} cannot be written" in done.err
    assert not (ground.project / "node_modules" / "mossgarden").exists()


@pytest.mark.matrix
def test_a_disk_without_any_room_for_what_is_remembered_is_no_way_around_the_verdict(ground: Ground) -> None:
    before = ground.snapshot()
    done = on_a_small_disk(ground, ground.home / ".cache", FILL, "mossgarden")
    assert done.code == UNDECIDED, done.text
    ground.assert_unchanged_since(before)


@pytest.mark.matrix
def test_without_a_store_a_full_home_is_no_hindrance(ground: Ground) -> None:
    done = on_a_small_disk(ground, ground.home / ".cache", FILL, "--no-store", "mossgarden")
    assert done.code == ALLOWED, done.text


@pytest.mark.matrix
def test_a_home_that_cannot_be_written_is_said_and_is_no_hindrance(ground: Ground) -> None:
    done = on_a_small_disk(ground, ground.home / ".cache", READ_ONLY, "mossgarden")
    assert done.code == ALLOWED, done.text
    assert "nothing is kept for later runs" in done.err
    assert ground.start_python("import mossgarden, fernbrook").code == 0
