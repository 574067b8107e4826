"""What the packaging files of a source tree let a build import and call inside the tree."""

from __future__ import annotations

import configparser
import contextlib
import sys
from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._layout import Layout  # noqa: TC001 - annotation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# PEP 517 and PEP 660, and what pdm and poetry call in their build scripts
HOOKS = """
build_wheel build_sdist build_editable prepare_metadata_for_build_wheel prepare_metadata_for_build_editable
get_requires_for_build_wheel get_requires_for_build_sdist get_requires_for_build_editable
pdm_build_hook_enabled pdm_build_initialize pdm_build_clean pdm_build_update_files pdm_build_finalize build
"""
# Groups of entry points that setuptools and its plugins load in every build that can see them.
BUILD_GROUPS = ("setuptools", "distutils", "egg_info.", "pbr.")
COMMANDS = "distutils.commands"
METADATA_FOLDERS = (".egg-info", ".dist-info")


@dataclass(frozen=True, slots=True)
class BuildEntry:
    """A name inside a packaged module that a build calls or reads: a backend's hooks, a command class, a version.

    A `loose` module may lie below any folder, because the packaging files choose the folder. A `command` is the word
    that a person would type to run it.
    """

    module: str
    name: str
    why: str
    loose: bool = False
    command: str = ""


def build_entries(layout: Layout, read: Callable[[str], bytes | None]) -> Iterator[BuildEntry]:
    """Yield what the packaging files let a build call inside the artifact; unreadable files yield nothing."""
    project = toml_of(read, layout)
    system = table_of(project, "build-system")
    backend = system.get("build-backend")
    if system.get("backend-path") and isinstance(backend, str):
        module, _, name = backend.partition(":")
        yield BuildEntry(module.strip(), name.strip(), "the in-tree build backend of pyproject.toml")
    setuptools = table_of(table_of(project, "tool"), "setuptools")
    yield from _commands(table_of(setuptools, "cmdclass"), "a build command of pyproject.toml")
    for value in table_of(setuptools, "dynamic").values():
        if isinstance(value, dict):
            yield from _attribute(value.get("attr"), "pyproject.toml")
    for group, entries in table_of(table_of(project, "project"), "entry-points").items():
        if isinstance(entries, dict):
            yield from _entry_points(group, entries, "pyproject.toml")
    yield from _hooks(table_of(project, "tool"))
    if "setup.cfg" in layout.members:
        yield from _of_setup_cfg(ini_of(read("setup.cfg")))
    yield from _of_metadata(layout, read)


def backend_folders(layout: Layout, read: Callable[[str], bytes | None]) -> tuple[str, ...]:
    """Return the folders that `backend-path` puts first on the import path."""
    project = toml_of(read, layout)
    folders = table_of(project, "build-system").get("backend-path")
    if not isinstance(folders, list):
        return ()
    plain = [normpath(one).strip("/") for one in folders if isinstance(one, str)]
    return tuple("" if one == "." else one for one in plain)


def _hooks(tool: dict[str, Any]) -> Iterator[BuildEntry]:
    """Yield the scripts of the tree that build backends run: hooks of hatchling and pdm, poetry's build script."""
    hatch = table_of(tool, "hatch")
    build, targets = table_of(hatch, "build"), table_of(table_of(hatch, "build"), "targets")
    for part in (build, table_of(hatch, "metadata"), *(table_of(targets, name) for name in targets)):
        custom = table_of(part, "hooks").get("custom")
        if isinstance(custom, dict):
            yield from _script(custom.get("path") or "hatch_build.py", "a build hook that pyproject.toml names")
    custom = table_of(table_of(tool, "pdm"), "build").get("custom-hook")
    yield from _script(custom or "pdm_build.py", "a build hook of pdm")
    poetry = table_of(tool, "poetry").get("build")
    script = poetry.get("script") if isinstance(poetry, dict) else poetry
    yield from _script(script, "the build script that pyproject.toml names")


def _script(path: object, why: str) -> Iterator[BuildEntry]:
    if isinstance(path, str) and path.endswith(".py"):
        yield BuildEntry(normpath(path).removesuffix(".py").replace("/", "."), "", why)


def _of_setup_cfg(parser: configparser.RawConfigParser) -> Iterator[BuildEntry]:
    for section in parser.sections():
        for key, value in parser.items(section):
            if (value or "").strip().startswith("attr:"):
                yield from _attribute(value.strip().removeprefix("attr:"), "setup.cfg")
            if key == "cmdclass":
                yield from _commands(_pairs(value or ""), "a build command of setup.cfg")
            if section == "options.entry_points":
                yield from _entry_points(key, _pairs(value or ""), "setup.cfg")


def _of_metadata(layout: Layout, read: Callable[[str], bytes | None]) -> Iterator[BuildEntry]:
    """Yield the entry points of metadata that lies in the tree, where a build finds it like an installed package's."""
    for path in sorted(layout.members):
        folder, _, name = path.rpartition("/")
        if name == "entry_points.txt" and folder.lower().endswith(METADATA_FOLDERS):
            parser = ini_of(read(path), "=")  # a colon belongs to the value
            for group in parser.sections():
                yield from _entry_points(group, dict(parser.items(group)), path)


def _attribute(value: object, where: str) -> Iterator[BuildEntry]:
    if isinstance(value, str) and value.strip():
        module, _, name = value.strip().rpartition(".")
        yield BuildEntry(module or "__init__", name, f"an attribute that {where} asks for", loose=True)


def _entry_points(group: str, entries: dict[str, Any], where: str) -> Iterator[BuildEntry]:
    if not group.strip().startswith(BUILD_GROUPS):
        return
    for key, value in entries.items():
        if isinstance(value, str):
            module, _, name = value.partition("[")[0].partition(":")
            command = key.strip() if group.strip() == COMMANDS else ""
            why = f"a build's entry point in {where}"
            yield BuildEntry(module.strip(), name.strip(), why, loose=True, command=command)


def _commands(commands: dict[str, Any], why: str) -> Iterator[BuildEntry]:
    for value in commands.values():
        if isinstance(value, str) and "." in value.replace(":", "."):
            module, _, name = value.strip().replace(":", ".").rpartition(".")
            yield BuildEntry(module, name, why, loose=True)


def _pairs(text: str) -> dict[str, Any]:
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return {key.strip(): value.strip() for key, _, value in pairs}


def ini_of(content: bytes | None, *delimiters: str) -> configparser.RawConfigParser:
    """Parse as far as the file can be parsed: what comes before a mistake is kept."""
    parser = configparser.RawConfigParser(
        strict=False, delimiters=delimiters or ("=", ":"), allow_no_value=True, default_section=""
    )
    with contextlib.suppress(configparser.Error):
        parser.read_string((content or b"").decode("utf-8-sig", "replace"))
    return parser


def toml_of(read: Callable[[str], bytes | None], layout: Layout) -> dict[str, Any]:
    """Return the tables of pyproject.toml, none when it is not there or broken."""
    content = read("pyproject.toml") if "pyproject.toml" in layout.members else None
    if content is None:
        return {}
    try:
        return tomllib.loads(content.decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def table_of(tables: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table inside tables, empty when there is none."""
    found = tables.get(name)
    return found if isinstance(found, dict) else {}
