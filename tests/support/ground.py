"""A test's own ground: an environment with a pip, a home, a folder to stand in, and nothing of this machine's settings."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support import processes
from tests.support.clients import Environment, Snapshot, changes, make_environment, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.packages import Files

GATEKEEPER = (sys.executable, "-m", "gatekeeper")
LIMIT = 60.0  # seconds; nothing here takes a tenth of that unless it hangs

ALLOWED, USAGE, BLOCKED, UNANSWERED, UNDECIDED, INTERRUPTED = 0, 2, 10, 11, 12, 130


@dataclass(frozen=True)
class Done:
    """A run that ended: its exit code (negative: the signal), what it wrote, how long it took."""

    code: int
    out: str
    err: str
    seconds: float = 0.0
    watch: processes.Watch | None = None

    @property
    def text(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    @property
    def report(self) -> Any:
        return json.loads(self.out)


def in_words(verb: str, words: Iterable[str | Path]) -> tuple[str | Path, ...]:
    """The words of a pip command as gatekeeper takes them: `install` may go without its client's name."""
    return tuple(words) if verb == "install" else ("pip", verb, *words)


@dataclass
class Ground:
    """Where one test happens. `environ` is what the person has set, `index_url` their index."""

    folder: Path
    client: str
    index_url: str | None = None
    environ: dict[str, str] = field(default_factory=dict)
    build_tools_inside: bool = False
    user_site: bool = False

    def __post_init__(self) -> None:
        for place in (self.home, self.tmp, self.project):
            place.mkdir(parents=True)
        self.environment = self.fresh_environment()

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def tmp(self) -> Path:
        return self.folder / "tmp"

    @property
    def project(self) -> Path:
        """The folder in which the person stands."""
        return self.folder / "project"

    @property
    def marker(self) -> Path:
        """The file that hostile code writes when it gets to run."""
        return self.folder / "marker"

    @property
    def python(self) -> Path:
        return self.environment.python

    def fresh_environment(self) -> Environment:
        folder = self.folder / "env"
        if folder.exists():
            shutil.rmtree(folder)
        return make_environment(
            folder, self.client, build_tools_inside=self.build_tools_inside, user_site=self.user_site
        )

    def reset(self, *, keep_home: bool = False, keep_project: bool = True) -> None:
        """Put environment and home back to their beginnings, at the same paths; a kept home keeps pip's cache warm."""
        if not keep_project:
            shutil.rmtree(self.project)
            self.project.mkdir()
        if not keep_home:
            shutil.rmtree(self.home)
            self.home.mkdir()
        self.marker.unlink(missing_ok=True)
        self.environment = self.fresh_environment()

    def clean_environ(self) -> dict[str, str]:
        clean = {
            "PATH": f"{self.environment.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "VIRTUAL_ENV": str(self.environment.folder),
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "LANG": "C.UTF-8",
            "XDG_CONFIG_DIRS": str(self.home / "xdg"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **({"PIP_INDEX_URL": self.index_url} if self.index_url else {}),
            **self.environ,
        }
        return {name: value for name, value in clean.items() if value != ""}

    # --- running ----------------------------------------------------------------------------------------------------

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        meanwhile: Callable[[subprocess.Popen[str]], None] | None = None,
        watch: bool = False,
    ) -> Done:
        """Run a command as the person would, in a session of its own; `meanwhile` gets the process while it runs."""
        began = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd or self.project,
            env=self.clean_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.session = process.pid
        observer = processes.Watch(self.folder, process.pid) if watch else None
        try:
            if observer:
                observer.start()
            if meanwhile:
                meanwhile(process)
            out, err = process.communicate(timeout=LIMIT)
        finally:
            if observer:
                observer.stop()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return Done(process.returncode, out, err, time.monotonic() - began, observer)

    def bare_pip(self, *words: str | Path, cwd: Path | None = None, expect: int | None = 0) -> Done:
        """Run the environment's own pip, as the control."""
        done = self.run(self.python, "-m", "pip", *words, cwd=cwd)
        assert expect is None or done.code == expect, done.text
        return done

    def safe_install(
        self, *words: str | Path, expect: int | None = 0, ours: tuple[str, ...] = (), watch: bool = False
    ) -> Done:
        """Run gatekeeper; it must end as expected, speak plainly and leave nothing behind."""
        done = self.run(*GATEKEEPER, "install", *ours, *words, watch=watch)
        assert expect is None or done.code == expect, done.text
        assert "Traceback (most recent call last)" not in done.out + done.err, done.text
        self.assert_nothing_left()
        return done

    def start_python(self, code: str = "pass") -> Done:
        """Start the environment's interpreter, as the person does tomorrow."""
        return self.run(self.python, "-c", code)

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file into the folder in which the person stands."""
        target = self.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def write_tree(self, files: Files, folder: str = ".") -> Path:
        for path, content in files.items():
            self.write(f"{folder}/{path}", content)
        return self.project / folder

    # --- looking ----------------------------------------------------------------------------------------------------

    def assert_nothing_left(self) -> None:
        assert processes.all_gone(self.folder, self.session) == []
        assert sorted(str(path.relative_to(self.tmp)) for path in self.tmp.rglob("*")) == []

    def snapshot(self) -> Snapshot:
        return snapshot(self.environment.folder)

    def assert_unchanged_since(self, before: Snapshot) -> None:
        assert changes(before, self.snapshot()) == []

    def mentions(self, text: str) -> list[str]:
        """The files of the environment that hold a text."""
        needle = text.encode()
        return [
            str(p)
            for p in sorted(self.environment.folder.rglob("*"))
            if p.is_file() and not p.is_symlink() and needle in p.read_bytes()
        ]


MakeGround = Callable[..., Ground]
