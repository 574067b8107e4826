"""Reading .npmrc: the settings by which npm starts a program or loads a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._shell_state import Spot
from gatekeeper.model import When

if TYPE_CHECKING:
    from gatekeeper.evidence._shell import ShellReader

NPMRC = ".npmrc"
PROGRAMS = frozenset(
    {"script-shell", "shell", "git", "python", "node-gyp", "editor", "viewer", "browser", "onload-script",
     "init-module", "init.module", "node-path", "scripts-prepend-node-path", "node"}
)  # fmt: skip
PAIR = re.compile(r"^\s*([^=;#\[]+?)\s*(?:\[\])?\s*=\s*(.*?)\s*$")


def read_npmrc(path: str, content: bytes, folder: str, shell: ShellReader) -> None:
    """Note the programs that an .npmrc names, and read the files of the artifact among them."""
    for number, line in enumerate(content.decode("utf-8-sig", "replace").splitlines(), 1):
        match = PAIR.match(line)
        if match is None:
            continue
        key = match.group(1).strip("\"'").lower().replace("_", "-").removeprefix("npm-config-")
        value = match.group(2).strip("\"'")
        spot = Spot(path, number, When.INSTALL, folder, folder, line)
        if key == "node-options":
            shell.notes.surface(path, When.INSTALL, "npm reads it")
            shell.node_options(value, spot)
            for name in loaded_files(value):
                shell.notes.note("npmrc-program", f"node-options = {name}", spot)
        elif key in PROGRAMS and is_inside(value):
            shell.notes.surface(path, When.INSTALL, "npm reads it")
            shell.notes.note("npmrc-program", f"{key} = {value}", spot)
            shell.follow(value, spot)


def is_inside(value: str) -> bool:
    """Say whether a program is named by a path that starts in the folder rather than in the system."""
    plain = value.replace("\\", "/")
    if plain.startswith(("./", "../", "${PWD}", "$PWD", "${INIT_CWD}")):
        return True
    return "/" in plain and not re.match(r"/|~|[A-Za-z]:/|\$\{?HOME", plain)


def loaded_files(options: str) -> list[str]:
    """Return the files that node options load into every node; plain names of packages are none."""
    found = re.findall(r"(?:--require|-r|--import|--(?:experimental-)?loader)[=\s]+[\"']?([^\s\"']+)", options)
    return [name for name in found if name.startswith((".", "/", "file:", "data:")) or "/" in name.lstrip("@")]
