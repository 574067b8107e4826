"""Releases that are too young: held back while a client resolves freely, a note where they are pinned."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import NEWEST
from tests.support.ground import GATEKEEPER
from tests.support.index import Index, Style, running
from tests.support.npm_clients import NEWEST as NEWEST_NPM
from tests.support.npm_packages import package
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    from tests.support.ground import Done, Ground, MakeGround
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_registry import Registry

QUESTION = 11


def hours_ago(hours: float) -> str:
    moment = datetime.now(timezone.utc) - timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def findings(done: Done, check: str) -> list[tuple[str, str]]:
    return [
        (row["purl"], found["severity"])
        for row in done.report["releases"]
        for found in row["findings"]
        if found["check"] == check
    ]


class TestPip:
    @pytest.fixture
    def ground(self, make_ground: MakeGround, index: Index) -> Ground:
        index.add(wheel("mossgarden", "1.0"), wheel("mossgarden", "1.1"))
        index.add(wheel("mossgarden", "1.2"), uploaded=hours_ago(6))
        return make_ground(NEWEST, index_url=index.url)

    def installed(self, ground: Ground) -> list[str]:
        return sorted(path.name for path in ground.environment.site.glob("mossgarden-*"))

    def test_a_young_release_is_held_back_and_named(self, ground: Ground) -> None:
        done = ground.safe_install("mossgarden")
        assert self.installed(ground) == ["mossgarden-1.1.dist-info"]
        assert "held back mossgarden 1.2, 6 h old; took 1.1" in done.err

    def test_a_pin_is_a_note(self, ground: Ground) -> None:
        done = ground.safe_install("--format", "json", "mossgarden==1.2")
        assert self.installed(ground) == ["mossgarden-1.2.dist-info"]
        assert findings(done, "release-age") == [("pkg:pypi/mossgarden@1.2", "note")]

    def test_a_pin_in_a_file_with_hashes_is_a_note(self, ground: Ground) -> None:
        pinned = wheel("mossgarden", "1.2")
        ground.write("requirements.txt", f"mossgarden==1.2 --hash=sha256:{pinned.sha256}\n")
        ground.safe_install("-r", "requirements.txt")
        assert self.installed(ground) == ["mossgarden-1.2.dist-info"]

    def test_a_set_that_it_empties_is_a_question_that_names_the_date(self, ground: Ground) -> None:
        done = ground.safe_install("--format", "json", "mossgarden>1.1", expect=QUESTION)
        assert self.installed(ground) == []
        (row,) = [row for row in done.report["releases"] if row["name"] == "mossgarden"]
        passes = datetime.now(timezone.utc) + timedelta(hours=18)
        (message,) = [found["message"] for found in row["findings"] if found["check"] == "release-age"]
        assert row["ruling"] == "ask"
        assert f"{passes:%Y-%m-%d}" in message

    def test_the_person_may_say_yes_to_what_is_too_young(self, ground: Ground) -> None:
        ground.safe_install("--yes", "mossgarden>1.1")
        assert self.installed(ground) == ["mossgarden-1.2.dist-info"]

    def test_the_person_may_say_no_to_it(self, ground: Ground) -> None:
        ground.safe_install("--no", "mossgarden>1.1", expect=10)
        assert self.installed(ground) == []

    def test_no_cooldown_holds_nothing_back(self, ground: Ground) -> None:
        done = ground.safe_install("--cooldown", "0", "mossgarden")
        assert self.installed(ground) == ["mossgarden-1.2.dist-info"]
        assert "held back" not in done.err

    @pytest.mark.parametrize(
        "policy",
        [
            'cooldown = "4h"',
            'cooldown-exempt = ["moss*"]',
            '[origins]\ninternal = ["mossgarden"]',
            '[ask]\nrelease-age = "allow"\n[rulings]\nyoung-project = "note"',
        ],
    )
    def test_a_policy_may_let_it_pass(self, ground: Ground, policy: str) -> None:
        ground.write("named.toml", policy + "\n")
        wanted = "mossgarden>1.1" if "[ask]" in policy else "mossgarden"
        ground.safe_install("--policy", "named.toml", wanted)
        assert self.installed(ground) == ["mossgarden-1.2.dist-info"]

    def test_what_is_required_waits_too(self, ground: Ground, index: Index) -> None:
        index.add(wheel("quietharbour", about=About(requires=("mossgarden",))))
        done = ground.safe_install("quietharbour")
        assert self.installed(ground) == ["mossgarden-1.1.dist-info"]
        assert "held back mossgarden 1.2" in done.err

    def test_what_is_required_to_be_young_is_a_question(self, ground: Ground, index: Index) -> None:
        index.add(wheel("quietharbour", about=About(requires=("mossgarden>=1.2",))))
        ground.safe_install("quietharbour", expect=QUESTION)
        assert ground.environment.site.joinpath("quietharbour").exists() is False

    @pytest.mark.parametrize("words", [("inspect", "pypi:mossgarden"), ("check", "requirements.txt")])
    def test_where_nothing_is_installed_age_is_only_told(self, ground: Ground, words: tuple[str, ...]) -> None:
        ground.write("requirements.txt", "mossgarden>1.1\n")
        done = ground.run(*GATEKEEPER, *words, "--format", "json")
        assert done.code == 0, done.text
        assert findings(done, "release-age") == [("pkg:pypi/mossgarden@1.2", "note")]

    def test_an_index_without_times_holds_nothing_back_and_says_so(self, make_ground: MakeGround) -> None:
        with running(Index(Style(json=False))) as plain:
            plain.add(wheel("mossgarden"), uploaded=hours_ago(1))
            done = make_ground(NEWEST, index_url=plain.url).safe_install("mossgarden")
            assert done.err.count("does not say when releases were uploaded") == 1


class TestNpm:
    @pytest.fixture
    def ground(self, make_npm_ground: MakeNpmGround, registry: Registry) -> NpmGround:
        registry.add(package("mossgarden", "1.0.0"), package("mossgarden", "1.1.0"))
        registry.add(package("mossgarden", "1.2.0"), time=hours_ago(6))
        ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
        ground.manifest()
        return ground

    def installed(self, ground: NpmGround) -> str | None:
        path = ground.modules / "mossgarden" / "package.json"
        return ground.read_json(str(path))["version"] if path.is_file() else None

    def test_a_young_release_is_held_back_and_named(self, ground: NpmGround) -> None:
        done = ground.gated("install", "mossgarden")
        assert self.installed(ground) == "1.1.0"
        assert "held back mossgarden 1.2.0, 6 h old; took 1.1.0" in done.err

    def test_a_pin_is_a_note(self, ground: NpmGround) -> None:
        ground.gated("install", "mossgarden@1.2.0")
        assert self.installed(ground) == "1.2.0"

    def test_a_lock_entry_passes(self, ground: NpmGround, registry: Registry) -> None:
        ground.manifest(dependencies={"mossgarden": "^1.0.0"})
        ground.bare("install")
        assert self.installed(ground) == "1.2.0"
        ground.reset()
        ground.gated("ci")
        assert self.installed(ground) == "1.2.0"

    def test_a_set_that_it_empties_is_a_question_that_names_the_date(self, ground: NpmGround) -> None:
        before = ground.snapshot()
        done = ground.gated("install", "mossgarden@^1.2.0", expect=QUESTION)
        ground.assert_unchanged_since(before)
        assert "it passes from" in done.err

    def test_what_is_required_to_be_young_is_a_question(self, ground: NpmGround, registry: Registry) -> None:
        registry.add(package("quietharbour", dependencies={"mossgarden": "1.2.0"}))
        ground.gated("install", "quietharbour", expect=QUESTION)
        assert not (ground.modules / "quietharbour").exists()

    def test_the_person_may_say_yes_to_what_is_too_young(self, ground: NpmGround) -> None:
        ground.gated("install", "mossgarden@^1.2.0", ours=("--yes",))
        assert self.installed(ground) == "1.2.0"
