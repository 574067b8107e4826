"""Feeds in bulk: whatever their bytes are, they are read, or refused with one line; nothing else comes of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from gatekeeper.errors import UpstreamError
from gatekeeper.history.feeds import Reading
from tests.support.osv import all_zip, record

HONEST = all_zip(*(record(f"name-{number}", "1.0", identity=f"MAL-{number}") for number in range(3)))


def read(content: bytes) -> int | None:
    """Read a feed; return how many records it has, or None when it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed"
        path.write_bytes(content)
        try:
            return len(list(Reading(path, "the feed").records()))
        except UpstreamError as problem:
            said = problem.message
    assert said.startswith("the feed: ")
    assert "\n" not in said
    return None


def test_an_honest_feed_is_read() -> None:
    assert read(HONEST) == 3


@given(st.lists(st.tuples(st.integers(0, len(HONEST) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@example([(HONEST.rfind(b"PK\x01\x02") + 10, 14)])
@example([(HONEST.rfind(b"PK\x01\x02") + 45, 0xFF)])
def test_a_zip_that_was_changed_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    content = bytearray(HONEST)
    for at, value in changes:
        content[at] = value
    read(bytes(content))


@given(st.integers(0, len(HONEST) - 1))
def test_a_zip_that_ends_early_is_refused(end: int) -> None:
    assert read(HONEST[:end]) is None


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes) -> None:
    read(content)
    read(b"PK" + content)
