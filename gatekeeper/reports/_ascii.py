"""JSON in printable ASCII that no terminal and no CI runner reads a command into."""

from __future__ import annotations

import json


def document(value: object, *, indent: int | None) -> str:
    """Write a value as JSON, on one line without an indent; every reader gets back exactly what it was."""
    # json leaves DEL as it is, the one control character of ASCII that it does not escape; `##[` is a runner's command
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n"
