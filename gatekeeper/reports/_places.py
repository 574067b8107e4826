"""Places as URIs: a line of a file of the person's, or a file inside a package."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gatekeeper.model import Place
from gatekeeper.reports._words import code

if TYPE_CHECKING:
    from gatekeeper.model import Finding, Verdict

ROOT = "%SRCROOT%"  # the name that viewers know for the root of the sources
SNIPPET_LINES = 10  # code scanning takes files of 10 MB, compressed
SPOKEN = frozenset({"command line", "environment", "npm config", ""})  # places that are no files


def is_file(place: Place | None) -> bool:
    """Say whether a place is in a file."""
    return place is not None and place.file not in SPOKEN


def relative(path: str) -> str | None:
    """Return a path below the folder of the run with forward slashes; None for an absolute one."""
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive:
        return None
    return PureWindowsPath(path).as_posix()


def named(place: Place | None) -> dict[str, Any] | None:
    """Return the physical location of the line that names a release; None when no file does."""
    if place is None or not is_file(place):
        return None
    return _located(_artifact(place.file), place.line)


def of_own_file(verdict: Verdict, finding: Finding | None) -> Place | None:
    """Return where a finding is in the person's own file, which was judged itself or names the release; else None."""
    if finding is None or verdict.place is None or finding.file != verdict.place.file:
        return None
    # Packages hold files of the same names, and whatever is found in their code has a moment.
    return Place(finding.file, finding.line) if finding.when is None or verdict.artifact is None else None


def inside(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    """Return the physical location of a finding inside a package: below the name of the package's own file."""
    if finding.file is None:
        return at_all(verdict)
    own = _own(verdict)
    physical = _located({**own, "uri": f"{own['uri']}/{_quoted(_tame(finding.file))}"}, finding.line)
    if finding.snippet is not None:
        physical["region"]["snippet"] = {"text": code(finding.snippet, SNIPPET_LINES)}
    return physical


def at_all(verdict: Verdict) -> dict[str, Any]:
    """Return a location for a release that no line names: what was handed in, its file, or its name."""
    return _located(_own(verdict), None)


def _own(verdict: Verdict) -> dict[str, str]:
    if verdict.path and verdict.place is None:  # else it is the file that names the release
        return _artifact(verdict.path)
    name = verdict.release.name if verdict.artifact is None else verdict.artifact.filename
    return {"uri": _quoted(_tame(name))}


def _artifact(path: str) -> dict[str, str]:
    below = relative(path)
    if below is not None:
        return {"uri": _quoted(below), "uriBaseId": ROOT}
    if PureWindowsPath(path).drive:
        return {"uri": "file:///" + _quoted(PureWindowsPath(path).as_posix().lstrip("/"))}
    return {"uri": "file://" + _quoted("/" + path.lstrip("/"))}


def _located(artifact: dict[str, str], line: int | None) -> dict[str, Any]:
    return {"artifactLocation": artifact, "region": {"startLine": max(line or 1, 1)}}


def _tame(path: str) -> str:
    """Keep a package's name for a file below the package."""
    return "/".join("_" if part in {"", ".", ".."} else part for part in re.split(r"[/\\]", path))


def _quoted(path: str) -> str:
    return quote(path, safe="/", errors="backslashreplace")
