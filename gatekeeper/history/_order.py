"""Which of two versions is the later one, as each ecosystem has it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

LONGEST = 256  # characters; no version that anybody publishes is longer
# Semantic Versioning 2.0 (https://semver.org), with as many numbers as somebody wrote and a "v" in front.
SEMANTIC = re.compile(r"[v=]?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


@lru_cache(maxsize=1 << 14)
def order_of(ecosystem: str, version: str) -> Any:  # noqa: ANN401 - only ever compared with others of its ecosystem
    """Return what sorts as the version does; None for what is no version."""
    if len(version) > LONGEST:
        return None
    return _python_order(version) if ecosystem == "pypi" else _semantic_order(version)


def _python_order(version: str) -> object:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        return None


def _semantic_order(version: str) -> object:
    match = SEMANTIC.fullmatch(version.strip())
    if match is None:
        return None
    numbers = [int(each) for each in match[1].split(".")]
    numbers += [0] * (3 - len(numbers))
    # A pre-release comes before its release; among pre-releases numbers count as numbers and come before words.
    words = [(0, int(each), "") if each.isdigit() else (1, 0, each) for each in match[2].split(".")] if match[2] else []
    return numbers, not words, words


def is_same(ecosystem: str, one: str, other: str) -> bool:
    """Say whether two spellings are one version."""
    first = order_of(ecosystem, one)
    return one == other or (first is not None and first == order_of(ecosystem, other))
