"""What may stand before a tar header to carry what it cannot hold: GNU long names, pax records."""

from __future__ import annotations

from typing import ClassVar

from gatekeeper.artifacts._faults import Fault
from gatekeeper.artifacts._paths import text

_HEADER_HOLDS = 100  # bytes of a name


class Extensions:
    """The extensions that stand before one member."""

    LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL = b"L", b"K", b"x", b"g"
    KINDS: ClassVar[frozenset[bytes]] = frozenset({LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL})

    def __init__(self) -> None:
        self._long: dict[bytes, bytes] = {}
        self._pax: dict[bytes, bytes] = {}
        self._kinds: set[bytes] = set()

    @property
    def pending(self) -> bool:
        """Whether something waits for the member it belongs to."""
        return bool(self._kinds)

    def add(self, kind: bytes, content: bytes) -> None:
        """Take in one extension; a second of its kind is refused, since readers disagree which one counts."""
        if kind == self.PAX_GLOBAL:
            if {b"path", b"linkpath", b"size"} & pax_records(content).keys():
                raise Fault("a global pax header that renames members")
            self._kinds.add(kind)
            return
        if kind in self._kinds:
            raise Fault("two extended headers of one kind before one member")
        self._kinds.add(kind)
        if kind == self.PAX:
            self._pax = pax_records(content)
        else:
            self._long[kind] = content[:-1] if content.endswith(b"\0") else content

    def name(self, short: bytes) -> bytes:
        """Return the member's name, given the one in its header."""
        return self._override(short, self.LONG_NAME, b"path")

    def link(self, short: bytes) -> bytes:
        """Return the link's target, given the one in its header."""
        return self._override(short, self.LONG_LINK, b"linkpath")

    def size(self, short: int) -> int:
        """Return the member's size in bytes, which no extension may contradict: we read none too large for a header."""
        size = self._pax.get(b"size", b"%d" % short)
        if size.strip() != b"%d" % short:
            raise Fault(f"its pax size ({text(size)}) is not its header's ({short})")
        return short

    def _override(self, short: bytes, gnu: bytes, pax: bytes) -> bytes:
        found = [long for long in (self._long.get(gnu), self._pax.get(pax)) if long is not None]
        for long in found:
            # A name is in an extension because it does not fit into the header, or is not ASCII.
            fits = len(long) <= _HEADER_HOLDS and long.isascii()
            if long != found[0] or not long or (fits and long.rstrip(b"/") != short.rstrip(b"/")):
                raise Fault("its extended header gives it another name", text(short))
        return found[0] if found else short


def pax_records(content: bytes) -> dict[bytes, bytes]:
    """Parse `length key=value` records strictly (POSIX.1-2001 pax); sparse files are refused."""
    records: dict[bytes, bytes] = {}
    at = 0
    content = content.rstrip(b"\0")  # padding; a record ends with a newline
    while at < len(content):
        digits, space, _ = content[at : at + 20].partition(b" ")
        end = at + int(digits) if digits.isdigit() else at
        record = content[at + len(digits) + 1 : end]
        key, equals, value = record.partition(b"=")
        if not space or not equals or end > len(content) or not value.endswith(b"\n") or key in records:
            raise Fault("a malformed pax header")
        if key.startswith(b"GNU.sparse."):
            raise Fault("a sparse file has no place in a package")
        records[key] = value[:-1]
        at = end
    return records
