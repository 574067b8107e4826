"""What the tests of lock files share: real files that the tools wrote, and rows that say what was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper import lockfiles

if TYPE_CHECKING:
    from gatekeeper.lockfiles import LockFile
    from gatekeeper.wish import Locked

FILES = Path(__file__).parent / "files"  # each folder is named after the tool that wrote its files
HOSTS = ("registry.example", "index.example", "files.example")


def written_by(tool: str, name: str) -> LockFile:
    return lockfiles.read((FILES / tool / name).read_text("utf-8"), name)


def row(each: Locked) -> str:
    """One entry in a line: the release, its line, whose it is, and who wants it."""
    words = [
        str(each.release),
        f"@{each.place.line}",
        {True: "direct", False: "transitive", None: "?"}[each.direct],
        {True: "dev", False: "", None: "dev?"}[each.dev],
        f"[{' '.join(each.groups)}]" if each.groups else "",
        f"via {' '.join(each.wanted_by)}" if each.wanted_by else "",
        "" if each.reached is not False else "unreached",
    ]
    return " ".join(filter(None, words))


def rows(lock: LockFile) -> list[str]:
    return [row(each) for each in lock.releases]


def digests(lock: LockFile, name: str) -> list[str]:
    return [
        digest for each in lock.releases if each.release.name == name for file in each.files for digest in file.digests
    ]
