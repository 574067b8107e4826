"""Start gatekeeper: as `python -m gatekeeper`, and behind both commands."""

from __future__ import annotations

import os
import sys
import threading

INTERRUPTED = 130


def main() -> None:
    """Run `gatekeeper` and end the process with its exit code."""
    run("main")


def safe_install() -> None:
    """Run `safe-install` and end the process with its exit code."""
    run("safe_install")


def run(command: str) -> None:
    """Run a command, then end at once where a thread still waits for a slow index: its answer is not wanted any more.

    An interruption ends like that too: Python forgets our exit code when the Ctrl-C came while a dataclass was made.
    """
    try:
        from gatekeeper import cli

        code = cli.main() if command == "main" else cli.safe_install()
    except KeyboardInterrupt:  # pressed before anything had begun
        code = INTERRUPTED
    if code == INTERRUPTED or any(thread.name.startswith("gatekeeper-") for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
