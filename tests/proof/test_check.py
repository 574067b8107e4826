"""`gatekeeper check`: what lock files and manifests name is judged, and nothing is installed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import attacks
from tests.support.clients import NEWEST
from tests.support.ground import GATEKEEPER
from tests.support.index import fails
from tests.support.npm_clients import NEWEST as NEWEST_NPM
from tests.support.npm_packages import package
from tests.support.packages import wheel
from tests.support.repository import commit, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Done, Ground, MakeGround
    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry


def check(ground: Ground, *words: str, expect: int = 0) -> Done:
    done = ground.run(*GATEKEEPER, "check", *words)
    assert done.code == expect, done.text
    assert "fault of our own" not in done.err, done.text
    return done


def report(ground: Ground, *words: str, expect: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(ground, "--format", "json", *words, expect=expect).out)
    return found


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    index.add(*(wheel("mossgarden", version) for version in ("1.0", "1.1")), wheel("quietharbour", "2.0"))
    made = make_ground(NEWEST, index_url=index.url)
    git(made, "init", "-q", "-b", "main")
    return made


@pytest.fixture
def hostile(index: Index, ground: Ground) -> str:
    """A release whose startup file spawns a shell."""
    index.add(attacks.pth_wheel("mossgarden", attacks.spawn_shell(ground.marker).replace("\n", "; "), "1.2"))
    return "mossgarden==1.2\n"


class TestFiles:
    def test_every_release_is_judged_and_none_installed(self, ground: Ground) -> None:
        ground.write("requirements.txt", "mossgarden==1.1\nquietharbour==2.0\n")
        found = report(ground)
        assert [(row["name"], row["ruling"], row["place"]) for row in found["releases"]] == [
            ("mossgarden", "allow", {"file": "requirements.txt", "line": 1}),
            ("quietharbour", "allow", {"file": "requirements.txt", "line": 2}),
        ]
        assert all(row["artifact"]["sha256"] for row in found["releases"])
        assert not (ground.environment.site / "mossgarden").exists()

    def test_a_hostile_release_is_refused_at_its_line(self, ground: Ground, hostile: str) -> None:
        ground.write("requirements.txt", f"quietharbour==2.0\n{hostile}")
        found = report(ground, expect=10)
        (bad,) = [row for row in found["releases"] if row["ruling"] == "block"]
        assert bad["place"] == {"file": "requirements.txt", "line": 2}
        assert not ground.marker.exists()

    def test_a_digest_that_the_index_does_not_know_is_a_question(self, ground: Ground) -> None:
        ground.write("requirements.txt", f"mossgarden==1.1 --hash=sha256:{'0' * 64}\n")
        assert "lock-mismatch" in check(ground, expect=11).out

    def test_what_nobody_serves_is_undecided(self, ground: Ground) -> None:
        ground.write("requirements.txt", "mossgarden==9.9\n")
        assert "was not found" in check(ground, expect=12).out

    def test_a_name_that_is_refused_is_refused_whether_or_not_anybody_has_it(self, ground: Ground) -> None:
        ground.write("requirements.txt", "reqeusts==1.0\n")
        assert "typosquat" in check(ground, expect=10).out

    def test_an_index_of_ones_own_that_cannot_be_reached_is_a_question_about_each_release(
        self, ground: Ground, index: Index
    ) -> None:
        ground.write("requirements.txt", "mossgarden==1.1\nquietharbour==2.0\n")
        index.fault("mossgarden/", fails(403))
        rows = {row["name"]: row for row in report(ground, expect=11)["releases"]}
        assert [one["check"] for one in rows["mossgarden"]["findings"]] == ["unreachable-index"]
        assert rows["quietharbour"]["ruling"] == "allow"
        ground.write("named.toml", '[rulings]\nunreachable-index = "note"\n')
        check(ground, "--policy", "named.toml")

    def test_a_file_that_cannot_be_read_is_named_with_its_line(self, ground: Ground) -> None:
        ground.write("requirements.txt", "mossgarden==1.1\n")
        ground.write("uv.lock", "version = 1\n[[package]]\nname =\n")
        assert "uv.lock:3" in check(ground, expect=12).err

    def test_nothing_to_judge_is_no_success(self, ground: Ground) -> None:
        check(ground, expect=12)
        check(ground, "missing.txt", expect=2)

    def test_other_ecosystems_are_named_and_not_judged(self, ground: Ground) -> None:
        ground.write("go.sum", "code.example/x v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
        (row,) = report(ground)["releases"]
        assert row["ecosystem"] == "golang"
        assert [one["check"] for one in row["findings"]] == ["lock-entry"]

    def test_offline_names_are_judged_all_the_same(self, ground: Ground) -> None:
        ground.write("requirements.txt", "reqeusts==2.0\n")
        assert "typosquat" in check(ground, "--offline", expect=10).out


class TestBase:
    def test_only_what_changed_is_judged(self, ground: Ground, index: Index) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.0\nquietharbour==2.0\n"})
        ground.write("requirements.txt", "mossgarden==1.1\nquietharbour==2.0\n")
        done = check(ground, "--base", "HEAD", "-v")
        assert "quietharbour" not in done.out
        assert "mossgarden 1.0 -> 1.1: nothing new" in done.out

    def test_nothing_changed_is_nothing_to_judge_and_costs_no_question(self, ground: Ground, index: Index) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.0\n"})
        index.asked.clear()
        assert report(ground, "--base", "HEAD")["releases"] == []
        assert index.asked == []

    def test_a_hostile_bump_is_refused_and_what_is_new_is_said(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.1\n"})
        commit(ground, {"requirements.txt": hostile})
        check(ground, "--base", "HEAD~1", expect=10)
        assert not ground.marker.exists()

    def test_what_others_did_on_the_base_since_is_not_this_change(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.0\n"})
        git(ground, "checkout", "-qb", "change")
        commit(ground, {"other.txt": "nothing\n"})
        git(ground, "checkout", "-q", "main")
        commit(ground, {"requirements.txt": hostile})
        git(ground, "checkout", "-q", "change")
        assert report(ground, "--base", "main")["releases"] == []

    def test_other_bytes_for_the_same_version_are_refused(self, ground: Ground) -> None:
        commit(ground, {"requirements.txt": f"mossgarden==1.1 --hash=sha256:{'0' * 64}\n"})
        ground.write("requirements.txt", f"mossgarden==1.1 --hash=sha256:{wheel('mossgarden', '1.1').sha256}\n")
        assert "lock-mismatch" in check(ground, "--base", "HEAD", expect=10).out

    def test_a_change_cannot_excuse_itself(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.1\n"})
        rules = "".join(f'{name} = "allow"\n' for name in ("pth-startup-code", "command-pattern", "typosquat"))
        ground.write("gatekeeper.toml", f"[rulings]\n{rules}")
        ground.write("requirements.txt", hostile)
        done = check(ground, "--base", "HEAD", expect=10)
        assert "proposed, not followed" in done.out + done.err
        check(ground, "--base", "HEAD", "--policy", "gatekeeper.toml", expect=10)

    def test_the_policy_of_the_base_is_followed(self, ground: Ground) -> None:
        commit(
            ground, {"requirements.txt": "mossgarden==1.0\n", "gatekeeper.toml": '[rulings]\nrelease-age = "block"\n'}
        )
        ground.write("gatekeeper.toml", "")
        ground.write("requirements.txt", "mossgarden==1.1\n")
        assert report(ground, "--base", "HEAD")["releases"][0]["ruling"] == "allow"

    def test_a_revision_that_is_not_here_is_said_with_what_to_do(self, ground: Ground, tmp_path: Path) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.0\n"})
        old = git(ground, "rev-parse", "HEAD")
        commit(ground, {"requirements.txt": "mossgarden==1.1\n"})
        shallow = tmp_path / "shallow"
        subprocess.run(["git", "clone", "-q", "--depth", "1", ground.project.as_uri(), str(shallow)], check=True)
        done = ground.run(*GATEKEEPER, "check", "--base", old, cwd=shallow)
        assert done.code == 12
        assert "fetch-depth" in done.err

    def test_what_is_staged_is_judged_and_not_what_lies_about(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": "mossgarden==1.0\n"})
        ground.write("requirements.txt", "mossgarden==1.1\n")
        git(ground, "add", "-A")
        ground.write("requirements.txt", hostile)
        assert [row["version"] for row in report(ground, "--staged")["releases"]] == ["1.1"]
        git(ground, "add", "-A")
        check(ground, "--staged", expect=10)

    def test_the_first_commit_is_all_new(self, ground: Ground) -> None:
        ground.write("requirements.txt", "mossgarden==1.1\n")
        git(ground, "add", "-A")
        assert len(report(ground, "--staged")["releases"]) == 1


class TestNpm:
    def test_a_lock_is_judged_by_its_tarballs(self, make_npm_ground: MakeNpmGround, registry: Registry) -> None:
        registry.add(package("mossgarden", dependencies={"quietharbour": "1"}), package("quietharbour"))
        ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
        ground.manifest(dependencies={"mossgarden": "1"})
        ground.bare("install", "--package-lock-only")
        before = ground.snapshot()
        found = report(ground)
        assert {(row["name"], row["ruling"]) for row in found["releases"] if row["artifact"]} == {
            ("mossgarden", "allow"),
            ("quietharbour", "allow"),
        }
        assert [row["requested"] for row in found["releases"] if row["name"] == "quietharbour"] == [False]
        ground.assert_unchanged_since(before)

    def test_an_entry_that_leads_to_another_package_is_refused(
        self, make_npm_ground: MakeNpmGround, registry: Registry
    ) -> None:
        registry.add(package("mossgarden"), package("stonewall"))
        ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
        ground.manifest(dependencies={"mossgarden": "1"})
        ground.bare("install", "--package-lock-only")
        lock = ground.read_json("package-lock.json")
        other = package("stonewall")
        lock["packages"]["node_modules/mossgarden"] |= {
            "resolved": registry.tarball_url(other),
            "integrity": other.integrity,
        }
        ground.write("package-lock.json", json.dumps(lock, indent=2))
        done = check(ground, expect=10)
        assert "lock-mismatch" in done.out
