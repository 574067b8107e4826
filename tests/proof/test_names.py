"""Names, with the real clients: what was typed is weighed before an index is asked, what a package asks for as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.proof.npm_stage import honest
from tests.support import clients, npm_clients
from tests.support.ground import BLOCKED, UNANSWERED, Ground, MakeGround
from tests.support.packages import About, wheel

if TYPE_CHECKING:
    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry


def refused(ground: Ground, name: str, expect: int) -> str:
    before = ground.snapshot()
    done = ground.safe_install(name, expect=expect)
    ground.assert_unchanged_since(before)
    return done.err


def test_a_telling_slip_is_blocked_before_an_index_is_asked(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("reqeusts"))
    told = refused(make_ground(clients.NEWEST, index_url=index.url), "reqeusts", BLOCKED)
    assert "reqeusts looks like requests (transposition), which is number " in told
    assert not index.asked


def test_a_doubtful_slip_waits_for_an_answer(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("rewuests"))
    told = refused(make_ground(clients.NEWEST, index_url=index.url), "rewuests", UNANSWERED)
    assert "rewuests looks like requests (neighbouring key)" in told


def test_a_slip_that_a_package_asks_for_is_blocked_too(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden", about=About(requires=("reqeusts",))), wheel("reqeusts"))
    assert "typosquat" in refused(make_ground(clients.NEWEST, index_url=index.url), "mossgarden", BLOCKED)


def test_on_npm_a_slip_is_a_question_only_to_who_typed_it(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    registry.add(honest("lodahs"))
    registry.add(honest("mossgarden", dependencies={"lodahs": "1"}))
    ground = make_npm_ground(npm_clients.NEWEST, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    assert "lodahs looks like lodash (transposition)" in ground.gated("install", "lodahs", expect=UNANSWERED).err
    ground.assert_unchanged_since(before)
    assert "lodahs" in ground.gated("install", "mossgarden", expect=0).err
    assert (ground.modules / "lodahs").is_dir()
