"""Which of many names is one slip away? Found without comparing with each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gatekeeper.evidence._slips import slip

if TYPE_CHECKING:
    from collections.abc import Iterator

SORTED_BY = 2  # letters


@dataclass(frozen=True)
class Nearby:
    """Names of three letters or more, to be found by what a slip leaves as it is."""

    names: tuple[str, ...]

    @cached_property
    def of_length(self) -> dict[int, list[str]]:
        """The names by their length."""
        found: dict[int, list[str]] = {}
        for name in self.names:
            found.setdefault(len(name), []).append(name)
        return found

    @cached_property
    def by_part(self) -> dict[tuple[int, int], dict[str, list[str]]]:
        """The names of a length by so many letters at their beginning, or end if below 0: filled as it is asked for."""
        return {}

    def having(self, length: int, part: str, size: int) -> list[str]:
        """Return the names of a length that begin with a part of that size, or end with it if the size is below 0."""
        sorted_in = self.by_part.get((length, size))
        if sorted_in is None:
            sorted_in = self.by_part[length, size] = {}
            for name in self.of_length.get(length, ()):
                sorted_in.setdefault(name[:size] if size > 0 else name[size:], []).append(name)
        return sorted_in.get(part, [])

    def one_slip_from(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield the names that one slip makes this one, and its kind: they share its beginning or its end."""
        half = len(name) // 2
        begin, end = name[:half], name[half + 1 :]
        first, last = begin[:SORTED_BY], end[-SORTED_BY:]
        for length in range(len(name) - 1, len(name) + 2):
            sharing = [each for each in self.having(length, first, len(first)) if each.startswith(begin)]
            ending = (each for each in self.having(length, last, -len(last)) if each.endswith(end))
            sharing += (each for each in ending if not each.startswith(begin))
            yield from ((each, kind) for each in sharing if (kind := slip(name, each)))
