"""A hostile repository brings its own policy: with real pip it opens nothing until the person trusts it, byte for byte."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gatekeeper.checks import all_checks
from tests.support import attacks
from tests.support.clients import NEWEST
from tests.support.ground import BLOCKED, GATEKEEPER
from tests.support.packages import sdist, wheel
from tests.support.policies import toml, waiver

if TYPE_CHECKING:
    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index

NOBODY_THERE = 11


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    return make_ground(NEWEST, index_url=index.url)


def young(index: Index) -> None:
    """Serve a release of six hours ago, and nothing older."""
    moment = datetime.now(timezone.utc) - timedelta(hours=6)
    index.add(wheel("mossgarden", "1.2"), uploaded=moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def is_installed(ground: Ground) -> bool:
    return any(ground.environment.site.glob("mossgarden-*"))


def test_a_cloned_repository_cannot_let_its_own_package_in(ground: Ground, index: Index) -> None:
    hostile = attacks.import_wheel("mossgarden", attacks.decode_then_exec(ground.marker), "1.0")
    index.add(hostile)
    release = {"release": "pkg:pypi/mossgarden@1.0", "sha256": hostile.sha256}
    checks = [name for name in all_checks() if name != "known-malware"]
    says_yes = toml(
        {
            "preset": "relaxed",
            "questions": "ask",
            "rulings": dict.fromkeys(checks, "allow"),
            "ask": dict.fromkeys(checks, "allow"),
            "waiver": [{**waiver(check), **release} for check in checks],
        }
    )
    ground.write("gatekeeper.toml", says_yes)
    done = ground.safe_install("mossgarden", expect=BLOCKED)
    assert "[rulings] decode-then-exec was ignored" in done.err
    assert "gatekeeper policy trust" in done.err
    assert not is_installed(ground)

    assert ground.run(*GATEKEEPER, "policy", "trust").code == NOBODY_THERE
    assert ground.run(*GATEKEEPER, "policy", "trust", "--yes").code == 0
    ground.safe_install("mossgarden")
    assert is_installed(ground)

    ground.reset(keep_home=True)
    ground.write("gatekeeper.toml", says_yes + "#")
    done = ground.safe_install("mossgarden", expect=BLOCKED)
    assert "changed since you trusted it" in done.err
    assert not is_installed(ground)
    assert not ground.marker.exists()


def test_strict_takes_no_source_distribution(ground: Ground, index: Index) -> None:
    index.add(sdist("mossgarden"))
    ground.write("strict.toml", 'preset = "strict"\n')
    done = ground.safe_install("--policy", "strict.toml", "--yes", "mossgarden", expect=BLOCKED)
    assert "source-build" in done.err
    assert not is_installed(ground)


def test_where_questions_are_refused_yes_is_no_answer(ground: Ground, index: Index) -> None:
    young(index)
    ground.write("p.toml", 'questions = "refuse"\n[ask]\nrelease-age = "allow"\n')
    done = ground.safe_install("--policy", "p.toml", "--yes", "mossgarden", expect=BLOCKED)
    assert "the policy refuses questions" in done.err
    assert "p.toml:1" in done.err
    assert not is_installed(ground)


def test_what_the_organisation_locked_no_option_lifts(ground: Ground, index: Index) -> None:
    young(index)
    path = ground.home / "xdg" / "gatekeeper" / "gatekeeper.toml"
    path.parent.mkdir(parents=True)
    path.write_text('lock = ["cooldown"]\n', "utf-8")
    done = ground.safe_install("--cooldown", "0", "mossgarden", expect=NOBODY_THERE)
    assert f"cooldown is locked by {path}:1" in done.err
    assert not is_installed(ground)
