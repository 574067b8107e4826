"""Keep what runs with the person's rights from reading their secrets out of this process. Linux only.

A build that the fence encloses sends nothing away, but what it writes is installed. Its environment holds no login for
a registry; ours does, and so may the words that were typed.
"""

from __future__ import annotations

import re
from pathlib import Path

from gatekeeper.managers._kernel import Kernel

# Where the words of this process lie in its memory: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
WORDS_BEGIN, WORDS_END = 48, 49
FIRST_BEHIND_NAME = 3
SECRET = re.compile(
    rb"(?<=://)[^\s/\0]*(?=@)|(?<=_authToken[=\0])[^\0]+|(?<=_auth[=\0])[^\0]+|(?<=_password[=\0])[^\0]+"
)


def hide() -> None:
    """Close this process's memory and environment to others, and blot out the logins among its words."""
    try:
        kernel = Kernel()
        kernel.hide()
        _blot_out_words(kernel)
    except (OSError, ValueError, IndexError):  # another system, or an odd /proc: all else holds without it
        return


def _blot_out_words(kernel: Kernel) -> None:
    """Overwrite secrets in the words that every process list shows."""
    behind_name = Path("/proc/self/stat").read_bytes().rpartition(b") ")[2].split()
    start, end = (int(behind_name[number - FIRST_BEHIND_NAME]) for number in (WORDS_BEGIN, WORDS_END))
    words = Path("/proc/self/cmdline").read_bytes()
    if len(words) != end - start:  # somebody moved them
        return
    for found in SECRET.finditer(words):
        kernel.overwrite(start + found.start(), b"*" * len(found[0]))
