"""Sources from which hostile packages come: named in words, files, settings, caches, or by a package."""

from __future__ import annotations

import subprocess

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import attacks, backends
from tests.support.clients import served_build_tools
from tests.support.index import Answer
from tests.support.packages import About, sdist, setup_files, wheel

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- sources that somebody named elsewhere than on the command line -------------------------------------------------


@way(oldest=True)
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


@way()
def _extra_index_line_inside_constraints(stage: Stage) -> Words:
    stage.other.add(stage.backend_sdist())
    stage.ground.write("constraints.txt", f"--extra-index-url {stage.other.url}\n")
    return ("-c", "constraints.txt", "mossgarden")


@way()
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


@way()
def _url_constraint_from_the_environment(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    built = stage.pth_wheel()
    stage.other.add(built)
    constraints = stage.ground.write("constraints.txt", f"mossgarden @ {stage.other.file_url(built)}\n")
    stage.ground.environ["PIP_CONSTRAINT"] = str(constraints)
    return ("mossgarden",)


@way(oldest=True)
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


@way(oldest=True)
def _extra_index_url_abbreviated(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    return (f"--extra-ind={stage.other.url}", "mossgarden")


@way()
def _extra_index_url_from_the_environment(stage: Stage) -> Words:
    stage.other.add(stage.pth_wheel())
    stage.ground.environ["PIP_EXTRA_INDEX_URL"] = stage.other.url
    return ("mossgarden",)


@way()
def _extra_index_url_from_the_config_file(stage: Stage) -> Words:
    stage.other.add(stage.backend_sdist())
    config = stage.ground.write("pip.conf", f"[global]\nextra-index-url = {stage.other.url}\n")
    stage.ground.environ["PIP_CONFIG_FILE"] = str(config)
    return ("mossgarden",)


@way()
def _find_links_folder(stage: Stage) -> Words:
    stage.pth_wheel().write(stage.ground.project / "links")
    return ("--no-index", "--find-links", "links", "mossgarden")


@way()
def _find_links_folder_from_the_environment(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden"))
    stage.pth_wheel(version="2.0").write(stage.ground.folder / "links")
    stage.ground.environ["PIP_FIND_LINKS"] = str(stage.ground.folder / "links")
    return ("mossgarden",)


@way(oldest=True)
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


# --- what the person has on their own disk --------------------------------------------------------------------------


@way(oldest=True)
def _local_wheel(stage: Stage) -> Words:
    stage.pth_wheel().write(stage.ground.project)
    return ("./mossgarden-1.0-py3-none-any.whl",)


@way()
def _local_sdist(stage: Stage) -> Words:
    built = stage.setup_sdist()
    built.write(stage.ground.project)
    return (built.filename,)


@way()
def _own_tree(stage: Stage) -> Words:
    stage.ground.write_tree(backends.tree("mossgarden", prelude=attacks.spawn_shell(stage.marker)))
    return (".",)


@way(oldest=True)
def _own_tree_editable(stage: Stage) -> Words:
    stage.index.add(*served_build_tools())
    stage.ground.write_tree(setup_files("mossgarden", before=attacks.spawn_shell(stage.marker)))
    return ("-e", ".")


@way()
def _tree_inside_requirements(stage: Stage) -> Words:
    stage.ground.write_tree(backends.tree("mossgarden", prelude=attacks.spawn_shell(stage.marker)), "trees/moss")
    stage.ground.write("requirements.txt", "-e ./trees/moss\n")
    return ("-r", "requirements.txt")


@way()
def _build_requirement_of_the_own_tree(stage: Stage) -> Words:
    stage.index.add(attacks.build_requirement_module("tinybackend", attacks.spawn_shell(stage.marker)))
    stage.ground.write_tree(backends.project("mossgarden"))
    return (".",)


@way()
def _dependency_of_the_own_tree(stage: Stage) -> Words:
    stage.index.add(stage.pth_wheel("quietharbour"))
    stage.ground.write_tree(backends.tree("mossgarden", about=About(requires=("quietharbour",))))
    return (".",)


# --- sources that no gate can see, or that a package asks for -------------------------------------------------------


def repository(stage: Stage) -> str:
    """A git repository with a hostile tree, on this machine."""
    folder = stage.ground.folder / "repository"
    for path, content in backends.tree("mossgarden", prelude=attacks.spawn_shell(stage.marker)).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    identity = ["-c", "user.name=a", "-c", "user.email=a@mail.example", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, env=stage.ground.clean_environ())
    return f"git+file://{folder}"


@way()
def _version_control(stage: Stage) -> Words:
    return (repository(stage),)


@way(oldest=True)
def _version_control_inside_requirements(stage: Stage) -> Words:
    stage.ground.write("requirements.txt", f"# ours\nmossgarden @ {repository(stage)}\n")
    return ("-r", "requirements.txt")


@way()
def _version_control_as_a_dependency(stage: Stage) -> Words:
    stage.index.add(wheel("quietharbour", about=About(requires=(f"mossgarden @ {repository(stage)}",))))
    return ("quietharbour",)


@way(oldest=True)
def _url_as_a_dependency(stage: Stage) -> Words:
    built = stage.backend_sdist()
    stage.other.add(built)
    stage.index.add(wheel("quietharbour", about=About(requires=(f"mossgarden @ {stage.other.file_url(built)}",))))
    return ("quietharbour",)


@way()
def _remote_requirements(stage: Stage) -> Words:
    stage.index.add(stage.backend_sdist())
    stage.other.extra["/requirements.txt"] = Answer(200, b"mossgarden\n", {"Content-Type": "text/plain"})
    return ("-r", f"{stage.other.base}/requirements.txt")


@way()
def _remote_constraints(stage: Stage) -> Words:
    stage.index.add(wheel("mossgarden", "1.0"), stage.backend_sdist(version="0.9"))
    stage.other.extra["/constraints.txt"] = Answer(200, b"mossgarden<1\n", {"Content-Type": "text/plain"})
    return ("-c", f"{stage.other.base}/constraints.txt", "mossgarden")
