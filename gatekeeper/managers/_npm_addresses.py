"""Give locks the addresses back that npm asked the gate for. Loaded by path; standard library only."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def give_back(files: Iterable[str], origins: Iterable[Sequence[str]]) -> None:
    """Write the second address of each pair wherever a lock has the first, and leave every other byte as it is."""
    pairs = list(origins)
    for path in files:
        if pairs and os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114 - loads quickly
            _rewrite(path, pairs)


def _rewrite(path: str, pairs: list[Sequence[str]]) -> None:
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:  # noqa: PTH123 - as above
        before = stream.read()
    text = before
    for ours, own in pairs:
        text = text.replace(json.dumps(ours), json.dumps(own, ensure_ascii=False))
        text = text.replace(f'"{ours}#', f'"{own}#')  # as yarn.lock has it
    if text != before:
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:  # noqa: PTH123
            stream.write(text)
