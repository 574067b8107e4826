"""Reading .npmrc: the settings by which npm starts a program or loads a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._shell_state import Spot
from gatekeeper.model import When
from gatekeeper.npmrc import VARIABLE, settings_in

if TYPE_CHECKING:
    from gatekeeper.evidence._shell import ShellReader

NPMRC = ".npmrc"
PROGRAMS = frozenset(
    {"script-shell", "shell", "git", "python", "node-gyp", "editor", "viewer", "browser", "onload-script",
     "init-module", "init.module", "node-path", "scripts-prepend-node-path", "node"}
)  # fmt: skip


def read_npmrc(path: str, content: bytes, folder: str, shell: ShellReader) -> None:
    """Note the programs that an .npmrc names, and read the files of the artifact among them."""
    for setting in settings_in(content.decode("utf-8-sig", "replace"), {}):
        # What a variable in a key holds is known only when npm runs: it may be nothing.
        key = VARIABLE.sub("", setting.raw_key).lower().replace("_", "-").removeprefix("npm-config-").removesuffix("[]")
        value = setting.value
        spot = Spot(path, setting.line, When.INSTALL, folder, folder, f"{setting.raw_key} = {value}")
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
