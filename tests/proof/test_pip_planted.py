"""Files that lie in the person's folder under famous names never run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NEWEST_ONLY
from tests.support.packages import wheel

if TYPE_CHECKING:
    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index

# The door as people use it; `python -m gatekeeper` would itself look into the folder first.
SAFE_INSTALL = Path(sys.executable).with_name("safe-install")

PLANTED = {
    "pip": ("pip/__init__.py", "pip/__main__.py"),
    "logging": ("logging.py",),
    "gatekeeper": ("gatekeeper/__init__.py", "gatekeeper/cli.py"),
    "requests": ("requests.py",),
    "sitecustomize": ("sitecustomize.py",),
    "setuptools": ("setuptools/__init__.py",),
    "json": ("json.py",),
}
CONTROLS = {"pip": ("-m", "pip", "--version")}


def plant(ground: Ground, name: str) -> None:
    for path in PLANTED[name]:
        ground.write(path, f"open({str(ground.marker)!r}, 'w').write('ran')\n")


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_planted_module_does_not_run(client: str, name: str, make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(client, index_url=index.url)
    plant(ground, name)
    done = ground.run(SAFE_INSTALL, "mossgarden")
    assert not ground.marker.exists()
    assert done.code == 0, done.text
    assert (ground.environment.site / "mossgarden").is_dir()
    ground.assert_nothing_left()
    ground.run(ground.python, *CONTROLS.get(name, ("-c", f"import {name}")))
    assert ground.marker.exists(), "the control: started in that folder, Python itself runs it"
