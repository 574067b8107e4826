"""What functions about paths and addresses yield."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from gatekeeper.evidence import _js_fold as fold
from gatekeeper.evidence._js_values import origins
from gatekeeper.evidence._values import HOLE, Value, exactly, opaque, roughly

if TYPE_CHECKING:
    from gatekeeper.evidence._js_calling import Call

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*:)//(?:[^/@?#]*@)?([^/:?#]*)(?::(\d{1,5}))?([^\s]*)")


def joined_path(parts: list[Value]) -> Value:
    """Join the parts of a path, each known or not."""
    shown = [one.text if one.text is not None else HOLE for one in parts]
    whole = "/".join(one.replace("\\", "/") for one in shown if one)
    whole = posixpath.normpath(whole) if whole else "."
    if whole.startswith("//"):
        whole = whole[1:]
    taints = origins(parts)
    return exactly(whole, taints) if all(one.exact for one in parts) else roughly(whole, taints)


def path(_: object, call: Call) -> Value:
    """Fold path.join and path.resolve."""
    parts = call.args
    if call.ref == "path.resolve":
        absolute = [at for at, one in enumerate(parts) if (one.text or "").startswith(("/", "~", "%", HOLE))]
        parts = parts[absolute[-1] :] if absolute else parts
    return joined_path(parts)


def same_path(_: object, call: Call) -> Value:
    """Return what keeps a path the same."""
    value = call.argument(0)
    return Value(value.const, value.rough, origins([value]))


def folder(_: object, call: Call) -> Value:
    """Fold path.dirname."""
    value = call.argument(0)
    if value.text is None:
        return opaque(origins([value]))
    head = posixpath.dirname(value.text.replace("\\", "/")) or "."
    return exactly(head, value.taints) if value.exact else roughly(head, value.taints)


def base(_: object, call: Call) -> Value:
    """Fold path.basename."""
    value = call.argument(0)
    tail = posixpath.basename((value.text or HOLE).replace("\\", "/"))
    return exactly(tail, value.taints) if value.exact else roughly(tail, value.taints)


def address(_: object, call: Call) -> Value:
    """Read new URL(address, base) and url.parse: both are worth their text."""
    first, start = call.argument(0), call.argument(1)
    if start.text and first.text is not None and "://" not in first.text:
        if "://" in start.text:
            return fold.added(exactly(start.text.rstrip("/") + "/", start.taints), first)
        head = posixpath.dirname(start.text) or "."
        return joined_path([exactly(head, start.taints), first])
    return Value(first.const, first.rough, origins(call.args), "URL()")


def home(_: object, __: Call) -> Value:
    """Return a person's home folder."""
    return roughly("~")


def temporary(_: object, __: Call) -> Value:
    """Return the folder for temporary files."""
    return roughly("%TEMP%")


def here(_: object, __: Call) -> Value:
    """Return the folder that a process runs in."""
    return roughly(".", frozenset({"weak-fingerprint"}))


def part_of_address(value: Value, name: str) -> Value | None:
    """Return a member of a parsed address: its host, port or path, or its whole text; None when it is none of these."""
    if name == "searchParams":  # what is set there belongs to the address
        return value
    if name in {"href", "toString", "origin"} or value.text is None:
        return Value(value.const, value.rough, value.taints)
    match = ADDRESS.match(value.text)
    if match is None or name not in {"hostname", "host", "port", "pathname", "path", "protocol", "search"}:
        return None
    scheme, host, port, path = match.groups()
    parts = {"hostname": host, "host": host, "port": port or "", "protocol": scheme}
    return roughly(parts.get(name, path or "/"), value.taints)
