"""The keyring command, as pip asks it. Never the module: importing it would run code of the target environment."""

from __future__ import annotations

import json
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.registries.addresses import Login

if TYPE_CHECKING:
    import subprocess

_PATIENCE = 120.0  # seconds; the person may have to unlock the keyring
_OUTDATED = 2  # keyring's exit code for options that it does not know


class Keyring:
    """Ask the keyring command on PATH, one question at a time and each only once."""

    def __init__(self, *, enabled: bool, avoid: Path | None) -> None:
        """Never run a command that lies in `avoid`, the environment that is being installed into."""
        self._enabled = enabled
        self._avoid = avoid
        self._answers: dict[tuple[str, str | None], Login | None] = {}
        self._lock = threading.Lock()
        self.complaint: str | None = None

    def login(self, service: str, username: str | None) -> Login | None:
        """Look up a service (an index address or a host); None when nothing is known."""
        if not self._enabled:
            return None
        with self._lock:
            if (service, username) not in self._answers:
                self._answers[service, username] = self._ask(service, username)
            return self._answers[service, username]

    def _ask(self, service: str, username: str | None) -> Login | None:
        command = find_command("keyring", self._avoid)
        if command is None:
            return None
        user = [] if username is None else [username]
        done = self._run([command, "--mode=creds", "--output=json", "get", service, *user])
        if done is None:
            return None
        if done.returncode == _OUTDATED and b"unrecognized arguments" in done.stderr:
            return self._ask_old(command, service, username)
        return _parse(done.stdout) if done.returncode == 0 else None

    def _ask_old(self, command: str, service: str, username: str | None) -> Login | None:
        if username is None:
            self.complaint = "the keyring command is older than 25.2.1 and needs a user name in the index address"
            return None
        done = self._run([command, "get", service, username])
        if done is None or done.returncode != 0:
            return None
        return Login(username, done.stdout.decode("utf-8", "replace").strip("\r\n"))

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes] | None:
        import subprocess

        environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            self.complaint = f"the keyring command gave no answer within {_PATIENCE:.0f} s"
        except OSError as error:
            self.complaint = f"the keyring command cannot be run: {error.strerror or type(error).__name__}"
        return None


def find_command(name: str, avoid: Path | None) -> str | None:
    """Find a command on PATH, but not in the current folder, by a relative PATH entry, or inside `avoid`."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if not Path(folder).is_absolute():
            continue
        found = shutil.which(str(Path(folder, name)))
        if found and not (avoid and _inside(Path(found), avoid)):
            return found
    return None


def _inside(path: Path, folder: Path) -> bool:
    """Say whether a path, or what it links to, lies in a folder."""
    places = (path.parent.resolve() / path.name, path.resolve())
    return any(place.is_relative_to(folder.resolve()) for place in places)


def _parse(answer: bytes) -> Login | None:
    try:
        said = json.loads(answer)
        username, password = said["username"], said["password"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Login(username or "", password) if isinstance(username, str | None) and isinstance(password, str) else None
