"""Where the gate will be: a loopback port and a secret path, known before anything is served there."""

from __future__ import annotations

import secrets
import socket
from dataclasses import dataclass

HOST = "127.0.0.1"
BACKLOG = 1024  # npm asks for every file of its tree at once


@dataclass(frozen=True, slots=True)
class Door:
    """A listening socket and the secret that stands first in every path; connections queue until the gate opens."""

    sock: socket.socket
    secret: str
    token: str  # for clients that keep no path: it opens packages, and nothing else

    @property
    def port(self) -> int:
        """The TCP port on loopback."""
        port: int = self.sock.getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """The base of every address of the gate, without a slash at its end."""
        return f"http://{HOST}:{self.port}/{self.secret}"


def door() -> Door:
    """Bind a loopback port of the system's choice, with fresh 128-bit secrets."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((HOST, 0))
    sock.listen(BACKLOG)
    return Door(sock, secrets.token_hex(16), secrets.token_hex(16))
