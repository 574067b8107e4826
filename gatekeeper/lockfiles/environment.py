"""environment.yml: the section of pip's is judged; conda's own packages are named.

https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.lockfiles import _yaml
from gatekeeper.lockfiles._nouns import MANIFEST, LockFile
from gatekeeper.lockfiles._values import Table, broken
from gatekeeper.lockfiles.requirements import parse_lines
from gatekeeper.model import Release
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from gatekeeper.model import Place

PATTERNS = ("environment.yml", "environment.yaml", "environment-*.yml", "environment-*.yaml")
SPEC = re.compile(r"(?:(?P<channel>[^\s]+)::)?(?P<name>[\w.-]+)\s*(?P<spec>.*)")
PIN = re.compile(r"==?\s*([\w.+!-]+)(?:=.*)?")


def parse(text: str, file: str) -> LockFile:
    """Return what an environment names; raise `UndecidedError` naming the line that is broken."""
    rows = _yaml.read(text, file).rows("dependencies")
    lines: list[tuple[int, str]] = []
    conda = []
    for at, each in enumerate(rows):
        if isinstance(each, str):
            conda.append(_conda(each, rows.place(at)))
        elif isinstance(each, Table):
            lines += [(place.line or 0, word) for word, place in each.texts("pip")]
        else:
            broken(file, rows.place(at).line, "a package or the section of pip's was expected here")
    read = parse_lines(iter(lines), file)
    return replace(read, releases=(*read.releases, *conda), kind=MANIFEST)


def _conda(text: str, place: Place) -> Locked:
    match = SPEC.fullmatch(text.strip())
    if match is None:
        broken(place.file, place.line, "not a package as conda names it")
    pin = PIN.fullmatch(match["spec"].strip())
    return Locked(
        Release("conda", match["name"].lower(), pin[1] if pin and "*" not in pin[1] else None),
        place,
        specifier=match["spec"].strip(),
        source=match["channel"],
        asked=((match["name"].lower(), ""),),
        direct=True,
    )
