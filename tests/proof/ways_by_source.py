"""Sources from which hostile packages come: named in words, files, settings, caches, or by a package."""

from __future__ import annotations

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import attacks, backends
from tests.support.clients import NEWEST
from tests.support.index import Answer
from tests.support.packages import sdist, wheel

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- sources that somebody named elsewhere than on the command line -------------------------------------------------


@way()
def _index_line_inside_requirements(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    stage.other.add(stage.pth_wheel())
    stage.ground.write("requirements.txt", f"--index-url {stage.other.url}\nmossgarden\n")
    return ("-r", "requirements.txt")


@way()
def _extra_index_line_inside_nested_requirements(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    stage.ground.write("requirements.txt", "-r more/base.txt\n")
    stage.ground.write("more/base.txt", f"--extra-index-url={stage.other.url}\nmossgarden\n")
    return ("-r", "requirements.txt")


@way(rare=True)
def _extra_index_line_inside_constraints(stage: Stage) -> Words:
    stage.other.add(stage.backend_sdist())
    stage.ground.write("constraints.txt", f"--extra-index-url {stage.other.url}\n")
    return ("-c", "constraints.txt", "mossgarden")


@way(rare=True)
def _find_links_line_inside_requirements(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    stage.pth_wheel(version="2.0").write(stage.ground.project / "links")
    stage.ground.write("requirements.txt", "--find-links ./links\nmossgarden\n")
    return ("-r", "requirements.txt")


@way(oldest=True)
def _url_constraint(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    built = stage.backend_sdist()
    stage.other.add(built)
    stage.ground.write("constraints.txt", f"mossgarden @ {stage.other.file_url(built)}\n")
    return ("-c", "constraints.txt", "mossgarden")


@way(rare=True)
def _url_constraint_from_the_environment(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    built = stage.pth_wheel()
    stage.other.add(built)
    constraints = stage.ground.write("constraints.txt", f"mossgarden @ {stage.other.file_url(built)}\n")
    stage.ground.environ["PIP_CONSTRAINT"] = str(constraints)
    return ("mossgarden",)


@way()
def _name_at_url(stage: Stage) -> Words:
    built = stage.backend_sdist()
    stage.other.add(built)
    return (f"mossgarden @ {stage.other.file_url(built)}",)


@way()
def _bare_url(stage: Stage) -> Words:
    built = stage.pth_wheel()
    stage.other.add(built)
    return (stage.other.file_url(built),)


@way()
def _name_at_url_inside_requirements(stage: Stage) -> Words:
    built = stage.pth_wheel()
    stage.other.add(built)
    stage.ground.write("requirements.txt", f"mossgarden @ {stage.other.file_url(built)}\n")
    return ("-r", "requirements.txt")


@way()
def _extra_index_url(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    return ("--extra-index-url", stage.other.url, "mossgarden")


@way(rare=True)
def _extra_index_url_abbreviated(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    return (f"--extra-ind={stage.other.url}", "mossgarden")


@way(rare=True)
def _extra_index_url_from_the_environment(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    stage.ground.environ["PIP_EXTRA_INDEX_URL"] = stage.other.url
    return ("mossgarden",)


@way(rare=True)
def _extra_index_url_from_the_config_file(stage: Stage) -> Words:
    stage.other.add(stage.backend_sdist())
    config = stage.ground.write("pip.conf", f"[global]\nextra-index-url = {stage.other.url}\n")
    stage.ground.environ["PIP_CONFIG_FILE"] = str(config)
    return ("mossgarden",)


@way()
def _find_links_folder(stage: Stage) -> Words:
    stage.pth_wheel().write(stage.ground.project / "links")
    return ("--no-index", "--find-links", "links", "mossgarden")


@way(rare=True)
def _find_links_folder_from_the_environment(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    stage.pth_wheel(version="2.0").write(stage.ground.folder / "links")
    stage.ground.environ["PIP_FIND_LINKS"] = str(stage.ground.folder / "links")
    return ("mossgarden",)


@way()
def _find_links_page(stage: Stage) -> Words:
    built = stage.pth_wheel(version="2.0")
    stage.index.add(wheel("mossgarden"))
    stage.other.add(built)
    page = f'<!DOCTYPE html><html><body><a href="/files/{built.filename}">{built.filename}</a></body></html>'
    stage.other.extra["/links/"] = Answer(200, page.encode(), {"Content-Type": "text/html"})
    return ("-f", f"{stage.other.base}/links/", "mossgarden")


@way(later="import mossgarden", oldest=True)
def _warm_wheel_cache(stage: Stage) -> Words:
    """Bare pip built it yesterday: today it would come from the cache, with nothing fetched."""
    stage.index.add(backends.backend_wheel())
    files = backends.project("mossgarden")
    files["src/mossgarden/__init__.py"] = attacks.decode_then_exec(stage.marker)
    stage.index.add(sdist("mossgarden", files=files))
    stage.ground.bare_pip("install", "mossgarden")
    stage.ground.reset(keep_home=True)
    return ("mossgarden",)


@way(since=NEWEST)
def _build_constraint_with_an_address(stage: Stage) -> Words:
    stage.index.add(backends.project_sdist("mossgarden"), backends.backend_wheel())
    hostile = attacks.build_requirement_module("tinybackend", attacks.inflate_then_exec(stage.marker), "2.0")
    stage.other.add(hostile)
    stage.ground.write("constraints.txt", f"tinybackend @ {stage.other.file_url(hostile)}\n")
    return ("--build-constraint", "constraints.txt", "mossgarden")
