"""What every test stands on: no settings of this machine, nobody's real home, no network but loopback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# Before they are imported, so that their assertions explain themselves.
pytest.register_assert_rewrite("tests.support.ground", "tests.support.npm_ground")

from tests.support.clients import NEWEST  # noqa: E402
from tests.support.ground import Ground, MakeGround  # noqa: E402
from tests.support.index import Index, running  # noqa: E402
from tests.support.npm_clients import NEWEST as NEWEST_NPM  # noqa: E402
from tests.support.npm_ground import MakeNpmGround, NpmGround  # noqa: E402
from tests.support.npm_registry import Registry  # noqa: E402
from tests.support.npm_registry import running as registry_running  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# How fast this machine is, and that hypothesis works out its tables the first time it is used, is nobody's fault.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _nobody_in_particular(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hide the developer's settings and keep their folders untouched, except where a test is about this machine."""
    if request.node.get_closest_marker("online"):
        return
    for name in list(os.environ):
        if name.upper().startswith(("PIP_", "NPM_CONFIG_", "GATEKEEPER_", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def make_ground(tmp_path: Path) -> MakeGround:
    """Make the ground of a test: `make_ground(client, index_url=...)`."""

    def make(client: str = NEWEST, **options: object) -> Ground:
        return Ground(tmp_path, client, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def index() -> Iterator[Index]:
    """An empty index that is being served."""
    with running(Index()) as served:
        yield served


@pytest.fixture
def other_index() -> Iterator[Index]:
    """A second empty index, on another port."""
    with running(Index()) as served:
        yield served


@pytest.fixture
def make_npm_ground(tmp_path: Path) -> MakeNpmGround:
    """Make the ground of a test of npm: `make_npm_ground(client, index_url=...)`."""

    def make(client: str = NEWEST_NPM, **options: object) -> NpmGround:
        return NpmGround(tmp_path, client, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def registry() -> Iterator[Registry]:
    """An empty npm registry that is being served."""
    with registry_running(Registry()) as served:
        yield served


@pytest.fixture
def other_registry() -> Iterator[Registry]:
    """A second empty npm registry, on another port."""
    with registry_running(Registry()) as served:
        yield served
