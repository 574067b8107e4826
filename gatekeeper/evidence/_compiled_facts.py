"""What compiled Python without a source can do: its texts, beside the names that could act on them.

No flow is seen in compiled code, so a text counts only in code that names something to act with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._compiled import Code, CompiledError, code_in
from gatekeeper.evidence._signatures import STORES, marks_of_address, marks_of_command, marks_of_path
from gatekeeper.model import Behaviour, Mark, Surface, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gatekeeper.evidence._base import Ledger

READ = "compiled Python, of which only names and texts are read"
UNREAD = "compiled Python that is not read"
MOST_FACTS = 200  # of one file
MOST_COMPILED = 4 << 20  # bytes
STARTS = words("system popen Popen run call check_output check_call getoutput startfile spawn execv execvp execl")
STARTERS = words("os subprocess pty posix nt")
TALKS = words("urlopen urlretrieve requests socket httpx aiohttp http smtplib ftplib urllib urllib3 webhook")
SENDS = words("post put sendall sendto send send_message sendmail")
LOOKS = words("open listdir walk copy copyfile copytree connect exists glob read_text read_bytes expanduser join")
WRITES = words("write write_text write_bytes writelines SetValueEx copyfile copy")
RUNS_TEXT = words("exec eval compile __import__")
DECODES = words("b64decode b32decode b85decode a85decode unhexlify fromhex decompress decrypt loads Fernet AES")
FAMILIES = {"pattern", "child", "recon", "nested-install"}


def note_compiled(surface: Surface, read: Callable[[str], bytes | None], ledger: Ledger) -> None:
    """Note what a compiled file holds, and that no more of it was read."""
    content = read(surface.path)
    if content is None:
        return
    try:
        code = code_in(content) if len(content) <= MOST_COMPILED else None
    except CompiledError:
        code = None
    reason = UNREAD if code is None else READ
    ledger.unread.setdefault(surface.path, Unread(surface.path, reason))
    if code is None:
        return
    parts = code.every()
    names = frozenset(name for part in parts for name in part.names)
    for kind, text, taints, marks in list(_facts(parts, names))[:MOST_FACTS]:
        ledger.add(Behaviour(kind, text[:400], surface.path, 1, surface.when, "", taints, marks))


def _facts(parts: list[Code], names: frozenset[str]) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Mark, ...]]]:
    for part in parts:
        own = frozenset(part.names)
        if own & RUNS_TEXT and own & DECODES:
            yield "exec", "exec of something computed", ("decoded",), ()
        for text in part.texts:
            yield from _of_text(text, own, names)


def _of_text(
    text: str, own: frozenset[str], names: frozenset[str]
) -> Iterator[tuple[str, str, tuple[str, ...], tuple[Mark, ...]]]:
    command = tuple(mark for mark in marks_of_command(text) if mark.family in FAMILIES)
    if command and own & STARTS and names & STARTERS:
        yield "spawn", text, (), command
    if text.startswith(("http://", "https://")) and names & TALKS:
        yield "send" if own & SENDS else "network", text, (), marks_of_address(text)
    places = marks_of_path(text)
    stores = tuple(mark for mark in places if mark.family in STORES)
    if stores and own & LOOKS:
        yield "read", text, (), stores
    kept = tuple(mark for mark in places if mark.family in {"persistence", "workflow", "agent-settings"})
    if kept and own & WRITES:
        yield "write", text, (), kept
