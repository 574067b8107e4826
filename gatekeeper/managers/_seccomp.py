"""A seccomp filter for what Landlock does not see. Runs in the target interpreter: stdlib only, Python >= 3.7.

Only TCP sockets can be made. Unix sockets are closed as well: the docker socket, the session bus (`systemd-run --user`)
and an ssh agent each act outside the fence for whoever may connect, and neither a namespace nor Landlock (before
Linux 7) keeps a process from a socket's path. The price: `multiprocessing` managers and its forkserver (the default
start method from Python 3.14 on) fail inside; fork, spawn, pools and pipes work. Nobody inside can listen either, so a
build cannot stand in for the gate.
"""

from __future__ import annotations

import errno
import os
import struct
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.managers._kernel import Kernel

    Instruction = tuple[int, int, int, int]

PR_SET_SECCOMP, MODE_FILTER = 22, 2
X32 = 0x40000000
# Architecture -> (its audit number, where its system calls are)
NUMBERS = {
    "x86_64": (
        0xC000003E,
        {
            "ioctl": 16, "socket": 41, "sendto": 44, "sendmsg": 46, "listen": 50, "socketpair": 53, "ptrace": 101,
            "sendmmsg": 307, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "ioctl": 29, "ptrace": 117, "socket": 198, "socketpair": 199, "listen": 201, "sendto": 206, "sendmsg": 211,
            "setns": 268, "sendmmsg": 269, "process_vm_readv": 270, "process_vm_writev": 271,
        },
    ),
}  # fmt: skip
EVERYWHERE = {"io_uring_setup": 425, "pidfd_getfd": 438}

# io_uring makes sockets past this filter; the last five reach into other processes and their networks.
DENIED = ("listen", "io_uring_setup", "setns", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd")
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
SOCK_STREAM, SOCK_SEQPACKET = 1, 5
SOCK_FLAGS = 0o2000000 | 0o4000  # SOCK_CLOEXEC, SOCK_NONBLOCK
IPPROTO_TCP = 6
MSG_FASTOPEN = 0x20000000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C

# Each row: call, then (argument, mask that is cleared first, allowed values) for every argument that is looked at.
# Landlock counts only IPPROTO_TCP as TCP: a multipath TCP or SCTP socket would connect anywhere.
# A datagram pair can still send to any unix path, a stream pair cannot.
ONLY = (
    ("socket", ((0, 0, (AF_INET, AF_INET6)), (1, SOCK_FLAGS, (SOCK_STREAM,)), (2, 0, (0, IPPROTO_TCP)))),
    ("socketpair", ((0, 0, (AF_UNIX,)), (1, SOCK_FLAGS, (SOCK_STREAM, SOCK_SEQPACKET)))),
)
# Sending with fast open connects past Landlock's look at connect().
NEVER_BITS = (("sendto", 3, MSG_FASTOPEN), ("sendmsg", 2, MSG_FASTOPEN), ("sendmmsg", 3, MSG_FASTOPEN))
# Both type into the person's terminal, that is into their shell once we have ended.
NEVER_VALUES = (("ioctl", 1, (TIOCSTI, TIOCLINUX)),)

LOAD, AND, RETURN = 0x20, 0x54, 0x06
IF_EQUAL, IF_AT_LEAST, IF_BITS = 0x15, 0x35, 0x45
ALLOW = (RETURN, 0, 0, 0x7FFF0000)
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data


def close_sockets(kernel: Kernel) -> str:
    """Install the filter for this process and all that come from it."""
    machine = os.uname().machine
    if machine not in NUMBERS or sys.maxsize < 2**32:
        raise OSError("no filter for this architecture: " + machine)
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program(machine))
    pointer = kernel.address_of(code)
    kernel.no_new_privileges()
    kernel.prctl("seccomp", PR_SET_SECCOMP, MODE_FILTER, struct.pack("@HP", len(code) // 8, pointer))
    return "TCP sockets only: no UDP, raw or unix sockets; no listening, io_uring, tracing or foreign system calls"


def program(machine: str) -> list[Instruction]:
    """Write the filter for one architecture as BPF instructions (code, jump if true, jump if false, operand)."""
    architecture, numbers = NUMBERS[machine]
    numbers = dict(numbers, **EVERYWHERE)
    # Programs for other architectures (32-bit, int 0x80) number their calls differently: a filter that knew only ours
    # would miss them.
    code = [_load(ARCHITECTURE_AT), (IF_EQUAL, 1, 0, architecture), _deny(errno.EPERM), _load(NUMBER_AT)]
    if machine == "x86_64":
        code += [(IF_AT_LEAST, 0, 1, X32), _deny(errno.EPERM)]
    for call in DENIED:
        code += _when(numbers[call], [_deny(errno.EPERM)])
    for call, arguments in ONLY:
        code += _when(numbers[call], [step for argument in arguments for step in _only(*argument)] + [ALLOW])
    for call, argument, bits in NEVER_BITS:
        code += _when(numbers[call], [_argument(argument), (IF_BITS, 0, 1, bits), _deny(errno.EPERM), ALLOW])
    for call, argument, values in NEVER_VALUES:
        code += _when(numbers[call], [_argument(argument), *_any_of(values, [ALLOW], [_deny(errno.EPERM)])])
    return [*code, ALLOW]


def _when(number: int, block: Sequence[Instruction]) -> list[Instruction]:
    """Run a block, which must end by itself, if the loaded call number is this one."""
    return [(IF_EQUAL, 0, len(block), number), *block]


def _only(argument: int, mask: int, allowed: Sequence[int]) -> list[Instruction]:
    clear = [(AND, 0, 0, ~mask & 0xFFFFFFFF)] if mask else []
    return [_argument(argument), *clear, *_any_of(allowed, [_deny(errno.EACCES)], [])]


def _any_of(values: Sequence[int], otherwise: Sequence[Instruction], then: Sequence[Instruction]) -> list[Instruction]:
    """Go on with `then` if the loaded value is one of these, else run `otherwise`, which must end by itself."""
    left = len(values)
    tests = [(IF_EQUAL, left - at - 1 + len(otherwise), 0, value) for at, value in enumerate(values)]
    return [*tests, *otherwise, *then]


def _load(offset: int) -> Instruction:
    return (LOAD, 0, 0, offset)


def _argument(index: int) -> Instruction:
    """Load an argument's low half: the kernel reads these arguments as 32 bits, whatever the high half says."""
    return _load(ARGUMENTS_AT + 8 * index)


def _deny(number: int) -> Instruction:
    return (RETURN, 0, 0, 0x00050000 | number)
