"""Names of members: which are safe, and which would be one file on some file system."""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn

from gatekeeper.artifacts import limits
from gatekeeper.artifacts._faults import Fault

# The common case in one match: plain ASCII parts that neither start with a dot nor hold anything odd.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.+\-]*/){0,20}[A-Za-z0-9_][A-Za-z0-9_.+\-]*")
_PLAIN_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_DRIVE = re.compile(r"[A-Za-z]:")


def text(raw: bytes) -> str:
    """Decode a name; bytes that are not UTF-8 become one printable character each, so that names stay distinct."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp437")


def safe_path(name: str) -> str:
    """Return a member's path inside the archive in its plain form ("" for the archive's root), or raise Fault."""
    if len(name) <= _PLAIN_LENGTH and _PLAIN.fullmatch(name):
        return name
    _refuse_odd_characters(name)
    if name.startswith("/"):
        raise Fault("its path is absolute", name)
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise Fault("its path leads upwards", name)
    # The second part too: it comes first once a client has stripped the top folder.
    if any(_DRIVE.match(part) for part in parts[:2]):
        raise Fault("its path names a drive", name)
    path = "/".join(parts)
    if len(path) > limits.MAX_PATH_LENGTH or len(parts) > limits.MAX_PATH_DEPTH:
        raise Fault(f"its path is over {limits.MAX_PATH_LENGTH} characters or {limits.MAX_PATH_DEPTH} folders", name)
    return path


def _refuse_odd_characters(name: str) -> None:
    if "\\" in name:
        raise Fault("its path holds a backslash, a folder on Windows only", name)
    if _CONTROL.search(name):
        raise Fault("its path holds control characters", name)


def file_system_key(path: str) -> str:
    """Return what two paths share that are one file where case and Unicode form do not count."""
    return (
        path.lower() if path.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
    )


def step_through(folder: str, target: str, links: dict[str, str]) -> str | None:
    """Follow a link's target from a folder, through other links, as a file system would.

    Return the path inside the tree, or None for a loop; raise Fault when any step leaves the tree.
    """
    here = [part for part in folder.split("/") if part]
    todo = _target_parts(target)[::-1]
    hops = 0
    while todo:
        part = todo.pop()
        if part == "..":
            if not here:
                _refuse_escape(target)
            here.pop()
            continue
        here.append(part)
        further = links.get("/".join(here))
        if further is not None:
            hops += 1
            if hops > limits.MAX_LINK_HOPS:
                return None
            here.pop()
            todo.extend(_target_parts(further)[::-1])
    return "/".join(here)


def _target_parts(target: str) -> list[str]:
    if target.startswith("/") or _DRIVE.match(target):
        _refuse_escape(target)
    _refuse_odd_characters(target)
    if len(target) > limits.MAX_PATH_LENGTH:
        raise Fault(f"the link's target is over {limits.MAX_PATH_LENGTH} characters")
    return [part for part in target.split("/") if part not in {"", "."}]


def _refuse_escape(target: str) -> NoReturn:
    raise Fault(f"the link leads out of the archive, to {target!a}")
