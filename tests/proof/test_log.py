"""The log of decisions beside real installations: complete, and out of reach of what is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import attacks
from tests.support.clients import NEWEST
from tests.support.ground import ALLOWED, BLOCKED, UNANSWERED, UNDECIDED, Ground, MakeGround
from tests.support.npm_packages import package
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry


def with_log(ground: Ground, log: Path, more: str = "") -> Path:
    log.parent.mkdir(parents=True, exist_ok=True)
    config = ground.home / ".config" / "gatekeeper"
    config.mkdir(parents=True, exist_ok=True)
    (config / "gatekeeper.toml").write_text(f'[audit]\nfile = "{log}"\n{more}', "utf-8")
    return log


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("ascii").splitlines()]


def told(log: Path) -> list[tuple[str, str]]:
    return [(line.get("purl", line["event"]), line.get("ruling", "")) for line in lines(log)]


def test_what_is_allowed_and_what_is_refused_is_written_down(make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    log = with_log(ground, ground.home / "audit.jsonl")
    hostile = attacks.pth_wheel("quietharbour", attacks.spawn_shell(ground.marker).replace("\n", "; "))
    index.add(wheel("mossgarden"), hostile)
    ground.safe_install("mossgarden")
    ground.safe_install("quietharbour", expect=BLOCKED)
    assert told(log) == [
        ("began", ""),
        ("pkg:pypi/mossgarden@1.0", "allow"),
        ("ended", "allow"),
        ("began", ""),
        ("pkg:pypi/quietharbour@1.0", "block"),
        ("ended", "block"),
    ]
    assert [line["exit"] for line in lines(log) if line["event"] == "ended"] == [ALLOWED, BLOCKED]
    assert lines(log)[4]["sha256"] == hostile.sha256


def test_an_installation_cannot_write_it(make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url, build_tools_inside=True)
    log = with_log(ground, ground.home / "logs" / "audit.jsonl")
    tries = f"""
import os
from setuptools import setup
said = []
for attempt in (lambda: open({str(log)!r}, "a").write("forged"), lambda: os.replace({str(log)!r}, {str(log)!r} + ".gone")):
    try:
        attempt()
        said.append("done")
    except OSError:
        said.append("refused")
open("said.py", "w").write("TEXT = " + repr(said))
setup(name="mossgarden", version="1.0", py_modules=["said"])
"""
    index.add(sdist("mossgarden", files={"setup.py": tries}, static=None))
    ground.safe_install("--no-build-isolation", "mossgarden", ours=("--yes",))
    assert ground.start_python("import said; print(said.TEXT)").out.strip() == "['refused', 'refused']"
    assert told(log) == [("began", ""), ("pkg:pypi/mossgarden@1.0", "allow"), ("ended", "allow")]


@pytest.mark.matrix
def test_a_log_among_what_is_installed_is_refused(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    with_log(ground, ground.environment.site / "audit.jsonl")
    done = ground.safe_install("mossgarden", expect=UNDECIDED)
    assert "packages could change it" in done.err
    assert not (ground.environment.site / "mossgarden").exists()


@pytest.mark.matrix
def test_npm_s_whole_set_is_written_down_too(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(package("fernbrook"), package("mossgarden", dependencies={"fernbrook": "1.0.0"}))
    ground = make_npm_ground(index_url=registry.url)
    log = with_log(ground, ground.home / "audit.jsonl")
    ground.safe_install("npm", "install", "mossgarden")
    assert sorted(told(log)[1:-1]) == [("pkg:npm/fernbrook@1.0.0", "allow"), ("pkg:npm/mossgarden@1.0.0", "allow")]


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("ours", "answered", "code"), [((), None, UNANSWERED), (("--yes",), "--yes", ALLOWED), (("--no",), "--no", BLOCKED)]
)
def test_who_answered_is_written_down(
    make_ground: MakeGround, index: Index, ours: tuple[str, ...], answered: str | None, code: int
) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    log = with_log(ground, ground.home / "audit.jsonl")
    index.add(
        wheel("mossgarden", files={"mossgarden/__init__.py": "", "mossgarden/hidden.pyc": b"\xcb\r\r\n" + bytes(8)})
    )
    ground.safe_install("mossgarden", ours=ours, expect=code)
    (line,) = [line for line in lines(log) if line["event"] == "release"]
    assert line["answered"] == answered
