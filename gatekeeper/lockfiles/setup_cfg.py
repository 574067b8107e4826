"""setup.cfg: what setuptools reads of a project's requirements.

https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
"""

from __future__ import annotations

import configparser
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.lockfiles._nouns import MANIFEST, Include, LockFile
from gatekeeper.lockfiles._python import requirement
from gatekeeper.lockfiles._values import broken
from gatekeeper.model import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

PATTERNS = ("setup.cfg",)
LISTS = {"install_requires": "", "setup_requires": "build", "tests_require": "tests"}
EXTRAS = "options.extras_require"
FILE = re.compile(r"file:\s*(.*)", re.IGNORECASE | re.DOTALL)
MARKED = re.compile(r";\s*[\w(]+\s*(?:[<>=!~]|not|in)")  # on one line a semicolon may also part two requirements
OPTION = re.compile(r"([^\s#;=:\[][^=:]*?)\s*[=:]\s*(.*)")


def parse(text: str, file: str) -> LockFile:
    """Return what a project asks for; raise `UndecidedError` naming the line that is broken."""
    text = text.removeprefix("\ufeff")
    try:
        configparser.RawConfigParser().read_string(text, file)
    except configparser.Error as problem:
        line = getattr(problem, "lineno", None) or next((number for number, _ in getattr(problem, "errors", ())), None)
        broken(file, line, "not an ini file: a section or `name = value` was expected")
    found, includes = [], []
    for number, group, value in _values(text):
        place, named = Place(file, number), FILE.fullmatch(value)
        if named:
            paths = filter(None, (path.strip() for path in named[1].split(",")))
            includes += [Include(path, place, group=group) for path in paths]
            continue
        for each in [value] if MARKED.search(value) else filter(str.strip, value.split(";")):
            wanted = requirement(each.strip(), place, (group,) if group else ())
            found.append(replace(wanted, dev=bool(group) and group in LISTS.values()))
    return LockFile(file, "pypi", MANIFEST, tuple(found), includes=tuple(includes))


def _values(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line of a list of requirements, with its number and the group that it is for."""
    section, group = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if line[0] == "[":
            section, group = line.strip().strip("[]").strip(), None
        elif line[0].isspace():
            value = re.split(r"\s#", line)[0].strip()
            if group is not None and value:
                yield number, group, value
        elif (match := OPTION.match(line)) is not None:
            group = _group(section, match[1].strip())
            if group is not None and match[2].strip():
                yield number, group, re.split(r"\s#", match[2])[0].strip()


def _group(section: str, key: str) -> str | None:
    """Return the group that an option lists requirements of; None when it lists none."""
    return key if section == EXTRAS else LISTS.get(key.lower()) if section == "options" else None
