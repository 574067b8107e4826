"""A test's own ground for npm: a Node.js with one npm, a home, a project, and nothing of this machine's settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.clients import Environment, Snapshot, changes, snapshot
from tests.support.ground import Done, Ground
from tests.support.npm_clients import link_client


@dataclass
class NpmGround(Ground):
    """Where one test of npm happens. `index_url` is the person's registry, `user_settings` more lines of their npmrc."""

    user_settings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.write_user_settings()

    @property
    def bin(self) -> Path:
        return self.folder / "node" / "bin"

    @property
    def globals(self) -> Path:
        """The prefix of `npm install -g`."""
        return self.folder / "global"

    @property
    def marker(self) -> Path:
        """The file that hostile code writes; in the project, where no fence keeps it from writing."""
        return self.project / "marker"

    @property
    def modules(self) -> Path:
        return self.project / "node_modules"

    def fresh_environment(self) -> Environment:
        if self.globals.exists():
            shutil.rmtree(self.globals)
        (self.globals / "lib").mkdir(parents=True)
        if not self.bin.exists():
            link_client(self.bin, self.client)
        return Environment(self.globals)

    def write_user_settings(self) -> None:
        lines = [f"prefix={self.globals}", *([f"registry={self.index_url}"] if self.index_url else [])]
        (self.home / ".npmrc").write_text("\n".join([*lines, *self.user_settings, ""]), "utf-8")

    def reset(self, *, keep_home: bool = False, keep_project: bool = True) -> None:
        super().reset(keep_home=keep_home, keep_project=keep_project)
        self.write_user_settings()

    def clean_environ(self) -> dict[str, str]:
        clean = {
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "LANG": "C.UTF-8",
            "XDG_CONFIG_DIRS": str(self.home / "xdg"),
            "NO_UPDATE_NOTIFIER": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.environ,
        }
        return {name: value for name, value in clean.items() if value != ""}

    # --- running ----------------------------------------------------------------------------------------------------

    def bare(self, *words: str | Path, program: str = "npm", expect: int | None = 0, cwd: Path | None = None) -> Done:
        """Run npm itself, as the control."""
        done = self.run(self.bin / program, *words, cwd=cwd)
        assert expect is None or done.code == expect, done.text
        return done

    def gated(
        self, *words: str | Path, program: str = "npm", expect: int | None = 0, ours: tuple[str, ...] = (), **how: Any
    ) -> Done:
        """Run npm's words behind the gate."""
        done = self.safe_install(program, *words, expect=expect, ours=ours, **how)
        assert "fault of our own" not in done.err, done.text
        return done

    def node(self, code: str, cwd: Path | None = None) -> Done:
        """Run JavaScript in the project, as the person does tomorrow."""
        return self.run(self.bin / "node", "-e", code, cwd=cwd)

    # --- the project ------------------------------------------------------------------------------------------------

    def manifest(self, folder: str = ".", **content: Any) -> Path:
        """Write a package.json, of the project itself or of a folder in it."""
        named = {"name": Path(folder).name or "project", "version": "1.0.0", **content}
        return self.write(f"{folder}/package.json", json.dumps(named, indent=2) + "\n")

    def read_json(self, path: str) -> Any:
        return json.loads((self.project / path).read_text("utf-8"))

    def snapshot(self) -> Snapshot:
        """All that an install may write to: the project with its locks and node_modules, and the global prefix."""
        places = {"project": self.project, "global": self.globals}
        return {
            f"{label}/{path}": entry
            for label, place in places.items()
            for path, entry in snapshot(place).items()
            if "_logs" not in path.split("/")  # npm's diaries, when somebody has put its cache here
        }

    def assert_unchanged_since(self, before: Snapshot) -> None:
        assert changes(before, self.snapshot()) == []

    def mentions(self, text: str) -> list[str]:
        needle = text.encode()
        return [
            str(path)
            for place in (self.project, self.globals)
            for path in sorted(place.rglob("*"))
            if path.is_file() and not path.is_symlink() and needle in path.read_bytes()
        ]


MakeNpmGround = Callable[..., NpmGround]
