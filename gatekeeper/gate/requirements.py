"""What core metadata says that a release requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import BytesParser

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One Requires-Dist line: the name, the version specifier's text, and the address when it names one."""

    name: str
    specifier: str
    url: str | None
    marked: bool  # under an environment marker or an extra: it may not apply


def requirements_in(metadata: bytes) -> tuple[Requirement, ...]:
    """Read what core metadata requires, with the parser that pip uses: two parsers are two answers.

    https://packaging.python.org/specifications/core-metadata
    """
    found = []
    for line in BytesParser().parsebytes(metadata, headersonly=True).get_all("Requires-Dist", []):
        text, _, marker = " ".join(str(line).split()).partition(";")
        named = NAME.match(text)
        if named is None:
            continue
        rest = re.sub(r"^\[[^\]]*\]", "", text[named.end() :].strip()).strip()
        url = rest[1:].strip() if rest.startswith("@") else None
        normal = re.sub(r"[-_.]+", "-", named.group()).lower()
        found.append(Requirement(normal, "" if url else rest.strip("() "), url, bool(marker.strip())))
    return tuple(found)


def essence_of(metadata: bytes) -> tuple[frozenset[str], frozenset[Requirement]]:
    """Return what a client resolves by: name, version, Requires-Python and what is required."""
    said = BytesParser().parsebytes(metadata, headersonly=True)
    facts = ("Name", "Version", "Requires-Python", "Provides-Extra")
    lines = (f"{fact}: {str(value).strip()}" for fact in facts for value in said.get_all(fact, []))
    return frozenset(lines), frozenset(requirements_in(metadata))
