"""Hostile code beside the indexes: in the person's own folders, lock files and scripts, and where no gate can see."""

from __future__ import annotations

import subprocess

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import attacks, backends
from tests.support.clients import NEWEST, served_build_tools
from tests.support.ground import USAGE
from tests.support.index import Answer
from tests.support.packages import About, setup_files, wheel

WAYS: list[Proof] = []
way = listed_in(WAYS)


# --- what the person has on their own disk --------------------------------------------------------------------------


@way()
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


@way()
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
    stage.index.add(attacks.build_requirement_module("tinybackend", attacks.decode_then_exec(stage.marker)))
    stage.ground.write_tree(backends.project("mossgarden"))
    return (".",)


@way()
def _dependency_of_the_own_tree(stage: Stage) -> Words:
    stage.index.add(stage.pth_wheel("quietharbour"))
    stage.ground.write_tree(backends.tree("mossgarden", about=About(requires=("quietharbour",))))
    return (".",)


@way(since="25.3", rare=True)
def _dependency_group(stage: Stage) -> Words:
    stage.index.add(stage.pth_wheel())
    stage.ground.write("pyproject.toml", '[dependency-groups]\ndev = ["mossgarden"]\n')
    return ("--group", "dev")


@way(since="25.3", rare=True)
def _address_inside_a_dependency_group(stage: Stage) -> Words:
    built = stage.backend_sdist()
    stage.other.add(built)
    url = stage.other.file_url(built)
    stage.ground.write("more/pyproject.toml", f'[dependency-groups]\ndev = ["mossgarden @ {url}"]\n')
    return ("--group", "more/pyproject.toml:dev")


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


@way()
def _version_control_inside_requirements(stage: Stage) -> Words:
    stage.ground.write("requirements.txt", f"# ours\n{repository(stage)}#egg=mossgarden\n")
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


# --- lock files and scripts, which newer clients read ---------------------------------------------------------------


def lock(name: str, artifact: str) -> str:
    return f'lock-version = "1.0"\ncreated-by = "tests"\n\n[[packages]]\nname = "{name}"\nversion = "1.0"\n{artifact}\n'


@way(since=NEWEST)
def _wheel_of_a_lock_file(stage: Stage) -> Words:
    built = stage.pth_wheel()
    stage.other.add(built)
    row = (
        f'{{name = "{built.filename}", url = "{stage.other.file_url(built)}", hashes = {{sha256 = "{built.sha256}"}}}}'
    )
    stage.ground.write("pylock.toml", lock("mossgarden", f"wheels = [{row}]"))
    return ("-r", "pylock.toml")


@way(since=NEWEST)
def _sdist_of_a_lock_file(stage: Stage) -> Words:
    built = stage.backend_sdist()
    stage.other.add(built)
    row = (
        f'{{name = "{built.filename}", url = "{stage.other.file_url(built)}", hashes = {{sha256 = "{built.sha256}"}}}}'
    )
    stage.ground.write("pylock.toml", lock("mossgarden", f"sdist = {row}"))
    return ("-r", "pylock.toml")


@way(since=NEWEST)
def _version_control_of_a_lock_file(stage: Stage) -> Words:
    address = repository(stage).removeprefix("git+")
    commit = (stage.ground.folder / "repository" / ".git" / "refs" / "heads" / "main").read_text("ascii").strip()
    stage.ground.write(
        "pylock.toml", lock("mossgarden", f'vcs = {{type = "git", url = "{address}", commit-id = "{commit}"}}')
    )
    return ("-r", "pylock.toml")


@way(since=NEWEST, refused_with=USAGE)
def _script_that_names_its_requirements(stage: Stage) -> Words:
    stage.index.add(stage.pth_wheel())
    stage.ground.write("tool.py", '# /// script\n# dependencies = ["mossgarden"]\n# ///\n')
    return ("--requirements-from-script", "tool.py")
