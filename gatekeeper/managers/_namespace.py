"""An empty network in which only the gate listens. Runs in the target interpreter: stdlib only, Python >= 3.7."""

from __future__ import annotations

import os
import socket
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gatekeeper.managers._kernel import Kernel

CAP_SYS_ADMIN = 21
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
_IFREQ = "16sH22x"  # struct ifreq: the interface's name, its flags, the rest of the union


def enter(kernel: Kernel, port: int) -> tuple[str, socket.socket]:
    """Move this process into an empty network and listen there on 127.0.0.1:`port` for the gate to accept.

    Raises OSError while nothing has changed, and RuntimeError when it is too late to go on without the namespace.
    """
    _rehearse(kernel, port)
    try:
        return "an empty network; only the gate is in it", _enter(kernel, port)
    except OSError as fault:
        raise RuntimeError(f"the network namespace failed half-way: {fault}") from fault


def _enter(kernel: Kernel, port: int) -> socket.socket:
    user, group = os.geteuid(), os.getegid()
    if kernel.capabilities() >> CAP_SYS_ADMIN & 1:
        # No user namespace for root: in one, files of other owners could be neither written nor given away.
        kernel.unshare("a network namespace", CLONE_NEWNET)
    else:
        kernel.unshare("a user and a network namespace", CLONE_NEWUSER | CLONE_NEWNET)
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open("/proc/self/" + name, "w", encoding="ascii") as stream:  # noqa: PTH123 - see _cage.py
                stream.write(text)
    _raise_loopback()
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)  # as many as a client may ask for at once
    except OSError:
        listener.close()
        raise
    return listener


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        found = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack(_IFREQ, b"lo", 0))
        flags = struct.unpack(_IFREQ, found[: struct.calcsize(_IFREQ)])[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack(_IFREQ, b"lo", flags | IFF_UP))


def _rehearse(kernel: Kernel, port: int) -> None:
    """Do it all in a process that ends at once: unshare() cannot be taken back, and some kernels refuse only later."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        complaint = "it failed for no known reason"
        try:
            _enter(kernel, port)
            complaint = ""
        except OSError as fault:
            complaint = fault.strerror or str(fault)
        finally:
            os.write(writer, complaint.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        complaint = stream.read().decode(errors="replace")
    status = os.waitpid(child, 0)[1]
    if complaint or status:
        raise OSError(complaint or "the rehearsal died")
