"""The Linux calls that the cage needs, through ctypes. Runs in the target interpreter: stdlib only, Python >= 3.7."""

from __future__ import annotations

import errno
import os
import struct
import sys

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
# What an install run by root is about: writing files for others (CHOWN, DAC_OVERRIDE, FOWNER, FSETID), ending its own
# children (KILL), and becoming the owner of a folder (SETGID, SETUID: npm runs scripts as that person). What root loses
# is what undoes the other layers: joining a namespace, making device nodes, opening by handle, loading modules.
_ROOT_KEEPS = sum(1 << capability for capability in (0, 1, 3, 4, 5, 6, 7))


class Kernel:
    """Linux's system calls; every method raises OSError with a reason when the kernel says no."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "needs Linux; this is " + sys.platform)
        try:
            import ctypes
        except ImportError as fault:
            raise OSError(errno.ENOSYS, "this Python has no ctypes") from fault
        self._ctypes = ctypes
        self._libc = ctypes.CDLL(None, use_errno=True)

    def syscall(self, what: str, number: int, *arguments: int | bytes | None) -> int:
        """Make a system call by its number; `what` names it in the error."""
        return self._checked(what, self._libc.syscall(self._word(number), *map(self._word, arguments)))

    def prctl(self, what: str, option: int, *arguments: int | bytes) -> int:
        """Set something about this process; unused arguments are zero, which the kernel demands for some options."""
        words = [*arguments, 0, 0, 0, 0][:4]
        return self._checked(what, self._libc.prctl(option, *map(self._word, words)))

    def unshare(self, what: str, flags: int) -> None:
        """Leave namespaces that are shared with the parent."""
        self._checked(what, self._libc.unshare(flags))

    def no_new_privileges(self) -> None:
        """Give up setuid programs for this process and all that come from it; Landlock and seccomp ask for it."""
        self.prctl("no_new_privs", PR_SET_NO_NEW_PRIVS, 1)

    def hide(self) -> None:
        """Let no other process of this user read our memory, environment and open files; ends with exec."""
        self.prctl("dumpable", PR_SET_DUMPABLE, 0)

    def overwrite(self, address: int, raw: bytes) -> None:
        """Put bytes into this process's own memory."""
        self._ctypes.memmove(address, raw, len(raw))

    def address_of(self, raw: bytes) -> int:
        """Say where bytes lie in memory; the caller keeps them alive."""
        address = self._ctypes.cast(self._ctypes.c_char_p(raw), self._ctypes.c_void_p).value
        assert address is not None
        return address

    def capabilities(self) -> int:
        """Say which capabilities this process may use, as a bit set."""
        found = self._ctypes.create_string_buffer(24)
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        self._checked("capget", self._libc.capget(self._ctypes.create_string_buffer(header, len(header)), found))
        low, _, _, high, _, _ = struct.unpack("=6I", found.raw)
        return int(low | high << 32)

    def drop_capabilities(self) -> str:
        """Keep no capability, or as root those that files need, here and across exec; say which."""
        keeps = self.capabilities() & (_ROOT_KEEPS if os.geteuid() == 0 else 0)
        for capability in range(_LAST_CAPABILITY + 1):
            if not keeps >> capability & 1:
                # Without CAP_SETPCAP the bounding set stays; then there was nothing for exec to regain either.
                self._libc.prctl(PR_CAPBSET_DROP, self._word(capability), self._word(0), self._word(0), self._word(0))
        self._libc.prctl(PR_CAP_AMBIENT, *map(self._word, (PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)))
        low, high = keeps & 0xFFFFFFFF, keeps >> 32
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        wanted = struct.pack("=6I", low, low, 0, high, high, 0)
        self._checked("capset", self._libc.capset(header, wanted))
        return "keeps file ownership and identity only" if keeps else "holds none"

    def _word(self, value: int | bytes | None) -> object:
        """Make every argument as wide as a register: a variadic C function reads nothing else safely."""
        if isinstance(value, int):
            return self._ctypes.c_long(value)
        return self._ctypes.c_char_p(value)

    def _checked(self, what: str, result: int) -> int:
        if result < 0:
            number = self._ctypes.get_errno()
            raise OSError(number, what + ": " + os.strerror(number))
        return result
