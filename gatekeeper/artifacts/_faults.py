"""What is wrong with an archive, and the one place that turns it into an error that names the archive."""

from __future__ import annotations

import lzma
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_NAME_SHOWN = 120


class Fault(Exception):  # noqa: N818 - it never leaves this room: `naming` makes it an UnreadableError
    """Why an archive is refused, and the member that is to blame."""

    def __init__(self, why: str, member: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.member = member


def shown(name: str) -> str:
    """Quote a name on one line, whatever it holds."""
    return ascii(name if len(name) <= LONGEST_NAME_SHOWN else name[:LONGEST_NAME_SHOWN] + "...")


@contextmanager
def naming(archive: str, member: str | None = None) -> Iterator[None]:
    """Turn every fault of reading into an UnreadableError that names the archive and the member."""
    try:
        yield
    except Fault as fault:
        raise _error(archive, fault.member or member, fault.why) from fault
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        # bz2 reports bad input as OSError
        raise _error(archive, member, getattr(error, "strerror", None) or str(error)) from error


def _error(archive: str, member: str | None, why: str) -> UnreadableError:
    blamed = "" if member is None else f"{shown(member)}: "
    return UnreadableError(
        f"cannot read {shown(archive)[1:-1]}: {blamed}{ascii(why)[1:-1] if not why.isprintable() else why}"
    )
