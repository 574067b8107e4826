"""What a build might try, tried from inside the fence: `inside.py '[["reach", 8080]]'` prints how that ended.

Started by its path, inside the fence: standard library only. Every act is harmless; "" says that it succeeded.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PATIENCE = 5.0  # seconds for one act


def reach(port: int) -> None:
    """Connect to a port of this machine and hear a byte from there."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as made:
        if not made.recv(1):
            raise OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def write(path: str) -> None:
    """Make a file."""
    with open(path, "x", encoding="ascii") as stream:  # noqa: PTH123 - one call, spelled as it is
        stream.write("x")


def send(port: int) -> None:
    """Send a datagram, as a question to a name server is one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("127.0.0.1", port))


def unix(path: str) -> None:
    """Connect to a unix socket, such as docker's, however long its path is: an address holds 107 bytes."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY)  # noqa: PTH120 - one call, spelled as it is
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
            made.settimeout(PATIENCE)
            made.connect(f"/proc/self/fd/{folder}/{os.path.basename(path)}")  # noqa: PTH119 - likewise
    finally:
        os.close(folder)


def signal(pid: int) -> None:
    """Ask whether a process outside can be signalled."""
    os.kill(pid, 0)


ACTS: dict[str, Callable[[Any], None]] = {"reach": reach, "write": write, "send": send, "unix": unix, "signal": signal}


def main() -> None:
    """Try each act and print how they ended, in their order."""
    ended = []
    for name, word in json.loads(sys.argv[1]):
        try:
            ACTS[name](word)
            ended.append("")
        except OSError as refused:
            ended.append(refused.strerror or str(refused))
    sys.stdout.write(json.dumps(ended) + "\n")


if __name__ == "__main__":
    main()
