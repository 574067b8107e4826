"""Whatever a registry or a project gets wrong: a clear line, a code that says so, and nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proof.npm_stage import honest
from tests.support.ground import BLOCKED, UNDECIDED
from tests.support.index import altered, broken_json, fails, html_page, redirects, truncated
from tests.support.npm_clients import NEWEST_ONLY
from tests.support.npm_packages import Packed, tarball

if TYPE_CHECKING:
    from tests.support.index import Fault
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

TARBALL = "mossgarden-1.0.0.tgz"
FAULTS: dict[str, tuple[str, Fault]] = {
    "no-page": ("/mossgarden", fails(404)),
    "page-forbidden": ("/mossgarden", fails(403)),
    "page-breaks": ("/mossgarden", fails(500)),
    "page-is-a-portal": ("/mossgarden", html_page),
    "page-is-no-json": ("/mossgarden", broken_json),
    "page-truncated": ("/mossgarden", truncated),
    "page-nowhere": ("/mossgarden", redirects("http://127.0.0.1:1/mossgarden")),
    "no-tarball": (TARBALL, fails(404)),
    "tarball-breaks": (TARBALL, fails(503)),
    "tarball-altered": (TARBALL, altered),
    "tarball-truncated": (TARBALL, truncated),
    "tarball-is-a-portal": (TARBALL, html_page),
}

USUAL = {"page-forbidden", "page-truncated", "tarball-breaks", "tarball-altered", "tarball-is-a-portal"}
FAULT_CASES = [label if label in USUAL else pytest.param(label, marks=pytest.mark.matrix) for label in FAULTS]


@pytest.mark.parametrize("label", FAULT_CASES)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_fault_of_the_registry_decides_nothing(
    client: str, label: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(honest("mossgarden"))
    registry.fault(*FAULTS[label])
    ground = make_npm_ground(client, index_url=registry.url)
    ground.user_settings.append("fetch-retries=0")
    ground.write_user_settings()
    ground.manifest()
    before = ground.snapshot()
    done = ground.gated("install", "mossgarden", expect=UNDECIDED)
    assert "mossgarden" in done.err
    ground.assert_unchanged_since(before)


BROKEN: dict[str, bytes] = {
    "no-archive": b"<html>oops",
    "empty": b"",
    "no-package-json": tarball({"index.js": ""}),
    "broken-package-json": tarball({"package.json": '{"name": "mossgarden", "version": '}),
    "climbs-out": tarball({"package.json": '{"name": "mossgarden", "version": "1.0.0"}', "../../../evil.js": ""}),
}


@pytest.mark.parametrize(
    "label", ["no-archive", *(pytest.param(one, marks=pytest.mark.matrix) for one in list(BROKEN)[1:])]
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_broken_tarball_is_not_installed(
    client: str, label: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(Packed("mossgarden", "1.0.0", BROKEN[label], {"name": "mossgarden", "version": "1.0.0"}))
    ground = make_npm_ground(client, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    done = ground.gated("install", "mossgarden", expect=None)
    assert done.code in {10, 11, UNDECIDED}, done.text
    assert "mossgarden" in done.err
    ground.assert_unchanged_since(before)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", '{"name": '),
        ("package.json", '["not", "an", "object"]'),
        ("package.json", '{"dependencies": "mossgarden"}'),
        ("package-lock.json", "<<<<<<< HEAD\n{}\n=======\n"),
        ("package-lock.json", '{"lockfileVersion": 3, "packages": {"node_modules/mossgarden": 7}}'),
    ],
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_broken_project_is_a_clear_line(
    client: str, path: str, text: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    """npm itself repairs or ignores some of it; the gate may be stricter, but never guesses aloud."""
    registry.add(honest("mossgarden"))
    ground = make_npm_ground(client, index_url=registry.url)
    ground.manifest(dependencies={"mossgarden": "1"})
    ground.write(path, text)
    done = ground.gated("ci" if "lock" in path else "install", expect=None)
    assert done.code != 0 or (ground.modules / "mossgarden").is_dir() or "lock" not in path, done.text
    assert done.err.strip()
    assert "fault of our own" not in done.err, done.text


@pytest.mark.parametrize(
    ("name", "check", "meant"),
    [("lod\u0430sh", "confusable-name", "lodash"), ("@types-node", "scope-lookalike", "@types/node")],
)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_name_that_npm_cannot_have_is_refused_before_a_registry_is_asked(
    client: str, name: str, check: str, meant: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    ground = make_npm_ground(client, index_url=registry.url)
    done = ground.gated("install", name, expect=BLOCKED)
    assert check in done.err
    assert f"did you mean {meant}?" in done.err
    assert not registry.asked


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_name_that_nobody_has_leads_to_the_one_that_was_meant(
    client: str, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    done = make_npm_ground(client, index_url=registry.url).gated("install", "lodahs", expect=UNDECIDED)
    assert "did you mean lodash?" in " ".join(done.err.split())
