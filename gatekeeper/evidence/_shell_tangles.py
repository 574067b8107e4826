"""Keeping the cost of parsing shell code in bounds: it may take quadratic time where code is broken on purpose."""

from __future__ import annotations

MOST_PIECE = 4000  # bytes of a script that are parsed at once
MOST_PARSED = 600_000_000  # the squares of the lengths of all that is parsed in one artifact: some seconds at worst
MOST_OPEN = 300  # brackets of one kind that are open, or closed without having been open
MOST_SIGNS = 1000  # of those that take the parser quadratic time
SLOW_SIGNS = (b"|", b"<<", b"=(")
BRACKETS = (b"()", b"{}", b"[]")


def pieces_of(source: bytes) -> list[tuple[int, bytes]]:
    """Cut a long script where a new block seems to start; return how many lines lie above each piece, and the piece.

    What is cut in two is still read: the parser makes the best of half a block. A line is never cut.
    """
    pieces: list[tuple[int, bytes]] = []
    above = start = 0
    while start < len(source):
        end = _end_of_piece(source, start)
        piece = source[start:end]
        pieces.append((above, piece))
        above += piece.count(b"\n")
        start = end
    return pieces or [(0, b"")]


def _end_of_piece(source: bytes, start: int) -> int:
    if len(source) - start <= MOST_PIECE:
        return len(source)
    for mark in (b"\n\n", b"\n"):
        found = source.rfind(mark, start + MOST_PIECE // 4, start + MOST_PIECE)
        if found > 0:
            return found + len(mark)
    found = source.find(b"\n", start + MOST_PIECE)
    return len(source) if found < 0 else found + 1


def is_tangled(source: bytes) -> bool:
    """Say whether code is nested or unbalanced as nobody writes it."""
    if any(source.count(sign) > MOST_SIGNS for sign in SLOW_SIGNS):
        return True
    return any(_is_unbalanced(source, opening, closing) for opening, closing in BRACKETS)


def _is_unbalanced(source: bytes, opening: int, closing: int) -> bool:
    if source.count(opening) < MOST_OPEN and source.count(closing) < MOST_OPEN:
        return False
    depth = 0
    for one in source:
        depth += (one == opening) - (one == closing)
        if not -MOST_OPEN < depth < MOST_OPEN:
            return True
    return False
