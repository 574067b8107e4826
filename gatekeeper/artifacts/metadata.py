"""An artifact's core metadata, when it can be had without running anything."""

from __future__ import annotations

import re
from email.parser import BytesHeaderParser
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError
from gatekeeper.model import Known, Unknown

if TYPE_CHECKING:
    from email.message import Message

    from gatekeeper.artifacts.opening import Opened

_STATIC_SINCE = (2, 2)  # PEP 643
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")
_ONCE = ("Metadata-Version", "Name", "Version")
_RESOLVED_BY = {"name", "version", "requires-dist", "requires-python", "provides-extra"}


def core_metadata(opened: Opened) -> Known[bytes] | Unknown:
    """Return a wheel's METADATA, or an sdist's PKG-INFO when no build may change what it tells a resolver (PEP 643)."""
    if opened.kind == "wheel":
        return _of_wheel(opened)
    if opened.kind == "sdist":
        return _of_sdist(opened)
    return Unknown(f"a {opened.kind} has no core metadata")


def dist_info_folders(opened: Opened) -> list[str]:
    """Return the names of a wheel's .dist-info folders, sorted."""
    tops = {path.partition("/")[0] for path in opened.members if ".dist-info/" in path}
    return sorted(top for top in tops if top.endswith(".dist-info"))


def declared(content: bytes) -> tuple[str, str] | None:
    """Return the name and version that core metadata declares; None when it lacks one."""
    message = _headers(content)
    name, version = message.get("Name"), message.get("Version")
    return (str(name).strip(), str(version).strip()) if name and version else None


def _of_wheel(opened: Opened) -> Known[bytes] | Unknown:
    folders = dist_info_folders(opened)
    if len(folders) != 1:
        return Unknown(f"the wheel holds {len(folders)} .dist-info folders instead of one")
    content = _read(opened, f"{folders[0]}/METADATA")
    if isinstance(content, Unknown):
        return content
    return _complete(content.value, "METADATA") or content


def _of_sdist(opened: Opened) -> Known[bytes] | Unknown:
    if not opened.root:
        return Unknown("the sdist has no single top folder")
    content = _read(opened, "PKG-INFO")
    if isinstance(content, Unknown):
        return content
    return _complete(content.value, "PKG-INFO") or _dynamic(_headers(content.value)) or content


def _read(opened: Opened, path: str) -> Known[bytes] | Unknown:
    if path not in opened.members:
        return Unknown(f"there is no {path}")
    try:
        return Known(opened.read(path))
    except UnreadableError as error:
        return Unknown(error.message)


def _complete(content: bytes, file: str) -> Unknown | None:
    """Say why metadata cannot be trusted to read the same everywhere; None when it can."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return Unknown(f"{file} is not UTF-8")
    message = _headers(content)
    if message.defects:
        return Unknown(f"{file} is malformed")
    for field in _ONCE:
        if len([value for value in message.get_all(field, []) if str(value).strip()]) != 1:
            return Unknown(f"{file} does not give one {field}")
    return None


def _dynamic(message: Message) -> Unknown | None:
    """Say why a build may change what PKG-INFO says; None when it may not."""
    spelled = str(message["Metadata-Version"]).strip()
    match = _VERSION.fullmatch(spelled)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    if not _STATIC_SINCE <= version < (_STATIC_SINCE[0] + 1, 0):
        return Unknown(f"PKG-INFO is of metadata version {spelled!a}, which does not say what a build may change")
    dynamic = {str(field).strip().lower() for field in message.get_all("Dynamic", [])} & _RESOLVED_BY
    if dynamic:
        return Unknown(f"PKG-INFO leaves to the build: {', '.join(sorted(dynamic))}")
    return None


def _headers(content: bytes) -> Message:
    return BytesHeaderParser().parsebytes(content)
