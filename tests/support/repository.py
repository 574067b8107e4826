"""A real git repository in a ground's project, by an author who is nobody."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.ground import Ground

AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@people.example")


def git(ground: Ground, *words: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *words], cwd=ground.project, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(ground: Ground, files: Mapping[str, str] | None = None) -> str:
    """Write files, commit all that lies about, and return the commit's id."""
    for name, text in (files or {}).items():
        ground.write(name, text)
    git(ground, "add", "-A")
    git(ground, "commit", "-qm", "a change")
    return git(ground, "rev-parse", "HEAD")
