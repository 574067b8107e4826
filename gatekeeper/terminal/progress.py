"""How far long work is, on one line of a terminal while it lasts; and what came of it, in lines that stay."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gatekeeper.reports import visible
from gatekeeper.terminal.voice import put

if TYPE_CHECKING:
    from rich.status import Status
    from typing_extensions import Self

MIB = 1024 * 1024


class Progress:
    """A context manager. The line is drawn on stderr where that is a terminal; what stays goes to stdout."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Show nothing at all when quiet."""
        self._quiet = quiet
        self._status: Status | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("asking")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        if self._status is not None:
            self._status.stop()

    def heard(self, done: int, total: int | None) -> None:
        """Hear of bytes so far and in all, or, where the whole is not known, of steps."""
        if self._status is not None:
            self._status.update(f"{done / MIB:.0f} of {total / MIB:.0f} MiB" if total else f"{done:,}")

    def say(self, text: str) -> None:
        """Say what stays: lines, in which what is no text is spelt out."""
        if self._quiet:
            return
        if self._status is not None:
            self._status.stop()
        put(sys.stdout, "".join(f"{visible(line)}\n" for line in text.split("\n")))
        if self._status is not None:
            self._status.start()
