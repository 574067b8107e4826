"""Gate a person's shells: shims for pip and npm first on PATH, in every shell that starts from now on; and back."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from gatekeeper import managers
from gatekeeper.commands import _shims, _start_files
from gatekeeper.errors import GatekeeperError, UsageError
from gatekeeper.shims import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHELLS = ("bash", "zsh", "fish", "powershell", "sh")
LOGIN = (".bash_profile", ".bash_login", ".profile")  # bash reads the first that is there
PROGRAMS = {"bash": ("bash",), "zsh": ("zsh",), "fish": ("fish",), "powershell": ("pwsh", "powershell")}


@dataclass(frozen=True, slots=True)
class Person:
    """Whose shells they are: a home, and what the environment says about where things lie."""

    home: Path
    environ: Mapping[str, str]

    @property
    def shims(self) -> Path:
        """The folder of their shims."""
        return platformdirs.user_data_path("gatekeeper", appauthor=False) / "shims"

    def shells(self) -> list[str]:
        """Name the shells that are installed."""
        path = self.environ.get("PATH", os.defpath)
        return [name for name, programs in PROGRAMS.items() if any(shutil.which(each, path=path) for each in programs)]

    def start_files(self, shell: str) -> list[Path]:
        """Return the files that a shell reads when it starts, as far as a block belongs there."""
        if shell == "bash":
            login = next((name for name in LOGIN if (self.home / name).exists()), LOGIN[-1])
            return [self.home / ".bashrc", self.home / login]
        if shell == "zsh":
            named = Path(self.environ.get("ZDOTDIR") or self.home)
            # The first file that zsh reads may be what names the folder of the others.
            first = self.home if (self.home / ".zshenv").exists() else named
            return [first / ".zshenv", named / ".zshrc"]
        config = Path(self.environ.get("XDG_CONFIG_HOME") or self.home / ".config")
        if shell == "fish":
            return [config / "fish" / "conf.d" / "gatekeeper.fish"]
        if os.name != "nt":
            return [config / "powershell" / "profile.ps1"]
        documents = platformdirs.user_documents_path()
        return [documents / folder / "profile.ps1" for folder in ("PowerShell", "WindowsPowerShell")]

    def every_start_file(self) -> list[Path]:
        """Return every file that may hold a block, whatever shells there were then and are now."""
        files = [path for shell in PROGRAMS for path in self.start_files(shell)]
        return list(dict.fromkeys([*files, *(self.home / name for name in LOGIN), self.home / ".zshenv"]))


def run(what: str | None, show: str | None, shims: str | None) -> Iterator[str]:
    """Do the one thing that was asked for: install, uninstall, show lines, lay shims; yield what is to be said."""
    if sum(each is not None for each in (what, show, shims)) != 1:
        raise UsageError("say what to do: one of --install, --uninstall, --show SHELL, --shims FOLDER")
    who = Person(Path.home(), os.environ)
    if show is not None:
        yield shown(show, who)
    elif shims is not None:
        lay(Path(shims).absolute())
    else:
        yield from (install if what == "install" else uninstall)(who)


def install(who: Person) -> Iterator[str]:
    """Lay the shims down and put the block into the start-up files of the shells found; yield what was done."""
    shells = who.shells()
    if not shells:
        raise UsageError("no shell was found to set up", hint="`gatekeeper shell --show sh` prints the lines for yours")
    wanted = [_start_files.plan(path, lines(shell, who)) for shell in shells for path in who.start_files(shell)]
    edits = [edit for edit in wanted if edit]
    fresh = not who.shims.exists()
    try:
        lay(who.shims)
        _start_files.apply(edits)
    except GatekeeperError:
        if fresh:
            _shims.take_away(who.shims)
        raise
    yield f"shims for {', '.join(NAMES)}: {who.shims}"
    for edit in edits:
        yield f"{'changed' if edit.before is not None else 'made'}: {edit.path}"
    yield "a new shell has them; `gatekeeper shell --uninstall` takes everything away again"


def uninstall(who: Person) -> Iterator[str]:
    """Take the block out of every start-up file, then the shims away; yield what was done."""
    wanted = [_start_files.plan(path, None) for path in who.every_start_file()]
    edits = {edit.path: edit for edit in wanted if edit}  # one file may go by two names
    _start_files.apply(list(edits.values()))
    for edit in edits.values():
        yield f"{'changed' if edit.after is not None else 'removed'}: {edit.path}"
    if who.shims.exists():
        gone = _shims.take_away(who.shims)
        yield f"removed: {who.shims}" if gone else f"kept, because it holds other files too: {who.shims}"
    yield "shells that are open find the clients themselves from now on"


def shown(shell: str, who: Person) -> str:
    """Return the lines for a start-up file that the person keeps; lay the shims that they need, if there are none."""
    if shell not in SHELLS:
        raise UsageError(f"{shell} is no shell that is known", hint=f"known are {', '.join(SHELLS)}")
    if not all((who.shims / name).exists() for name in _shims.STARTS):
        lay(who.shims)
    return lines(shell, who)


def lay(folder: Path) -> None:
    """Lay the shims down in a folder."""
    _shims.lay(folder, {name: managers.passing(name) for name in NAMES})


def lines(shell: str, who: Person) -> str:
    """Return what a start-up file of a shell is to hold: it reads ours, if that is there."""
    if shell == "fish":
        place = _shims.in_fish(str(who.shims / "shell.fish"))
        return f"if test -r {place}\n    source {place}\nend"
    if shell == "powershell":
        place = _shims.in_powershell(str(who.shims / "shell.ps1"))
        return f"if (Test-Path -LiteralPath {place}) {{ . {place} }}"
    place = _shims.quoted(str(who.shims / "shell.sh"))
    return f"if [ -r {place} ]; then . {place}; fi"
