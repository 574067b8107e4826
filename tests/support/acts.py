"""What a build might try, by name: `acts.py '[["tcp", "127.0.0.1", 80], ...]'` prints how each attempt ended.

Runs inside the cage, on any Python from 3.8 on.
"""

# Each act is one system call, and is spelled as such.
# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH123, PTH211, UP031
from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import stat
import sys
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
IO_URING_SETUP = 425
IPPROTO_MPTCP = 262
MSG_FASTOPEN = 0x20000000
TIOCSTI = 0x5412
CLONE_NEWNET = 0x40000000
PTRACE_ATTACH = 16


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def connected(made, address):
    with made:
        made.settimeout(3)
        made.connect(address)


def tcp(host, port):
    connected(socket.socket(), (host, port))


def tcp6(port):
    connected(socket.socket(socket.AF_INET6), ("::1", port))


def multipath_tcp(host, port):
    connected(socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP), (host, port))


def fast_open(host, port):
    with socket.socket() as made:  # without a timeout, which would make it an attempt that is still going on
        made.sendto(b"x", MSG_FASTOPEN, (host, port))


def fast_open_message(host, port):
    with socket.socket() as made:  # without a timeout, which would make it an attempt that is still going on
        made.sendmsg([b"x"], [], MSG_FASTOPEN, (host, port))


def udp(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"out", (host, port))


def netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


def packet():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


def unix(path):
    connected(socket.socket(socket.AF_UNIX), path)


def abstract(name):
    connected(socket.socket(socket.AF_UNIX), "\0" + name)


def stream_pair():
    one, other = socket.socketpair()
    with one, other:
        one.send(b"x")
        other.recv(1)


def datagram_pair_to(path):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"out", path)


def listen():
    with socket.socket() as made:
        made.listen()


def bind():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))


def resolve():
    """Ask the resolver: it must fail by itself, soon, not crash."""
    with contextlib.suppress(socket.gaierror):
        socket.getaddrinfo("somewhere.invalid", 80)


def io_uring():
    os.close(checked(LIBC.syscall(IO_URING_SETUP, 1, ctypes.create_string_buffer(120))))


def join_network(pid):
    with open("/proc/%d/ns/net" % pid) as other:
        checked(LIBC.setns(other.fileno(), CLONE_NEWNET))


def join_own_network():
    join_network(os.getpid())


def trace(pid):
    checked(LIBC.ptrace(PTRACE_ATTACH, pid, None, None))
    LIBC.ptrace(17, pid, None, None)


def trace_child():
    child = os.fork()
    if not child:
        time.sleep(5)
        os._exit(0)
    try:
        trace(child)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def read_memory(pid):
    here, there = ctypes.create_string_buffer(8), (ctypes.c_size_t * 2)(0, 8)
    mine = (ctypes.c_size_t * 2)(ctypes.addressof(here), 8)
    there[0] = ctypes.addressof(here) if pid == os.getpid() else 0x1000
    checked(LIBC.process_vm_readv(pid, mine, 1, there, 1, 0))


def read_own_memory():
    read_memory(os.getpid())


def type_into_terminal():
    """On a pipe: ENOTTY says that the kernel looked at it, EPERM that it never got there."""
    reader, writer = os.pipe()
    try:
        fcntl.ioctl(reader, TIOCSTI, b"x")
    finally:
        os.close(reader)
        os.close(writer)


def type_into_terminal_with_high_bits():
    """The same through the system call itself, with bits set that the kernel ignores."""
    reader, writer = os.pipe()
    number = {"x86_64": 16, "aarch64": 29}[os.uname().machine]
    try:
        checked(LIBC.syscall(number, reader, ctypes.c_long(TIOCSTI | 1 << 32), b"x"))
    finally:
        os.close(reader)
        os.close(writer)


def send_signal(pid):
    os.kill(pid, 0)


def pseudo_terminal():
    import pty

    main, side = pty.openpty()
    os.write(main, b"x")
    os.close(side)
    os.close(main)


def write(path):
    with open(path, "r+b") as stream:
        stream.write(b"x")


def create(path):
    with open(path, "xb") as stream:
        stream.write(b"x")


def truncate(path):
    os.truncate(path, 0)


def rename(source, target):
    os.rename(source, target)


def link(source, target):
    os.link(source, target)


def symlink(path):
    os.symlink("somewhere", path)


def unlink(path):
    os.unlink(path)


def mkdir(path):
    os.mkdir(path)


def rmdir(path):
    os.rmdir(path)


def node(path):
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(1, 0))


def chmod(path):
    os.chmod(path, 0o640)


def chown_away(path):
    os.chown(path, 65533, 65533)


def read(path):
    Path(path).read_bytes()


def capabilities():
    held = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    return held.split()[1]


def sudo_like():
    """Without new privileges a set-user-id program gains nothing."""
    return next(
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("NoNewPrivs")
    ).split()[1]


def devices():
    for name in ("null", "zero", "full", "urandom"):
        with open("/dev/" + name, "r+b", buffering=0):
            pass


def square(number):
    return number * number


def pool(method):
    import multiprocessing

    with multiprocessing.get_context(method).Pool(2) as workers:
        assert workers.map(square, range(4)) == [0, 1, 4, 9]


def queue(method):
    import multiprocessing

    context = multiprocessing.get_context(method)
    waiting = context.Queue()
    child = context.Process(target=waiting.put, args=(7,))
    child.start()
    assert waiting.get(timeout=20) == 7
    child.join()


def threads():
    started = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(3)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def run(*command):
    """A program that must end well."""
    import subprocess

    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def daemon(path):
    """Leave a process behind that has left its parent, its session and its group."""
    if os.fork():
        os.wait()
        while not Path(path).exists():
            time.sleep(0.005)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for fd in (0, 1, 2):
        os.close(fd)
    with open(path + ".new", "w") as stream:
        stream.write(str(os.getpid()))
    os.rename(path + ".new", path)
    time.sleep(120)
    os._exit(0)


def say_pid(path):
    with open(path + ".new", "w") as stream:
        stream.write(str(os.getpid()))
    os.rename(path + ".new", path)


def sleep(seconds):
    time.sleep(seconds)


def on_terminate_exit(code):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(code))


def end_by_signal(number):
    os.kill(os.getpid(), number)


def fetch(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as made:
        made.sendall(b"hello")
        return made.recv(100).decode()


def outcome(name, *arguments):
    try:
        return globals()[name](*arguments) or "done"
    except OSError as fault:
        return errno.errorcode.get(fault.errno, repr(fault))
    except Exception as fault:  # noqa: BLE001 - whatever it is, the test wants to read it
        return repr(fault)


if __name__ == "__main__":
    results = [outcome(*act) for act in json.loads(sys.argv[1])]
    sys.stdout.write(json.dumps(results) + "\n")
    sys.stdout.flush()
