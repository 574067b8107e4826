"""Pipfile: what a project asks Pipenv for.

https://pipenv.pypa.io/en/latest/pipfile.html
"""

from __future__ import annotations

from gatekeeper.lockfiles import _toml
from gatekeeper.lockfiles._nouns import MANIFEST, LockFile
from gatekeeper.lockfiles._tables import requirements
from gatekeeper.wish import Source

PATTERNS = ("Pipfile",)
MAIN, DEV = "packages", "dev-packages"
OTHERS = frozenset({"source", "requires", "scripts", "pipenv"})  # which hold no requirements


def parse(text: str, file: str) -> LockFile:
    """Return what a project asks for; raise `UndecidedError` naming the line that is broken."""
    whole = _toml.read(text, file)
    sources = list(whole.tables("source"))
    indexes = {each.text("name") or "": each.text("url") or "" for each in sources}
    groups = {MAIN: "", DEV: "develop"}
    return LockFile(
        file, "pypi", MANIFEST,
        tuple(
            each
            for section in whole
            if section not in OTHERS
            for each in requirements(whole.table(section), groups.get(section, section), section != MAIN, indexes)
        ),
        sources=tuple(Source("index", each.text("url") or "", each.place("url")) for each in sources),
    )  # fmt: skip
