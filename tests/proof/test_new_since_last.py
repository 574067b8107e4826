"""A release that raises a question is held against the one before it, which is fetched only for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NEWEST
from tests.support.npm_clients import NEWEST as NEWEST_NPM
from tests.support.npm_packages import package
from tests.support.packages import wheel

if TYPE_CHECKING:
    from tests.support.ground import MakeGround
    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

# A question by itself: what is fetched at install is not run by this code.
FETCHES = """
const https = require('https'), fs = require('fs')
https.get('https://downloads.example/tool', reply => reply.pipe(fs.createWriteStream('tool')))
"""
PLAIN = {"index.js": "module.exports = 1\n"}
HOOKED = {**PLAIN, "setup.js": FETCHES}
HOOK = {"postinstall": "node setup.js"}


def test_a_patch_that_gains_what_raises_the_question_is_refused(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(
        package("mossgarden", "1.0.0", files=PLAIN), package("mossgarden", "1.0.1", files=HOOKED, scripts=HOOK)
    )
    ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
    ground.manifest()
    done = ground.gated("install", "mossgarden", expect=10)
    assert "new since 1.0.0: runs " in done.err
    assert "downloads.example" in done.err
    assert not (ground.modules / "mossgarden").exists()


def test_what_was_there_before_stays_a_question(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(*(package("mossgarden", one, files=HOOKED, scripts=HOOK) for one in ("1.0.0", "1.0.1")))
    ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
    ground.manifest()
    done = ground.gated("install", "mossgarden", expect=11)
    assert "new since" not in done.err


def test_the_earlier_file_is_fetched_for_nothing_else(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(*(package("mossgarden", one, files=PLAIN) for one in ("1.0.0", "1.0.1")))
    ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
    ground.manifest()
    ground.gated("install", "mossgarden")
    assert [path for path in registry.paths() if path.endswith("1.0.0.tgz")] == []


INSTALLS = "import subprocess, sys\n\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'quietharbour'])\n"


@pytest.mark.parametrize("gains", [True, False])
def test_a_wheel_is_held_against_the_wheel_before_it(make_ground: MakeGround, index: Index, gains: bool) -> None:
    files = {"mossgarden/__init__.py": INSTALLS}
    index.add(wheel("mossgarden", "1.0.0", files=None if gains else files), wheel("mossgarden", "1.0.1", files=files))
    ground = make_ground(NEWEST, index_url=index.url)
    done = ground.safe_install("mossgarden", expect=11)
    assert ("new since 1.0.0: starts a program (on import)" in done.err) is gains
