"""Honest orders end as they do with bare pip: the same exit code, the same files, byte for byte."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.proof.orders import ORDERS
from tests.proof.stage import Proof, Stage, on_clients
from tests.support import backends
from tests.support.clients import BOTH_ENDS, NEWEST, Snapshot, changes, make_environment, snapshot
from tests.support.ground import Ground, MakeGround, in_words
from tests.support.packages import wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.index import Index


def everything(ground: Ground) -> Snapshot:
    """All that an install may write to: the environment, the folder where the person stands, their user site."""
    places = {
        "env": ground.environment.folder,
        "project": ground.project,
        "user": ground.home / ".local" / "lib",
        "scripts": ground.home / ".local" / "bin",
    }
    return {f"{label}/{path}": entry for label, place in places.items() for path, entry in snapshot(place).items()}


def assert_twins(
    stage: Stage, lay: Callable[[Stage], object], bare: Callable[[], object], gated: Callable[[], object]
) -> None:
    """Run bare pip, go back to the beginning at the same paths, run the gate: the outcome is the same."""
    ground = stage.ground
    lay(stage)
    untouched = everything(ground)
    bare()
    by_pip = everything(ground)
    assert by_pip != untouched
    ground.reset(keep_project=False)
    stage.index.files.clear()
    lay(stage)
    assert changes(untouched, everything(ground)) == []
    gated()
    assert changes(by_pip, everything(ground)) == []


@pytest.mark.parametrize(("client", "order"), on_clients(ORDERS))
def test_an_honest_order_leaves_what_bare_pip_leaves(
    client: str, order: Proof, make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    ground = make_ground(
        client, index_url=index.url, build_tools_inside=order.build_tools_inside, user_site=order.user_site
    )
    words: list[str] = []

    def lay(stage: Stage) -> None:
        words[:] = order.lay(stage)

    assert_twins(
        Stage(ground, index, other_index),
        lay,
        lambda: ground.bare_pip(order.verb, *words),
        lambda: ground.safe_install(*in_words(order.verb, words)),
    )


@pytest.mark.parametrize("client", BOTH_ENDS)
def test_another_python_gets_what_bare_pip_gives_it(
    client: str, make_ground: MakeGround, index: Index, other_index: Index
) -> None:
    ground = make_ground(client, index_url=index.url)
    other = ground.project / "other-env"

    def lay(stage: Stage) -> None:
        index.add(wheel("mossgarden"))
        make_environment(other, client)

    words = ("--python", other / "bin" / "python", "install", "mossgarden")
    assert_twins(
        Stage(ground, index, other_index),
        lay,
        lambda: ground.run(ground.python, "-m", "pip", *words),
        lambda: ground.safe_install("pip", *words),
    )


def test_an_environment_without_pip_is_served_by_the_pip_beside_the_gate(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    bare = make_environment(ground.folder / "bare", None)
    ground.environ["VIRTUAL_ENV"] = str(bare.folder)
    ground.environ["PATH"] = f"{bare.folder / 'bin'}:/usr/bin:/bin"
    ground.safe_install("mossgarden")
    assert (bare.site / "mossgarden" / "__init__.py").is_file()
    assert not (bare.site / "pip").exists()


def test_the_environment_that_is_active_is_the_one_that_changes(make_ground: MakeGround, index: Index) -> None:
    """Not the one in which gatekeeper itself is installed."""
    index.add(wheel("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    ground.environ["VIRTUAL_ENV"] = ""
    ground.safe_install("mossgarden")
    assert (ground.environment.site / "mossgarden").is_dir()
    assert not list(Path(sysconfig.get_paths()["purelib"]).glob("mossgarden*"))


@pytest.mark.parametrize("client", BOTH_ENDS)
def test_what_pip_itself_reports_names_the_real_addresses(client: str, make_ground: MakeGround, index: Index) -> None:
    built = wheel("mossgarden")
    index.add(built)
    ground = make_ground(client, index_url=index.url)
    done = ground.safe_install("--report", "report.json", "-v", "mossgarden")
    (entry,) = json.loads((ground.project / "report.json").read_text("utf-8"))["install"]
    assert entry["download_info"]["url"] == index.file_url(built)
    assert ports_named(done.out + done.err) <= {str(index.port)}, done.text


def ports_named(text: str) -> set[str]:
    return {part.split("/")[0].split(" ")[0].rstrip(",.;:)\n") for part in text.split("://127.0.0.1:")[1:]}


def test_dry_run_installs_nothing(make_ground: MakeGround, index: Index) -> None:
    index.add(backends.tree_sdist("mossgarden"))
    ground = make_ground(NEWEST, index_url=index.url)
    before = ground.snapshot()
    done = ground.safe_install("--dry-run", "mossgarden")
    assert "Would install mossgarden-1.0" in done.out + done.err
    ground.assert_unchanged_since(before)


def test_the_report_on_stdout_is_json_whatever_pip_says(make_ground: MakeGround, index: Index) -> None:
    built = wheel("mossgarden")
    index.add(built)
    ground = make_ground(NEWEST, index_url=index.url)
    report = ground.safe_install("mossgarden", ours=("--format", "json")).report
    assert (report["schema"], report["ruling"]) == ("gatekeeper.report/1", "allow")
    (release,) = report["releases"]
    assert (release["purl"], release["requested"], release["ruling"]) == ("pkg:pypi/mossgarden@1.0", True, "allow")
    assert release["artifact"] == {"filename": built.filename, "sha256": built.sha256, "size": len(built.content)}
    assert release["source"].rstrip("/") == index.url.rstrip("/")
