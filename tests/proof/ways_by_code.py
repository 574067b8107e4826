"""Hostile code in packages: what runs while pip builds, and what waits in what is installed."""

from __future__ import annotations

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import attacks, backends
from tests.support.clients import served_build_tools
from tests.support.packages import About, wheel

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- code that runs while pip builds --------------------------------------------------------------------------------


@way(oldest=True)
def _setup_py(stage: Stage) -> Words:
    stage.index.add(stage.setup_sdist())
    return ("mossgarden",)


@way()
def _setup_py_that_resolution_must_run(stage: Stage) -> Words:
    stage.index.add(
        *served_build_tools(), attacks.setup_sdist("mossgarden", attacks.download_and_run(stage.marker), static=None)
    )
    return ("mossgarden",)


@way()
def _setup_py_in_a_zip(stage: Stage) -> Words:
    stage.index.add(stage.setup_sdist(suffix=".zip"))
    return ("mossgarden",)


@way()
def _cmdclass(stage: Stage) -> Words:
    stage.index.add(
        *served_build_tools(), attacks.cmdclass_sdist("mossgarden", attacks.inflate_then_exec(stage.marker))
    )
    return ("mossgarden",)


@way()
def _in_tree_backend(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist())
    return ("mossgarden",)


@way(rare=True)
def _in_tree_backend_that_resolution_must_run(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist(static=False))
    return ("mossgarden",)


@way(rare=True)
def _build_requirement_module(stage: Stage) -> Words:
    hostile = attacks.build_requirement_module("tinybackend", attacks.inflate_then_exec(stage.marker))
    stage.index.add(backends.project_sdist("mossgarden"), hostile)
    return ("mossgarden",)


@way(oldest=True)
def _build_requirement_pth(stage: Stage) -> Words:
    payload = attacks.decode_then_exec(stage.marker)
    stage.index.add(backends.project_sdist("mossgarden"), attacks.build_requirement_pth("tinybackend", payload))
    return ("mossgarden",)


@way()
def _build_requirement_setup_py(stage: Stage) -> Words:
    stage.index.add(
        backends.project_sdist("mossgarden", requires=("tinybackend", "quietharbour")), backends.backend_wheel()
    )
    stage.index.add(stage.setup_sdist("quietharbour"))
    return ("mossgarden",)


@way(rare=True)
def _build_requirement_when_wheels_are_unwanted(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"), stage.backend_sdist())
    return ("--no-binary", "mossgarden", "mossgarden")


@way()
def _dependency_sdist(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", about=About(requires=("quietharbour",))), stage.backend_sdist("quietharbour"))
    return ("mossgarden",)


@way(rare=True)
def _dependency_of_an_extra(stage: Stage) -> Words:
    stage.index.add(
        wheel("mossgarden", about=About(extras={"fast": ("quietharbour",)})), stage.backend_sdist("quietharbour")
    )
    return ("mossgarden[fast]",)


@way()
def _dry_run(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist())
    return ("--dry-run", "mossgarden")


@way(verb="download")
def _download(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist())
    return ("mossgarden",)


@way(verb="wheel")
def _wheel(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist())
    return ("mossgarden",)


# --- code that waits in what is installed ---------------------------------------------------------------------------


@way()
def _pth_wheel(stage: Stage) -> Words:
    stage.index.add(stage.pth_wheel())
    return ("mossgarden",)


@way(rare=True)
def _pth_wheel_as_a_dependency_of_a_dependency(stage: Stage) -> Words:
    stage.index.add(
        wheel("mossgarden", about=About(requires=("quietharbour",))),
        wheel("quietharbour", about=About(requires=("oldlantern",))),
    )
    stage.index.add(stage.pth_wheel("oldlantern"))
    return ("mossgarden",)


@way()
def _sitecustomize_wheel(stage: Stage) -> Words:
    stage.index.add(attacks.startup_wheel("mossgarden", attacks.inflate_then_exec(stage.marker)))
    return ("mossgarden",)


@way(later="import mossgarden")
def _import_time_wheel(stage: Stage) -> Words:
    stage.index.add(stage.import_wheel())
    return ("mossgarden",)


@way(later="import mossgarden", rare=True)
def _hashes_do_not_make_it_honest(stage: Stage) -> Words:
    built = stage.import_wheel()
    stage.index.add(built)
    stage.ground.write("requirements.txt", f"{built.pin}\n")
    return ("--require-hashes", "-r", "requirements.txt")
