"""Ways to make pip take a private name from outside: `index` is the private one, `other` what everybody can write to.

pip's own default index is `other`, too: nobody has to configure it. Everything is honest code, so that nothing but the
question of who owns the name stands between the person and the 99.0.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.proof.stage import Proof, Stage, Words, listed_in
from tests.support import backends
from tests.support.ground import ALLOWED, BLOCKED
from tests.support.index import Answer
from tests.support.packages import About, Built, wheel

WAYS: list[Proof] = []
way = listed_in(WAYS)
NAME = "acme-mossgarden"
LAST_WEEK = (datetime.now(timezone.utc) - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # it waits no more


def at_import(stage: Stage, name: str = NAME) -> dict[str, str | bytes]:
    return {f"{name.replace('-', '_')}/__init__.py": f"open({str(stage.marker)!r}, 'w').close()\n"}


def outsider(stage: Stage, version: str = "99.0") -> Built:
    """Somebody else's release under the private name; it leaves the marker when it is imported."""
    return wheel(NAME, version, at_import(stage))


def both(stage: Stage, version: str = "1.0") -> None:
    stage.index.add(wheel(NAME, version))
    stage.other.add(outsider(stage), uploaded=LAST_WEEK)


# --- which index is private, and how pip hears of it ----------------------------------------------------------------


@way(refused_with=ALLOWED, oldest=True)
def _private_index_beside_the_default(stage: Stage) -> Words:
    """What most people do, and what confusion lives on."""
    both(stage)
    return ("--extra-index-url", stage.index.url, NAME)


@way(refused_with=ALLOWED, rare=True)
def _private_index_from_the_environment(stage: Stage) -> Words:
    both(stage)
    stage.ground.environ["PIP_EXTRA_INDEX_URL"] = stage.index.url
    return (NAME,)


@way(refused_with=ALLOWED, rare=True)
def _private_index_from_the_config_file(stage: Stage) -> Words:
    both(stage)
    config = stage.ground.write("pip.conf", f"[global]\nextra-index-url = {stage.index.url}\n")
    stage.ground.environ["PIP_CONFIG_FILE"] = str(config)
    return (NAME,)


@way(refused_with=ALLOWED)
def _private_index_named_in_requirements(stage: Stage) -> Words:
    both(stage)
    stage.ground.write("requirements.txt", f"--extra-index-url {stage.index.url}\n{NAME}\n")
    return ("-r", "requirements.txt")


@way(refused_with=ALLOWED, rare=True)
def _the_default_written_out_before_the_private_index(stage: Stage) -> Words:
    """Written down or not, the client's own index is everybody's."""
    both(stage)
    return ("--index-url", f"{stage.other.base}/simple", "--extra-index-url", stage.index.url, NAME)


@way(refused_with=ALLOWED, rare=True)
def _private_index_first_and_another_beside(stage: Stage) -> Words:
    both(stage)
    return ("--index-url", stage.index.url, "--extra-index-url", stage.other.url, NAME)


@way(refused_with=ALLOWED)
def _private_folder_of_archives(stage: Stage) -> Words:
    wheel(NAME).write(stage.ground.folder / "links")
    stage.other.add(outsider(stage))
    return ("--find-links", str(stage.ground.folder / "links"), NAME)


@way(refused_with=ALLOWED, rare=True)
def _private_page_of_archives(stage: Stage) -> Words:
    private = wheel(NAME)
    stage.index.add(private)
    page = f'<!DOCTYPE html><a href="{stage.index.file_url(private)}">{private.filename}</a>'
    stage.index.extra["/links/"] = Answer(200, page.encode(), {"Content-Type": "text/html"})
    stage.other.add(outsider(stage))
    return ("--find-links", f"{stage.index.base}/links/", NAME)


# --- two that somebody configured: the order decides, unless the versions speak against it --------------------------


def public_first(stage: Stage) -> Words:
    """A mirror of everything, whose address is not pip's own, written before the private index."""
    mirror = stage.other.url.replace("127.0.0.1", "localhost")
    return ("--index-url", mirror, "--extra-index-url", stage.index.url)


@way(refused_with=BLOCKED)
def _a_mirror_first_and_the_private_index_second(stage: Stage) -> Words:
    both(stage)
    return (*public_first(stage), NAME)


@way(refused_with=BLOCKED, rare=True)
def _a_mirror_first_that_also_serves_a_copy_of_the_honest_release(stage: Stage) -> Words:
    both(stage)
    stage.other.add(wheel(NAME, "1.0"), uploaded=LAST_WEEK)
    return (*public_first(stage), NAME)


@way(refused_with=ALLOWED)
def _the_projects_files_name_the_owner(stage: Stage) -> Words:
    both(stage)
    stage.ground.write(
        "pyproject.toml",
        f'[tool.uv.sources]\n"{NAME}" = {{ index = "corp" }}\n'
        f'[[tool.uv.index]]\nname = "corp"\nurl = "{stage.index.url}"\nexplicit = true\n',
    )
    return (*public_first(stage), NAME)


# --- names that nobody typed ----------------------------------------------------------------------------------------


@way(refused_with=ALLOWED)
def _a_dependency_of_a_private_package(stage: Stage) -> Words:
    both(stage)
    stage.index.add(wheel("acme-app", about=About(requires=(f"{NAME}>=1",))))
    return ("--extra-index-url", stage.index.url, "acme-app")


@way(refused_with=ALLOWED, later="pass", rare=True)
def _a_build_requirement_of_a_private_package(stage: Stage) -> Words:
    stage.index.add(backends.project_sdist(NAME), backends.backend_wheel())
    prelude = f"open({str(stage.marker)!r}, 'w').close()\n"
    stage.other.add(backends.backend_wheel("tinybackend", "99.0", prelude=prelude))
    return ("--extra-index-url", stage.index.url, NAME)


@way(refused_with=ALLOWED, rare=True)
def _a_copy_of_the_honest_release_beside_the_99(stage: Stage) -> Words:
    both(stage)
    stage.other.add(wheel(NAME, "1.0"), uploaded=LAST_WEEK)
    return ("--extra-index-url", stage.index.url, f"{NAME}>=1")


@way(refused_with=ALLOWED, rare=True)
def _an_upgrade(stage: Stage) -> Words:
    both(stage, "1.1")
    wheel(NAME, "1.0").write(stage.ground.folder / "old")
    stage.ground.bare_pip("install", "--no-index", "--find-links", str(stage.ground.folder / "old"), NAME)
    return ("--upgrade", "--extra-index-url", stage.index.url, NAME)
