"""Landlock: where to connect, where to write, whom to signal.

Runs in the target interpreter: stdlib only, Python >= 3.7.
"""
# ruff: noqa: PTH110, PTH112, PTH114, PTH118, PTH208 - `pathlib` is slow to import, and each install waits for this file

from __future__ import annotations

import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.managers._kernel import Kernel

# The numbers of linux/landlock.h; the system calls have the same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION = 1  # flag: ask which ABI the kernel speaks
PATH_BENEATH, NET_PORT = 1, 2
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
SCOPE_ABSTRACT_UNIX, SCOPE_SIGNAL = 1 << 0, 1 << 1

WRITE_FILE, REMOVE_DIR, REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
# Denied everywhere, in writable folders too: root could make a node for the disk and write to that.
_NODES = MAKE_CHAR | MAKE_BLOCK
_GRANTED = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM
_ON_FILES = WRITE_FILE | TRUNCATE | IOCTL_DEV  # the kernel refuses the other rights in a rule about one file

# The ABI that brought each thing.
FILES, TRUNCATING, NETWORK, SCOPES = 1, 3, 4, 6
_SINCE = ((2, REFER), (TRUNCATING, TRUNCATE), (5, IOCTL_DEV))

DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm")


def abi(kernel: Kernel) -> int:
    """Say which Landlock ABI this kernel speaks; OSError when it has none."""
    return kernel.syscall("Landlock", CREATE_RULESET, None, 0, VERSION)


def allow_connecting(kernel: Kernel, port: int) -> str:
    """Let TCP connect to one port number only, on any host, and bind to none."""
    ruleset = _ruleset(kernel, NETWORK, fs=REFER, net=BIND_TCP | CONNECT_TCP)
    _enforce_moving(kernel, ruleset, [(NET_PORT, struct.pack("=QQ", CONNECT_TCP, port))])
    return f"TCP only to port {port}, on any host"


def scope(kernel: Kernel) -> str:
    """Keep signals and abstract unix sockets inside."""
    _enforce_moving(kernel, _ruleset(kernel, SCOPES, fs=REFER, scoped=SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL), [])
    return "no signals and no abstract unix sockets to processes outside"


def allow_writing(kernel: Kernel, writable: Sequence[str], protected: Sequence[str]) -> str:
    """Let files be written beneath `writable` only and never beneath `protected`; reading and running stay free.

    Landlock has no rule that subtracts. Where something protected lies beneath a writable folder, the folders that
    lead to it get no rights and their other entries each get their own: nothing new can be made in those folders,
    which fails closed. Modes, owners, times and extended attributes are beyond Landlock.
    """
    speaks = abi(kernel)
    handled = _GRANTED | _NODES | sum(right for since, right in _SINCE if speaks >= since)
    granted, closed, absent = _sorted_out(
        [os.path.realpath(path) for path in writable], [os.path.realpath(path) for path in protected]
    )
    devices = _opened([os.path.realpath("/dev/" + name) for name in DEVICES])
    places = _opened(granted)
    try:
        rules = [(PATH_BENEATH, _beneath(fd, handled & ~_NODES)) for fd in devices]
        rules += [(PATH_BENEATH, _beneath(fd, handled & ~_NODES & ~IOCTL_DEV)) for fd in places]
        _enforce(kernel, _ruleset(kernel, FILES, fs=handled), rules)
    finally:
        for fd in devices + places:
            os.close(fd)
    said = ["writes only beneath the target, the project and temporary folders"]
    said += ["truncating by path stays open before Linux 6.2"] if speaks < TRUNCATING else []
    said += ["nothing new in " + ", ".join(closed) + ": what is protected lies there"] if closed else []
    said += ["not there: " + ", ".join(absent)] if absent else []
    return "; ".join(said)


def _sorted_out(writable: Sequence[str], protected: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Say what gets a rule, what stays closed for something protected in or around it, and what is missing."""
    granted, closed, absent = [], [], []
    for path in writable:
        if any(_holds(hidden, path) for hidden in protected):
            closed.append(path)
        elif not os.path.exists(path):
            absent.append(path)
        else:
            for found, leads in _carved(path, protected):
                if leads:
                    closed.append(found)
                else:
                    granted.append(found)
    return granted, closed, absent


def _carved(path: str, protected: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Walk down only where something protected lies beneath; yield each path with whether it leads there."""
    if path in protected:
        return
    if not any(_holds(path, hidden) for hidden in protected):
        yield path, False
        return
    yield path, True
    if os.path.isdir(path):
        for below in sorted(os.path.join(path, name) for name in os.listdir(path)):
            if not os.path.islink(below):  # a rule about a link would open what it points to
                yield from _carved(below, protected)


def _holds(folder: str, path: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _opened(paths: Sequence[str]) -> list[int]:
    descriptors = []
    for path in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # gone, or not ours to look at: it gets no rule, so it stays closed
        if stat.S_ISLNK(os.fstat(fd).st_mode):
            os.close(fd)  # became a link since we looked
        else:
            descriptors.append(fd)
    return descriptors


def _beneath(fd: int, rights: int) -> bytes:
    if not stat.S_ISDIR(os.fstat(fd).st_mode):
        rights &= _ON_FILES
    return struct.pack("=Qi", rights, fd)


def _ruleset(kernel: Kernel, since: int, fs: int = 0, net: int = 0, scoped: int = 0) -> int:
    speaks = abi(kernel)
    if speaks < since:
        raise OSError(f"needs Landlock ABI {since}; this kernel speaks {speaks}")
    words = {FILES: 1, NETWORK: 2, SCOPES: 3}[since]  # an older kernel knows only the first words of the structure
    wanted = struct.pack("=QQQ", fs, net, scoped)[: 8 * words]
    return kernel.syscall("landlock_create_ruleset", CREATE_RULESET, wanted, len(wanted), 0)


def _enforce_moving(kernel: Kernel, ruleset: int, rules: Sequence[tuple[int, bytes]]) -> None:
    """Enforce rules that are not about files without forbidding to move them.

    Every ruleset denies REFER, even one that handles no right of files: then nothing could be renamed into another
    folder, and pip moves what it has built. (https://docs.kernel.org/userspace-api/landlock.html)
    """
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        _enforce(kernel, ruleset, [(PATH_BENEATH, _beneath(root, REFER)), *rules])
    finally:
        os.close(root)


def _enforce(kernel: Kernel, ruleset: int, rules: Sequence[tuple[int, bytes]]) -> None:
    try:
        for kind, rule in rules:
            kernel.syscall("landlock_add_rule", ADD_RULE, ruleset, kind, rule, 0)
        kernel.no_new_privileges()
        kernel.syscall("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
