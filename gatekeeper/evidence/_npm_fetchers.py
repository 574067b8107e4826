"""Noting hooks that fetch through another package: what talks to the network then is that package's code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._npm_entries import CODE
from gatekeeper.evidence._shell_state import Spot
from gatekeeper.evidence._values import HOLE
from gatekeeper.model import When

if TYPE_CHECKING:
    from gatekeeper.evidence._shell import ShellReader

# Packages that are made to fetch programs. Where a hook builds what cannot be fetched, its tool is not meant.
FETCHERS = re.compile(
    rb"""(?:require\(|from|import\(?)\s*["'](@electron/get|electron-download|@puppeteer/browsers|download|bin-wrapper|"""
    rb"""bin-build|nugget|(?:@derhuerst/)?http-basic|@prisma/fetch-engine|gh-release-fetch|download-tarball|"""
    rb"""node-downloader-helper)"""
    rb"""(?:/[^"']*)?["']"""
)
MOST_FILES = 200


def note_fetchers(shell: ShellReader) -> None:
    """Note each file of a hook that loads such a package."""
    hooks = [path for path, one in shell.ledger.surfaces.items() if one.when is When.INSTALL and path.endswith(CODE)]
    for path in hooks[:MOST_FILES]:
        content = shell.read(path) or b""
        match = FETCHERS.search(content)
        if match is not None:
            line = content.count(b"\n", 0, match.start()) + 1
            text = content.splitlines()[line - 1].decode("utf-8", "replace")
            shell.notes.note(
                "network", f"{HOLE} by {match.group(1).decode()}", Spot(path, line, When.INSTALL, snippet=text)
            )
